"""Everything that happened to one's money, newest first: by day, filtered, searched, page by page, and as a file."""

from __future__ import annotations

from typing import Literal
from uuid import uuid4

import reflex as rx

from money.errors import DayRefused
from shared_db.connection import with_retries
from shared_db.history import Place
from shared_db.history_search import search
from shared_ui.choices import Choice, day_field, select_field, select_of
from shared_ui.fields import quiet_button, submit_button, text_field
from shared_ui.folds import folded
from shared_ui.frame import columns
from shared_ui.guarded import guard
from shared_ui.history import transaction_row
from shared_ui.in_browser import PRESS_WHEN_SEEN, DownloadForm, Sentinel
from shared_ui.parts import card, second_link
from shared_ui.said import is_back
from shared_ui.services import the_services
from shared_ui.states import empty_state
from shared_ui.texts import Text
from user_app.frame import wallet_page
from user_app.history_filter import Filter, FilterForm, count_of, wanted_of
from user_app.history_words import HistoryLine, lines_of
from user_app.papers import months_of
from user_app.wallet_state import show, show_first
from wallet.caller import Caller

_AT_ONCE = 20
_MOST_SHOWN = 1_000
_TYPES = [
    ("", "Everything"),
    ("on_ramp", "Added from a bank"),
    ("withdrawal", "To your bank"),
    ("transfer", "Between people"),
    ("payment", "Payments"),
    ("refund", "Refunds"),
    ("promotion", "Gifts from us"),
]
_RESULTS = [("", "However it stands"), ("done", "Done"), ("waiting", "On its way"), ("refused", "Not done")]


class History(rx.State):
    lines: list[HistoryLine] = []
    has_more: bool = False
    chosen: Filter = Filter()
    count: str = ""
    """How much of the filter is in use; empty: nothing."""
    problem: str = ""
    unfolded: str = ""
    """What a phone shows of `filter` and `files`; at most one."""
    visit: str = ""
    """Of this memory of ours: where it was lost, the form begins anew with it."""
    months: list[Choice] = []
    _place: Place | None = None

    async def _repaint(self, caller: Caller) -> None:
        """As many as are shown, at least one page."""
        as_many = max(_AT_ONCE, min(len(self.lines), _MOST_SHOWN))
        self.lines, self._place = [], Place()
        await self._read(caller, as_many)

    async def _read(self, caller: Caller, most: int) -> None:
        if self._place is None:
            return
        begin, (wanted, sought) = self._place, wanted_of(self.chosen)
        page = await with_retries(
            the_services().database,
            lambda connection: search(
                connection, caller.owner_id, wanted=wanted, sought=sought, begin=begin, most=most
            ),
        )
        last_day = next((line.day for line in reversed(self.lines) if line.day), "")
        self.lines = [*self.lines, *lines_of(page.rows, day_before=last_day)]
        self._place = page.next
        self.has_more = page.next is not None and len(self.lines) < _MOST_SHOWN

    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        if not await is_back(self):
            self.chosen, self.count, self.problem, self.lines = Filter(), "", "", []
            self.unfolded, self.visit = "", self.visit or uuid4().hex
        self.months = await months_of(caller)
        await show_first(self, caller, History)

    @guard.signed_in
    async def come_back(self, caller: Caller) -> None:
        await show(self, caller, History)

    @guard.signed_in
    async def choose(self, caller: Caller, form_data: FilterForm) -> None:
        self.problem = ""
        try:
            wanted_of(asked := Filter(**form_data.model_dump()))
        except DayRefused as refusal:
            self.problem = refusal.sentence
            return
        self.chosen, self.count, self.unfolded = asked, count_of(asked), ""
        self.lines, self._place = [], Place()
        await self._read(caller, _AT_ONCE)

    @guard.signed_in
    async def unfold(self, _caller: Caller, part: Literal["filter", "files"]) -> None:
        self.unfolded = "" if self.unfolded == part else part

    @guard.signed_in
    async def more(self, caller: Caller) -> None:
        await self._read(caller, _AT_ONCE)


def _filters() -> rx.Component:
    return card(
        rx.el.form(
            text_field(
                "Search",
                "words",
                kind="search",
                hint="A name, a note, a reference or an amount.",
                is_required=False,
            ),
            _fold(
                "Filter",
                rx.el.div(
                    select_field("Type", "type", _TYPES),
                    select_field("Status", "result", _RESULTS),
                    day_field("Since", "since"),
                    day_field("Until", "until", problem=History.problem),
                    class_name="grid gap-3 tablet:grid-cols-2 wide:grid-cols-1",
                ),
                part="filter",
                count=History.count,
            ),
            submit_button("Show"),
            on_submit=History.choose,
            no_validate=True,
            key=History.visit,
            class_name="flex flex-col gap-3",
        ),
        title="Find",
    )


def _fold(
    word: str, *content: rx.Component, part: Literal["filter", "files"], count: Text = ""
) -> rx.Component:
    is_open, on_press = History.unfolded == part, History.unfold(part)
    return folded(word, *content, part=part, is_open=is_open, on_press=on_press, count=count)


def _files() -> rx.Component:
    return card(
        _fold("CSV or PDF", _chosen_as_csv(), _month_as_pdf(), part="files"),
        title="As a file",
    )


def _chosen_as_csv() -> rx.Component:
    return rx.el.div(
        DownloadForm.create(
            *(
                rx.el.input(type="hidden", name=name, value=value, read_only=True)
                for name, value in (
                    ("type", History.chosen.type),
                    ("result", History.chosen.result),
                    ("since", History.chosen.since),
                    ("until", History.chosen.until),
                    ("words", History.chosen.words),
                )
            ),
            quiet_button("Download CSV"),
            action="/files/transactions.csv",
            method="get",
        ),
        rx.el.p("What you have chosen above, for a spreadsheet.", class_name="mt-2 text-label text-quiet"),
    )


def _month_as_pdf() -> rx.Component:
    return rx.el.div(
        DownloadForm.create(
            select_of("Month", "month", History.months),
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


def _lines() -> rx.Component:
    return card(
        rx.cond(
            History.lines,
            rx.el.ul(rx.foreach(History.lines, _line)),
            _nothing(),
        ),
        rx.cond(
            History.has_more,
            Sentinel.create(
                quiet_button("Show more", on_click=History.more),
                custom_attrs={"ref": PRESS_WHEN_SEEN},
            ),
        ),
        rx.el.p(_counted(), role="status", class_name="sr-only"),
    )


def _nothing() -> rx.Component:
    return rx.cond(
        (History.count != "") | (History.chosen.words != ""),
        empty_state("Nothing here", "Nothing fits what you have chosen. Choose less to see more."),
        empty_state(
            "Nothing here yet",
            "What happens to your money stands here.",
            second_link("Add your first money", "/transfer"),
        ),
    )


def _counted() -> rx.Var[str]:
    return rx.Var.create(History.lines).length().to_string() + " shown"


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


def transactions() -> rx.Component:
    return wallet_page(
        columns(4, _filters(), _files()),
        columns(8, _lines()),
        title="Transactions",
        active="/transactions",
        on_focus=History.come_back,
    )
