"""Where one is logged in, on /settings: browsers and programs, each with a button that ends it at once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import reflex as rx

from money.errors import NotFound
from money.times import ist
from shared_db.connection import with_retries
from shared_db.own_sessions import OwnSession, live_of
from shared_ui.fields import quiet_button
from shared_ui.guarded import guard
from shared_ui.parts import card
from shared_ui.services import the_services
from wallet.browser_sessions import IDLE
from wallet.caller import Caller
from wallet.end_session import end_other_sessions, end_session


@dataclass(frozen=True)
class SessionRow:
    id: str
    device: str
    kind: str
    since: str
    which: str
    """What its button ends, for a screen reader; empty: this is the one they look from."""


class Sessions(rx.State):
    sessions: list[SessionRow] = []
    has_others: bool = False

    async def _repaint(self, caller: Caller) -> None:
        found = await with_retries(
            the_services().database,
            lambda connection: live_of(connection, caller.owner_id, first=caller.session_id, idle=IDLE),
        )
        self.sessions = [_row(one, is_this=one.id == caller.session_id) for one in found]
        self.has_others = len(found) > 1

    @guard.signed_in
    async def end(self, caller: Caller, session_id: str) -> None:
        the = the_services()
        try:
            await end_session(the.database, caller, _parsed(session_id))
            # Its open pages learn of it at once.
            the.door.changed(caller.owner_id)
        except NotFound:
            # It was over already, which is what they want, or was never theirs.
            pass
        await self._repaint(caller)

    @guard.signed_in
    async def end_others(self, caller: Caller) -> None:
        the = the_services()
        await end_other_sessions(the.database, caller, the.door.name)
        the.door.changed(caller.owner_id)
        await self._repaint(caller)


def _parsed(session_id: str) -> uuid.UUID:
    try:
        return uuid.UUID(session_id)
    except ValueError:
        raise NotFound from None


def _row(one: OwnSession, *, is_this: bool) -> SessionRow:
    device = one.device or ("A program" if one.is_program else "A browser")
    seen = "" if one.is_program or is_this else f", last seen {ist(one.last_seen_at)}"
    kind = "Program, with a token" if one.is_program else "Browser"
    return SessionRow(
        id=str(one.id),
        device=device,
        kind="This browser" if is_this else kind,
        since=f"Since {ist(one.begun_at)}{seen}",
        which="" if is_this else f" {device}",
    )


def sessions_card() -> rx.Component:
    return card(
        rx.el.ul(rx.foreach(Sessions.sessions, _session), class_name="divide-y divide-line"),
        rx.cond(
            Sessions.has_others,
            rx.el.div(
                quiet_button("End all others", on_click=Sessions.end_others),
                class_name="border-t border-line pt-3",
            ),
        ),
        title="Where you are logged in",
    )


def _session(row: SessionRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(row.device, class_name="font-medium [overflow-wrap:anywhere]"),
            rx.el.p(
                row.kind,
                class_name=[
                    "text-label",
                    rx.cond(row.which == "", "font-medium text-accent", "text-quiet"),
                ],
            ),
            rx.el.p(row.since, class_name="text-note text-quiet"),
            class_name="min-w-0",
        ),
        rx.cond(
            row.which != "",
            rx.el.button(
                "End",
                rx.el.span(row.which, class_name="sr-only"),
                type="button",
                on_click=Sessions.end(row.id),
                class_name="min-h-hit shrink-0 rounded-card border border-edge px-4 text-label font-strong "
                "transition-colors hover:bg-accent-soft",
            ),
        ),
        key=row.id,
        class_name="flex items-center justify-between gap-3 py-3",
    )
