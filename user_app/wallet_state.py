"""What every signed-in page shows of its owner and their money."""

from __future__ import annotations

from datetime import UTC, datetime

import reflex as rx

from money.rupees import format_rupees
from money.times import greeting
from shared_db.connection import with_retries
from shared_db.screens import Owner, newest_from_somebody, owner
from shared_ui.guarded import live
from shared_ui.history import initials_of
from shared_ui.said import Said
from shared_ui.services import the_services
from wallet.caller import Caller


class Wallet(rx.State):
    is_ready: bool = False
    greeting: str = ""
    full_name: str = ""
    initials: str = ""
    balance: str = ""
    on_hold: str = ""
    is_frozen: bool = False
    _paise: int = 0
    _held_paise: int = 0

    async def _repaint(self, caller: Caller) -> None:
        the = the_services()
        found = await with_retries(the.database, lambda connection: owner(connection, caller.owner_id))
        if self.is_ready and found.balance_paise > self._paise:
            (await self.get_state(Said))._say(await self._more(caller, found))
        self.greeting = f"{greeting(datetime.now(UTC))}, {found.first_name}"
        self.full_name = f"{found.first_name} {found.last_name}"
        self.initials = initials_of(self.full_name)
        self.balance = format_rupees(found.balance_paise)
        self.on_hold = format_rupees(found.held_paise)
        self.is_frozen = found.frozen_at is not None
        self._paise, self._held_paise = found.balance_paise, found.held_paise
        self.is_ready = True

    async def _more(self, caller: Caller, found: Owner) -> str:
        more_paise = found.balance_paise - self._paise
        more = format_rupees(more_paise)
        if found.held_paise < self._held_paise:
            return f"{more} came back to your wallet."
        came = await with_retries(
            the_services().database, lambda connection: newest_from_somebody(connection, caller.owner_id)
        )
        if came and came.amount_paise == more_paise:
            return f"{more} back from {came.name}." if came.is_refund else f"{more} from {came.name}."
        return f"{more} arrived in your wallet."


async def show(page: rx.State, caller: Caller, *parts: type[rx.State]) -> None:
    """Paint a page that somebody has come back to, and keep it painted from now on."""
    shown = (Wallet, *parts)
    # Before reading: what changes in between paints it again.
    live.watch(page, caller, *shown)
    for part in shown:
        await (await page.get_state(part))._repaint(caller)  # pyright: ignore[reportAttributeAccessIssue] # a LivePart


async def show_first(page: rx.State, caller: Caller, *parts: type[rx.State]) -> None:
    """The same for a page that was just opened: what was said on the one before is over."""
    (await page.get_state(Said)).text = ""
    await show(page, caller, *parts)
