"""One settlement: how it stands, how its sum came about, and every payment it covers."""

from __future__ import annotations

import reflex as rx

from merchant_app.frame import shop_page
from merchant_app.settlement_words import (
    SumLine,
    account_of,
    back_words,
    covered_row,
    payments_words,
    standing_of,
    sums_of,
)
from merchant_app.shop_state import show, show_first
from money.rupees import format_rupees
from money.times import day_words
from shared_db.connection import Connection, with_retries
from shared_db.settlement_screens import (
    CameBack,
    Covered,
    OwnSettlement,
    came_back,
    covered_by,
    settlement_of,
)
from shared_ui.fields import quiet_button
from shared_ui.frame import columns
from shared_ui.guarded import guard
from shared_ui.history import MoneyRow, transactions
from shared_ui.in_browser import PRESS_WHEN_SEEN, DownloadForm, Sentinel
from shared_ui.parts import card, main_link, outcome_chip, second_link, size_of
from shared_ui.said import is_back
from shared_ui.services import the_services
from shared_ui.states import empty_state, loading, skeleton_card
from shared_ui.texts import Text, given
from shared_ui.withdrawal_words import outcome_of
from wallet.caller import Caller

_AT_ONCE = 20
_MOST_SHOWN = 1_000


class SettlementPage(rx.State):
    outcome: str = ""
    """done, waiting, refused; none: there is no such settlement of this shop; empty: not read yet."""
    id: str = ""
    title: str = ""
    amount: str = ""
    account: str = ""
    standing: str = ""
    utr: str = ""
    came_back: str = ""
    later: str = ""
    """The settlement that holds the money which came back."""
    sums: list[SumLine] = []
    counted: str = ""
    rows: list[MoneyRow] = []
    has_more: bool = False
    _next: int | None = None

    async def _repaint(self, caller: Caller) -> None:
        as_many = max(_AT_ONCE, min(len(self.rows), _MOST_SHOWN))
        found = await self._read(caller, as_many, None)
        if found is None:
            self.reset()
            self.outcome = "none"
            return
        one, back, covered = found
        self.rows = []
        self._show(one, back)
        self._add(covered, as_many)

    async def _read(
        self, caller: Caller, most: int, before: int | None
    ) -> tuple[OwnSettlement, CameBack | None, list[Covered]] | None:
        wanted = self.router.url.path.rstrip("/").rpartition("/")[2]
        return await with_retries(
            the_services().database, lambda connection: _read(connection, caller, wanted, most, before)
        )

    def _show(self, one: OwnSettlement, back: CameBack | None) -> None:
        self.outcome, self.id = outcome_of(one), str(one.id)
        self.title = f"Settlement of {day_words(one.day)}"
        self.amount, self.account = format_rupees(one.amount_paise), account_of(one)
        self.standing, self.utr = standing_of(one), one.utr or ""
        has_come_back = back is not None and self.outcome == "refused"
        self.came_back = back_words(back) if back and has_come_back else ""
        later = back.settlement_id if back and has_come_back else None
        self.later = f"/settlements/{later}" if later else ""
        self.sums = sums_of(one)
        self.counted = "" if one.payments is None else payments_words(one.payments)

    def _add(self, covered: list[Covered], most: int) -> None:
        self.rows = [*self.rows, *map(covered_row, covered)]
        self._next = covered[-1].number if len(covered) == most else None
        self.has_more = self._next is not None and len(self.rows) < _MOST_SHOWN

    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        if not await is_back(self):
            self.rows = []
        await show_first(self, caller, SettlementPage)

    @guard.signed_in
    async def come_back(self, caller: Caller) -> None:
        await show(self, caller, SettlementPage)

    @guard.signed_in
    async def more(self, caller: Caller) -> None:
        if self.has_more and (found := await self._read(caller, _AT_ONCE, self._next)):
            self._add(found[2], _AT_ONCE)


