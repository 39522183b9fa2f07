"""The parts of a page that shows a history: what is looked for, the rows under their days, and the same as a file."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import reflex as rx

from shared_ui.choices import Choice, day_field, select_field, select_of
from shared_ui.fields import quiet_button, submit_button, text_field
from shared_ui.folds import folded
from shared_ui.frame import columns
from shared_ui.history import transaction_row
from shared_ui.history_filter import Filter
from shared_ui.history_state import ReadingHistory
from shared_ui.history_words import HistoryLine
from shared_ui.in_browser import PRESS_WHEN_SEEN, DownloadForm, Sentinel
from shared_ui.parts import card
from shared_ui.states import empty_state
from shared_ui.texts import Text

Handler = Any
"""Reflex's own type of an event."""
_RESULTS = [("", "However it stands"), ("done", "Done"), ("waiting", "On its way"), ("refused", "Not done")]


class Folds(NamedTuple):
    """What a phone folds away: which part is shown, `filter` or `files`, and what shows or hides one."""

    unfolded: Text
    on_unfold: Handler

    def fold(
        self, word: str, *content: rx.Component, part: Literal["filter", "files"], count: Text = ""
    ) -> rx.Component:
        is_open, on_press = self.unfolded == part, self.on_unfold(part)
        return folded(word, *content, part=part, is_open=is_open, on_press=on_press, count=count)


def history_cards(
    page: type[ReadingHistory], types: list[tuple[str, str]], *, hint: str, nothing_yet: rx.Component
) -> rx.Component:
    """Looking for rows and taking them along on the left, the rows on the right.

    `types` are pairs of what is sent and what is read; `nothing_yet` is shown where nothing has happened at all.
    """
    folds = Folds(page.unfolded, page.unfold)
    return rx.fragment(
        columns(4, _find_card(page, types, hint=hint, folds=folds), _files_card(page, folds)),
        columns(8, _lines_card(page, nothing_yet)),
    )


def _find_card(
    page: type[ReadingHistory], types: list[tuple[str, str]], *, hint: str, folds: Folds
) -> rx.Component:
    return card(
        rx.el.form(
            text_field("Search", "words", kind="search", hint=hint, is_required=False),
            folds.fold(
                "Filter",
                rx.el.div(
                    select_field("Type", "type", types),
                    select_field("Status", "result", _RESULTS),
                    day_field("Since", "since"),
                    day_field("Until", "until", problem=page.problem),
                    class_name="grid gap-3 tablet:grid-cols-2 wide:grid-cols-1",
                ),
                part="filter",
                count=page.count,
            ),
            submit_button("Show"),
            on_submit=page.choose,
            no_validate=True,
            # With another visit the form begins anew.
            key=page.visit,
            class_name="flex flex-col gap-3",
        ),
        title="Find",
    )


def _files_card(page: type[ReadingHistory], folds: Folds) -> rx.Component:
    return card(
        folds.fold("CSV or PDF", _chosen_as_csv(page.chosen), _month_as_pdf(page.months), part="files"),
        title="As a file",
    )


def _lines_card(page: type[ReadingHistory], nothing_yet: rx.Component) -> rx.Component:
    return card(
        rx.cond(
            page.lines,
            rx.el.ul(rx.foreach(page.lines, _line)),
            rx.cond(
                (page.count != "") | (page.chosen.words != ""),
                empty_state("Nothing here", "Nothing fits what you have chosen. Choose less to see more."),
                nothing_yet,
            ),
        ),
        rx.cond(
            page.has_more,
            Sentinel.create(
                quiet_button("Show more", on_click=page.more),
                custom_attrs={"ref": PRESS_WHEN_SEEN},
            ),
        ),
        rx.el.p(
            rx.Var.create(page.lines).length().to_string() + " shown",
            role="status",
            class_name="sr-only",
        ),
    )


def _line(line: HistoryLine) -> rx.Component:
    return rx.fragment(
        rx.cond(
            line.day != "",
            rx.el.li(
                rx.el.h2(line.day, class_name="text-label font-medium text-quiet"),
                class_name="border-b border-line pb-1 pt-4 first:pt-0",
            ),
        ),
        transaction_row(line.row),
    )


def _chosen_as_csv(chosen: Filter) -> rx.Component:
    return rx.el.div(
        DownloadForm.create(
            *(
                rx.el.input(type="hidden", name=name, value=value, read_only=True)
                for name, value in (
                    ("type", chosen.type),
                    ("result", chosen.result),
                    ("since", chosen.since),
                    ("until", chosen.until),
                    ("words", chosen.words),
                )
            ),
            quiet_button("Download CSV"),
            action="/files/transactions.csv",
            method="get",
        ),
        rx.el.p("What you have chosen above, for a spreadsheet.", class_name="mt-2 text-label text-quiet"),
    )


def _month_as_pdf(months: list[Choice]) -> rx.Component:
    return rx.el.div(
        DownloadForm.create(
            select_of("Month", "month", months),
            quiet_button("Download PDF"),
            action="/files/statement.pdf",
            method="get",
            class_name="flex flex-col gap-3",
        ),
        rx.el.p(
            "A statement: each movement, and the balance after it.", class_name="mt-2 text-label text-quiet"
        ),
        class_name="border-t border-line pt-4",
    )
