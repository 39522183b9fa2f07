"""One withdrawal, watched: where it stands, every call to the bank, and what happens next. Cancelled while queued."""

from __future__ import annotations

import uuid

import reflex as rx

from money.errors import NotFound, Refusal
from money.rupees import format_rupees
from money.times import ist
from shared_db.bank_health import health_of_banks
from shared_db.connection import Connection, with_retries
from shared_db.solvency import outgoing_is_stopped
from shared_db.withdrawal_history import Attempted, OwnWithdrawal, attempts_of, is_of, withdrawal_of
from shared_ui.fields import quiet_button
from shared_ui.guarded import guard
from shared_ui.history import TimelineStep, timeline
from shared_ui.parts import card, main_link, second_link
from shared_ui.results import done, not_done, on_its_way, result
from shared_ui.services import the_services
from shared_ui.states import empty_state, loading, skeleton_card
from shared_ui.texts import given
from shared_ui.withdrawal_words import (
    WALLET,
    Circumstances,
    account_of,
    outcome_of,
    reason_of,
    sentence_of,
    steps_of,
    title_of,
)
from wallet.caller import Caller


class Watching(rx.State, mixin=True):
    """Each web app has a State of its own with it, which opens the page."""

    outcome: str = ""
    """done, waiting, refused; none: there is no such withdrawal of this person; empty: not read yet."""
    amount: str = ""
    account: str = ""
    when: str = ""
    utr: str = ""
    title: str = ""
    sentence: str = ""
    reason: str = ""
    may_cancel: bool = False
    problem: str = ""
    steps: list[TimelineStep] = []
    _purse: str = WALLET

    async def _repaint(self, caller: Caller) -> None:
        wanted = _id(self.router.url.query_parameters.get("id", ""))
        database = the_services().database
        found = await with_retries(database, lambda one: _read(one, wanted, caller, self._purse))
        if found is None:
            self.reset()
            self.outcome = "none"
        else:
            self._show(*found)

    def _show(self, one: OwnWithdrawal, attempts: list[Attempted], around: Circumstances) -> None:
        self.outcome = outcome_of(one)
        self.amount = format_rupees(one.amount_paise)
        self.account = account_of(one)
        self.when = ist(one.settled_at or one.created_at)
        self.utr = one.utr or ""
        self.title = title_of(one)
        self.sentence = sentence_of(one, around)
        self.reason = reason_of(one)
        self.may_cancel = one.status == "queued"
        self.steps = steps_of(one, attempts, around)

    @guard.signed_in
    async def cancel(self, caller: Caller) -> None:
        self.problem = ""
        the = the_services()
        wanted = _id(self.router.url.query_parameters.get("id", ""))
        # Whose it is, before anything is done about it.
        if not await with_retries(the.database, lambda one: is_of(one, str(wanted), caller.owner_id)):
            raise NotFound
        try:
            await the.withdrawals.cancel(wanted)
        except Refusal as refusal:
            self.problem = refusal.sentence
        await self._repaint(caller)


async def _read(
    connection: Connection, wanted: uuid.UUID, caller: Caller, purse: str
) -> tuple[OwnWithdrawal, list[Attempted], Circumstances] | None:
    one = await withdrawal_of(connection, wanted, caller.owner_id)
    if one is None:
        return None
    health = await health_of_banks(connection)
    around = Circumstances(health.get(one.bank), await outgoing_is_stopped(connection), purse)
    return one, await attempts_of(connection, wanted), around


def _id(text: str) -> uuid.UUID:
    """No id at all is the id of nothing."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


def withdrawal_result(page: type[Watching], *, home: str, back: str) -> rx.Component:
    """How it stands; `back` leads to the page `home`, where withdrawals are asked for."""
    return result(
        page.outcome,
        done=done(
            page.title,
            amount=page.amount,
            who=page.account,
            when=page.when,
            reference=page.utr,
            sentences=(page.sentence,),
            actions=(main_link("Done", home),),
        ),
        on_its_way=on_its_way(
            page.title,
            amount=page.amount,
            who=page.account,
            sentences=(page.sentence,),
            actions=(_cancelling(page), second_link(back, home)),
        ),
        not_done=not_done(
            page.title,
            amount=page.amount,
            who=page.account,
            when=page.when,
            reference=page.utr,
            sentences=(page.sentence, page.reason),
            actions=(main_link(back, home),),
        ),
        otherwise=rx.cond(page.outcome == "none", _no_such_withdrawal(home, back), loading(skeleton_card())),
    )


def withdrawal_steps(page: type[Watching]) -> rx.Component:
    """Everything that has happened so far, and what comes next."""
    return rx.cond(page.steps, card(timeline(page.steps), title="Step by step"))


def _cancelling(page: type[Watching]) -> rx.Component:
    return rx.fragment(
        given(
            page.problem, rx.el.p(page.problem, role="alert", class_name="text-label font-medium text-bad")
        ),
        rx.cond(page.may_cancel, quiet_button("Cancel, and keep the money", on_click=page.cancel)),
    )


def _no_such_withdrawal(home: str, back: str) -> rx.Component:
    return empty_state(
        "There is no such payment here",
        "The address may be mistyped, or it is not yours.",
        main_link(back.replace("Back", "Go", 1), home),
    )
