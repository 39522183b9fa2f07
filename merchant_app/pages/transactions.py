"""Everything that happened to a shop's money, newest first: by day, filtered, searched, page by page, and as a file."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from merchant_app.frame import shop_page
from merchant_app.history_words import history_row
from merchant_app.shop_state import show, show_first
from shared_db.history_rows import Happened
from shared_ui.guarded import guard
from shared_ui.history import MoneyRow
from shared_ui.history_page import history_cards
from shared_ui.history_state import ReadingHistory
from shared_ui.parts import second_link
from shared_ui.states import empty_state
from wallet.caller import Caller

_TYPES = [
    ("", "Everything"),
    ("payment", "Payments"),
    ("refund", "Refunds"),
    ("withdrawal", "To your bank"),
    ("settlement", "Settlements"),
]


class Sales(ReadingHistory, rx.State):
    def _row_of(self) -> Callable[[Happened], MoneyRow]:
        return history_row

    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        await self._arrive(caller)
        await show_first(self, caller, Sales)

    @guard.signed_in
    async def come_back(self, caller: Caller) -> None:
        await show(self, caller, Sales)


def transactions() -> rx.Component:
    return shop_page(
        history_cards(
            Sales,
            _TYPES,
            hint="A payer's name, a note, a reference or an amount.",
            nothing_yet=empty_state(
                "Nothing here yet",
                "Payments, refunds and withdrawals stand here.",
                second_link("Print your QR code", "/qr"),
            ),
        ),
        title="Payments",
        active="/transactions",
        on_focus=Sales.come_back,
    )
