"""The next settlement, as several pages of a shop tell of it."""

from __future__ import annotations

from datetime import UTC, datetime

import reflex as rx

from merchant_app.settlement_words import last_words, next_words
from shared_db.connection import with_retries
from shared_db.settlement_screens import plan_of
from shared_ui.parts import card, second_link
from shared_ui.services import the_services
from shared_ui.texts import given
from wallet.caller import Caller


class NextSettlement(rx.State):
    words: str = ""
    last: str = ""

    async def _repaint(self, caller: Caller) -> None:
        plan = await with_retries(
            the_services().database, lambda connection: plan_of(connection, caller.owner_id)
        )
        self.words, self.last = next_words(plan, datetime.now(UTC)), last_words(plan)


def next_settlement_lines() -> rx.Component:
    return rx.fragment(
        rx.el.p(NextSettlement.words, class_name="[overflow-wrap:anywhere]"),
        given(NextSettlement.last, rx.el.p(NextSettlement.last, class_name="mt-2 text-label text-quiet")),
    )


def next_settlement_card() -> rx.Component:
    return card(
        next_settlement_lines(),
        rx.el.div(second_link("Settlements", "/settlements"), class_name="mt-4 flex"),
        title="Next settlement",
    )
