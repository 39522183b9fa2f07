"""Everything that happened to one's money, newest first: by day, filtered, searched, page by page, and as a file."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from shared_db.history_rows import Happened
from shared_ui.guarded import guard
from shared_ui.history import MoneyRow
from shared_ui.history_page import history_cards
from shared_ui.history_state import ReadingHistory
from shared_ui.parts import second_link
from shared_ui.states import empty_state
from user_app.frame import wallet_page
from user_app.history_words import history_row
from user_app.wallet_state import show, show_first
from wallet.caller import Caller

_TYPES = [
    ("", "Everything"),
    ("on_ramp", "Added from a bank"),
    ("withdrawal", "To your bank"),
    ("transfer", "Between people"),
    ("payment", "Payments"),
    ("refund", "Refunds"),
    ("promotion", "Gifts from us"),
]


class History(ReadingHistory, rx.State):
    def _row_of(self) -> Callable[[Happened], MoneyRow]:
        return history_row

    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        await self._arrive(caller)
        await show_first(self, caller, History)

    @guard.signed_in
    async def come_back(self, caller: Caller) -> None:
        await show(self, caller, History)


def transactions() -> rx.Component:
    return wallet_page(
        history_cards(
            History,
            _TYPES,
            hint="A name, a note, a reference or an amount.",
            nothing_yet=empty_state(
                "Nothing here yet",
                "What happens to your money stands here.",
                second_link("Add your first money", "/transfer"),
            ),
        ),
        title="Transactions",
        active="/transactions",
        on_focus=History.come_back,
    )