async def _read(
    connection: Connection, caller: Caller, wanted: str, most: int, before: int | None
) -> tuple[OwnSettlement, CameBack | None, list[Covered]] | None:
    one = await settlement_of(connection, wanted, caller.owner_id)
    if one is None:
        return None
    back = await came_back(connection, caller.owner_id, one.id)
    return one, back, await covered_by(connection, caller.owner_id, one, most=most, before=before)


def _how_it_stands() -> rx.Component:
    page = SettlementPage
    return card(
        rx.el.div(
            rx.el.div(outcome_chip(page.outcome, test_id="status"), class_name="self-start"),
            rx.el.p(page.amount, class_name=["font-strong", size_of(page.amount)]),
            rx.el.p(page.account, class_name="font-medium [overflow-wrap:anywhere]"),
            rx.el.p(page.standing, class_name="text-quiet"),
            given(page.came_back, rx.el.p(page.came_back, class_name="text-quiet")),
            rx.el.dl(
                given(page.utr, _line("Bank reference", page.utr)),
                class_name="w-full border-y border-line text-label empty:hidden",
            ),
            rx.el.div(
                given(page.later, second_link("The settlement it is in", page.later)),
                second_link("Step by step", "/withdrawal?id=" + page.id),
                class_name="mt-2 flex flex-wrap gap-2",
            ),
            class_name="@container flex flex-col gap-2",
        )
    )


def _sums() -> rx.Component:
    return card(
        rx.cond(
            SettlementPage.sums,
            rx.el.dl(
                rx.foreach(
                    SettlementPage.sums, lambda one: _line(one.name, one.amount, is_total=one.is_total)
                ),
                class_name="divide-y divide-line text-label",
            ),
            rx.el.p("It is being added up; this page shows it in a moment.", class_name="text-quiet"),
        ),
        title="How it came about",
    )


def _line(name: Text, amount: Text, *, is_total: bool | rx.Var[bool] = False) -> rx.Component:
    weight = rx.cond(is_total, "font-strong text-ink", "")
    return rx.el.div(
        rx.el.dt(name, class_name=["text-quiet", weight]),
        rx.el.dd(amount, class_name=["text-right font-medium [overflow-wrap:anywhere]", weight]),
        class_name="flex justify-between gap-4 py-2",
    )


def _payments() -> rx.Component:
    page = SettlementPage
    return card(
        given(page.counted, rx.el.p(page.counted, class_name="mb-2 text-label text-quiet")),
        rx.cond(
            page.rows,
            transactions(page.rows),
            empty_state("No payment", "It settled what had come back, or was left, from before."),
        ),
        rx.cond(
            page.has_more,
            Sentinel.create(
                quiet_button("Show more", on_click=page.more), custom_attrs={"ref": PRESS_WHEN_SEEN}
            ),
        ),
        title="Payments it covers",
    )


def _as_a_file() -> rx.Component:
    return card(
        DownloadForm.create(
            rx.el.input(type="hidden", name="id", value=SettlementPage.id, read_only=True),
            quiet_button("Download CSV"),
            action="/files/settlement.csv",
            method="get",
        ),
        rx.el.p("Each payment it covers, for a spreadsheet.", class_name="mt-2 text-label text-quiet"),
        title="As a file",
    )


def _no_such_settlement() -> rx.Component:
    return card(
        empty_state(
            "There is no such settlement here",
            "The address may be mistyped, or it is not yours.",
            main_link("Your settlements", "/settlements"),
        )
    )


def settlement() -> rx.Component:
    page = SettlementPage
    return shop_page(
        rx.cond(
            (page.outcome == "") | (page.outcome == "none"),
            columns(12, rx.cond(page.outcome == "", loading(skeleton_card()), _no_such_settlement())),
            rx.fragment(
                columns(5, _how_it_stands(), _sums(), _as_a_file()),
                columns(7, _payments()),
            ),
        ),
        title=rx.cond(page.title != "", page.title, "Settlement"),
        active="/withdraw",
        on_focus=page.come_back,
    )
