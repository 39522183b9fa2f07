"""A merchant's own settings: the shop, the ways into it, and where it is open."""

from __future__ import annotations

import reflex as rx

from merchant_app.frame import shop_page
from merchant_app.settling import NextSettlement, next_settlement_card
from merchant_app.shop_card import OwnShop, shop_card
from merchant_app.shop_state import show, show_first
from merchant_app.ways_card import Ways, ways_card
from shared_ui.frame import columns
from shared_ui.guarded import guard
from shared_ui.password_card import password_card
from shared_ui.said import is_back
from shared_ui.secured import Secured
from shared_ui.sessions_card import Sessions, sessions_card
from wallet.caller import Caller


class ShopSettings(rx.State):
    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        if not await is_back(self):
            (await self.get_state(Secured))._read()
            (await self.get_state(OwnShop)).problem = ""
        await show_first(self, caller, *_PARTS)

    @guard.signed_in
    async def come_back(self, caller: Caller) -> None:
        await show(self, caller, *_PARTS)


_PARTS = (OwnShop, Ways, Sessions, NextSettlement)


def settings() -> rx.Component:
    return shop_page(
        columns(6, shop_card(), next_settlement_card(), sessions_card()),
        columns(6, password_card(has_password=OwnShop.has_password), ways_card()),
        title="Settings",
        lead="Your shop, the ways into it, and where you are logged in.",
        active="/settings",
        on_focus=ShopSettings.come_back,
    )
