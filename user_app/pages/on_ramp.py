"""What became of one attempt to add money. It tells what our books say, whatever the address claims."""

from __future__ import annotations

import reflex as rx

from money.rupees import format_rupees
from money.times import ist
from shared_db.connection import with_retries
from shared_db.on_ramp_history import Attempt, attempt_of
from shared_ui.bank_words import BANKS
from shared_ui.frame import columns
from shared_ui.guarded import guard
from shared_ui.history import TimelineStep, timeline
from shared_ui.parts import card, main_link, second_link
from shared_ui.results import done, not_done, on_its_way, result
from shared_ui.services import the_services
from shared_ui.states import empty_state, loading, skeleton_card
from user_app.frame import wallet_page
from user_app.wallet_state import show, show_first
from user_app.words import note_of, outcome_of, steps_of
from wallet.caller import Caller


class OnRampPage(rx.State):
    outcome: str = ""
    """done, waiting, refused; none: there is no such payment of this person; empty: not read yet."""
    amount: str = ""
    bank: str = ""
    when: str = ""
    reference: str = ""
    title: str = ""
    note: str = ""
    bank_page: str = ""
    """Where it can still be approved; empty where it cannot."""
    steps: list[TimelineStep] = []

    async def _repaint(self, caller: Caller) -> None:
        wanted = self.router.url.query_parameters.get("id", "")
        database = the_services().database
        found = await with_retries(
            database, lambda connection: attempt_of(connection, wanted, caller.owner_id)
        )
        if found is None:
            self.reset()
            self.outcome = "none"
        else:
            self._show(found)

    def _show(self, attempt: Attempt) -> None:
        self.outcome = outcome_of(attempt)
        self.amount = format_rupees(attempt.amount_paise)
        self.bank = BANKS[attempt.bank]
        self.when = ist(attempt.settled_at or attempt.created_at)
        self.reference = attempt.bank_reference or ""
        self.title = (
            "We are asking your bank" if attempt.is_being_checked else "Your bank has not told us yet"
        )
        self.note = note_of(attempt)
        self.bank_page = (attempt.redirect_url or "") if attempt.status == "pending" else ""
        self.steps = steps_of(attempt)

    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        await show_first(self, caller, OnRampPage)

    @guard.signed_in
    async def come_back(self, caller: Caller) -> None:
        await show(self, caller, OnRampPage)


def _result() -> rx.Component:
    return result(
        OnRampPage.outcome,
        done=done(
            "Added to your wallet",
            amount=OnRampPage.amount,
            who=OnRampPage.bank,
            when=OnRampPage.when,
            reference=OnRampPage.reference,
            actions=(main_link("Done", "/transfer"),),
        ),
        on_its_way=on_its_way(
            OnRampPage.title,
            amount=OnRampPage.amount,
            who=OnRampPage.bank,
            sentences=(
                "If you have approved it, your money is safe: it will arrive here or go back to your account.",
                "Then do not pay again; this page updates by itself.",
            ),
            actions=(_approve_there(), second_link("Back to your wallet", "/transfer")),
        ),
        not_done=not_done(
            "It was not added",
            amount=OnRampPage.amount,
            who=OnRampPage.bank,
            when=OnRampPage.when,
            reference=OnRampPage.reference,
            sentences=(OnRampPage.note,),
            actions=(main_link("Try again", "/transfer"),),
        ),
        otherwise=rx.cond(OnRampPage.outcome == "none", _no_such_payment(), loading(skeleton_card())),
    )


def _no_such_payment() -> rx.Component:
    return empty_state(
        "There is no such payment here",
        "The address may be mistyped, or it is not yours.",
        main_link("Go to your wallet", "/transfer"),
    )


def _approve_there() -> rx.Component:
    return rx.cond(OnRampPage.bank_page != "", main_link("Approve it at your bank", OnRampPage.bank_page))


def _steps() -> rx.Component:
    return rx.cond(
        OnRampPage.steps,
        card(timeline(OnRampPage.steps), title="Step by step"),
    )


def on_ramp() -> rx.Component:
    return wallet_page(
        columns(7, card(_result())),
        columns(5, _steps()),
        title="Adding money",
        active="/transfer",
        on_focus=OnRampPage.come_back,
    )
