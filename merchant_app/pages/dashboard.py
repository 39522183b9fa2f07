"""What came in."""

from __future__ import annotations

import reflex as rx

from merchant_app.frame import shop_page
from merchant_app.shop_state import Shop, show, show_first
from shared_ui.balance import balance_card
from shared_ui.frame import columns
from shared_ui.guarded import guard
from wallet.caller import Caller


class Income(rx.State):
    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        await show_first(self, caller)

    @guard.signed_in
    async def read_again(self, caller: Caller) -> None:
        await show(self, caller)


def dashboard() -> rx.Component:
    return shop_page(
        columns(5, balance_card(Shop.balance, Shop.on_hold, is_ready=Shop.is_ready)),
        title="Income",
        active="/dashboard",
        on_focus=Income.read_again,
    )
