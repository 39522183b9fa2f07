"""What every signed-in page shows of its merchant and the money."""

from __future__ import annotations

import reflex as rx

from money.rupees import format_rupees
from shared_db.connection import with_retries
from shared_db.shop_screens import shop_owner
from shared_ui.guarded import live
from shared_ui.history import initials_of
from shared_ui.said import Said
from shared_ui.services import the_services
from wallet.caller import Caller


class Shop(rx.State):
    is_ready: bool = False
    name: str = ""
    handle: str = ""
    initials: str = ""
    balance: str = ""
    on_hold: str = ""

    async def _repaint(self, caller: Caller) -> None:
        the = the_services()
        found = await with_retries(the.database, lambda connection: shop_owner(connection, caller.owner_id))
        self.name = found.name
        self.handle = found.handle
        self.initials = initials_of(found.name)
        self.balance = format_rupees(found.balance_paise)
        self.on_hold = format_rupees(found.held_paise)
        self.is_ready = True


async def show(page: rx.State, caller: Caller, *parts: type[rx.State]) -> None:
    """Paint a page that somebody has come back to, and keep it painted from now on."""
    shown = (Shop, *parts)
    # Before reading: what changes in between paints it again.
    live.watch(page, caller, *shown)
    for part in shown:
        await (await page.get_state(part))._repaint(caller)  # pyright: ignore[reportAttributeAccessIssue] # a LivePart


async def show_first(page: rx.State, caller: Caller, *parts: type[rx.State]) -> None:
    """The same for a page that was just opened: what was said on the one before is over."""
    (await page.get_state(Said)).text = ""
    await show(page, caller, *parts)
