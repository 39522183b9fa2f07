"""One withdrawal of a shop, watched: where it stands, every call to the bank, and what happens next."""

from __future__ import annotations

import reflex as rx

from merchant_app.frame import shop_page
from merchant_app.settlement_words import SHOP_PURSE
from merchant_app.shop_state import show, show_first
from shared_ui.frame import columns
from shared_ui.guarded import guard
from shared_ui.parts import card
from shared_ui.withdrawal_page import Watching, withdrawal_result, withdrawal_steps
from wallet.caller import Caller


class WithdrawalPage(Watching, rx.State):
    _purse: str = SHOP_PURSE

    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        self.problem = ""
        await show_first(self, caller, WithdrawalPage)

    @guard.signed_in
    async def come_back(self, caller: Caller) -> None:
        await show(self, caller, WithdrawalPage)


def withdrawal() -> rx.Component:
    return shop_page(
        columns(7, card(withdrawal_result(WithdrawalPage, home="/withdraw", back="Back to your balance"))),
        columns(5, withdrawal_steps(WithdrawalPage)),
        title="To your bank",
        active="/withdraw",
        on_focus=WithdrawalPage.come_back,
    )
