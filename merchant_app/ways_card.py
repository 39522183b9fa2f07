"""Google and GitHub as ways into one's own shop, on /settings: connect, or disconnect."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from merchant_app.providers import the_providers
from money.times import ist
from shared_db.merchants import identities_of
from shared_db.models import MerchantIdentity
from shared_ui.in_browser import NativeForm
from shared_ui.parts import card
from shared_ui.secured import what_came
from shared_ui.services import the_services
from wallet.caller import Caller
from wallet.providers.provider import Provider


@dataclass(frozen=True)
class WayRow:
    key: str
    title: str
    standing: str
    since: str
    address: str
    """Where its button leads; empty: there is nothing to press."""
    verb: str


class Ways(rx.State):
    ways: list[WayRow] = []

    async def _repaint(self, caller: Caller) -> None:
        async with the_services().database.transaction() as session:
            own = {one.issuer: one for one in await identities_of(session, caller.owner_id)}
        self.ways = [_row(one, own.get(one.issuer)) for one in the_providers().values()]


def _row(provider: Provider, identity: MerchantIdentity | None) -> WayRow:
    off = "" if provider.is_ready else "Not configured here"
    if identity is None:
        return WayRow(
            provider.key,
            provider.title,
            off or "Not connected",
            "",
            f"/auth/{provider.key}/connect" if provider.is_ready else "",
            "Connect",
        )
    since = f"Connected since {ist(identity.created_at)}" if identity.created_at else "Connected"
    return WayRow(
        provider.key,
        provider.title,
        identity.shown_as,
        f"{since}. {off}".removesuffix(". "),
        f"/auth/{provider.key}/disconnect",
        "Disconnect",
    )


def ways_card() -> rx.Component:
    return card(
        what_came("ways"),
        rx.el.p("Log in without a password, by an account you have elsewhere.", class_name="text-quiet"),
        rx.el.ul(rx.foreach(Ways.ways, _way), class_name="divide-y divide-line"),
        title="Google and GitHub",
    )


def _way(row: WayRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(row.title, class_name="font-medium"),
            rx.el.p(row.standing, class_name="text-label text-quiet [overflow-wrap:anywhere]"),
            rx.cond(row.since != "", rx.el.p(row.since, class_name="text-note text-quiet")),
            class_name="min-w-0",
        ),
        rx.cond(
            row.address != "",
            NativeForm.create(
                rx.el.button(
                    row.verb,
                    rx.el.span(f" {row.title}", class_name="sr-only"),
                    type="submit",
                    class_name="min-h-hit rounded-card border border-edge px-4 text-label font-strong "
                    "transition-colors hover:bg-accent-soft",
                ),
                action=row.address,
                method="post",
                class_name="shrink-0",
            ),
        ),
        key=row.key,
        class_name="flex items-center justify-between gap-3 py-3",
    )
