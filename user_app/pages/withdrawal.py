"""One withdrawal, watched: where it stands, every call to the bank, and what happens next. Cancelled while queued."""

from __future__ import annotations

import reflex as rx

from shared_ui.frame import columns
from shared_ui.guarded import guard
from shared_ui.parts import card
from shared_ui.withdrawal_page import Watching, withdrawal_result, withdrawal_steps
from user_app.frame import wallet_page
from user_app.wallet_state import show, show_first
from wallet.caller import Caller


class WithdrawalPage(Watching, rx.State):
    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        self.problem = ""
        await show_first(self, caller, WithdrawalPage)

    @guard.signed_in
    async def come_back(self, caller: Caller) -> None:
        await show(self, caller, WithdrawalPage)


def withdrawal() -> rx.Component:
    return wallet_page(
        columns(7, card(withdrawal_result(WithdrawalPage, home="/transfer", back="Back to your wallet"))),
        columns(5, withdrawal_steps(WithdrawalPage)),
        title="To your bank",
        active="/transfer",
        on_focus=WithdrawalPage.come_back,
    )
