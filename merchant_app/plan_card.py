"""The plan of a shop's settlements: how often, when, where to, and how much stays."""

from __future__ import annotations

from typing import Annotated, Literal

import reflex as rx
from pydantic import Field

from merchant_app.settlement_words import WEEKDAYS
from merchant_app.settling import NextSettlement
from money.errors import NoAccountChosen, NotAnAmount
from money.rupees import decimal_rupees
from money.settlements import Plan, Rhythm
from shared_db.connection import Connection, with_retries
from shared_db.saved_accounts import Saved, saved_by
from shared_db.settlement_screens import PlanSeen, plan_of
from shared_ui.choices import Choice, select_field, select_of
from shared_ui.fields import submit_button, text_field
from shared_ui.guard import FormData
from shared_ui.guarded import guard
from shared_ui.parts import card, second_link
from shared_ui.said import Said
from shared_ui.services import the_services
from shared_ui.texts import Text, given
from shared_ui.withdraw_state import label_of
from wallet.caller import Caller
from wallet.plan_settlements import plan_settlements

_RHYTHMS = [("off", "Never"), ("daily", "Every day"), ("weekly", "Once a week")]
_DAYS = [(str(number), name) for number, name in enumerate(WEEKDAYS)]
_HOURS = [(str(hour), f"{hour:02}:00") for hour in range(24)]
_USUAL_HOUR = "6"


class PlanForm(FormData):
    rhythm: Literal["off", "daily", "weekly"]
    weekday: Literal["0", "1", "2", "3", "4", "5", "6"]
    hour: Annotated[str, Field(pattern=r"^(1?[0-9]|2[0-3])$")]
    account: str = ""
    """Missing where none is kept."""
    keep: str = ""


class SettlementPlan(rx.State):
    rhythm: str = "off"
    weekday: str = "0"
    hour: str = _USUAL_HOUR
    account: str = ""
    keep: str = ""
    accounts: list[Choice] = []
    problem_at: str = ""
    problem: str = ""
    version: str = "0"
    """Another one whenever another plan was read, so that the fields are filled anew."""
    _read: tuple[object, ...] = ()

    async def _repaint(self, caller: Caller) -> None:
        plan, saved = await with_retries(
            the_services().database, lambda connection: _plan_and_accounts(connection, caller)
        )
        read = (plan and plan[:5], saved)
        if read == self._read:
            # What somebody is choosing stays as it is.
            return
        self._read, self.version = read, str(int(self.version) + 1)
        self.accounts = [Choice(str(one.id), label_of(one)) for one in saved]
        self._fill(plan)

    def _begin(self) -> None:
        """The fields as the plan has them."""
        self.problem_at, self._read = "", ()

    def _fill(self, plan: PlanSeen | None) -> None:
        if plan is None:
            self.rhythm, self.weekday, self.hour, self.account, self.keep = "off", "0", _USUAL_HOUR, "", ""
            return
        self.rhythm, self.weekday, self.hour = plan.rhythm.value, str(plan.weekday), str(plan.hour)
        self.account = str(plan.saved_account_id or "")
        self.keep = decimal_rupees(plan.keep_paise).removesuffix(".00") if plan.keep_paise else ""

    @guard.signed_in
    async def save(self, caller: Caller, form_data: PlanForm) -> None:
        self.problem_at = ""
        the = the_services()
        plan = Plan(Rhythm(form_data.rhythm), int(form_data.weekday), int(form_data.hour))
        try:
            await plan_settlements(
                the.database, caller.owner_id, plan, saved_account_id=form_data.account, keep=form_data.keep
            )
        except (NoAccountChosen, NotAnAmount) as refusal:
            self.problem_at = "account" if isinstance(refusal, NoAccountChosen) else "keep"
            self.problem = refusal.sentence
            return
        the.door.changed(caller.owner_id)
        for part in (SettlementPlan, NextSettlement):
            await (await self.get_state(part))._repaint(caller)
        (await self.get_state(Said))._say("Your plan is saved.")


async def _plan_and_accounts(
    connection: Connection, caller: Caller
) -> tuple[PlanSeen | None, tuple[Saved, ...]]:
    plan = await plan_of(connection, caller.owner_id)
    return plan, tuple(await saved_by(connection, caller.owner_id))


def _problem(field: str) -> Text:
    return rx.cond(SettlementPlan.problem_at == field, SettlementPlan.problem, "")


def _when() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            select_field("Day", "weekday", _DAYS, value=SettlementPlan.weekday),
            class_name="hidden group-has-[option[value=weekly]:checked]:block",
        ),
        rx.el.div(
            select_field("Hour", "hour", _HOURS, value=SettlementPlan.hour),
            class_name="group-has-[option[value=off]:checked]:hidden",
        ),
        class_name="contents",
    )


def _where_to() -> rx.Component:
    return rx.cond(
        SettlementPlan.accounts,
        select_of("Bank account", "account", SettlementPlan.accounts, value=SettlementPlan.account),
        rx.el.div(
            rx.el.p(
                "Withdraw once by hand first: the account you use is kept, and can be chosen here.",
                class_name="text-label text-quiet",
            ),
            rx.el.div(second_link("Withdraw", "/withdraw"), class_name="mt-2 flex"),
        ),
    )


def plan_card() -> rx.Component:
    return card(
        rx.el.form(
            select_field("How often", "rhythm", _RHYTHMS, value=SettlementPlan.rhythm),
            _when(),
            _where_to(),
            given(
                _problem("account"),
                rx.el.p(_problem("account"), role="alert", class_name="text-label font-medium text-bad"),
            ),
            text_field(
                "Keep at least",
                "keep",
                value=SettlementPlan.keep,
                problem=_problem("keep"),
                hint="In rupees: so much stays in your balance, for refunds.",
                input_mode="decimal",
                is_required=False,
                max_length=24,
            ),
            submit_button("Save"),
            key=SettlementPlan.version,
            on_submit=SettlementPlan.save,
            no_validate=True,
            class_name="group flex flex-col gap-3",
        ),
        title="To your bank by itself",
    )
