"""One thing that happened, with its steps: what a receipt needs, read together."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from money.activity import Activity, Result
from money.rupees import format_rupees
from money.times import ist
from shared_db.bank_health import health_of_banks
from shared_db.connection import Connection
from shared_db.history import one_of
from shared_db.history_rows import Happened
from shared_db.on_ramp_history import attempt_of
from shared_db.shop_payments import GivenBack, payment_of_refund, refunds_of
from shared_db.solvency import outgoing_is_stopped
from shared_db.withdrawal_history import attempts_of, withdrawal_of
from shared_ui.history import TimelineStep
from shared_ui.withdrawal_words import Circumstances
from shared_ui.withdrawal_words import steps_of as steps_of_withdrawal
from user_app.history_words import who_of
from user_app.words import steps_of as steps_of_on_ramp


@dataclass(frozen=True)
class Receipt:
    happened: Happened
    steps: list[TimelineStep]
    watch: str
    """The page that follows it live; empty where nothing changes any more."""
    refunded: str = ""
    """`₹40.00 of ₹120.00`: what the shop gave back of a payment."""
    standing: str = ""
    """Where it says more than `standing_of`."""
    payment: str = ""
    """The receipt of the payment that a refund gave back of."""


async def receipt_of(connection: Connection, owner_id: uuid.UUID, happened_id: uuid.UUID) -> Receipt | None:
    """An owner's own; another owner's is None like one that never was."""
    one = await one_of(connection, owner_id, happened_id)
    if one is None:
        return None
    is_open = one.result is Result.WAITING
    if one.activity is Activity.ON_RAMP:
        attempt = await attempt_of(connection, str(one.id), owner_id)
        steps = steps_of_on_ramp(attempt) if attempt else []
        return Receipt(one, steps, f"/on-ramp?id={one.id}" if is_open else "")
    if one.activity is Activity.WITHDRAWAL:
        steps = await _steps_of_withdrawal(connection, owner_id, one.id)
        return Receipt(one, steps, f"/withdrawal?id={one.id}" if is_open else "")
    if one.activity is Activity.PAYMENT:
        return _receipt_of_payment(one, await refunds_of(connection, one.id))
    if one.activity is Activity.REFUND:
        payment_id = await payment_of_refund(connection, one.id)
        return Receipt(
            one, _steps_at_once(one), "", payment=f"/transactions/{payment_id}" if payment_id else ""
        )
    return Receipt(one, _steps_at_once(one), "")


def _receipt_of_payment(one: Happened, refunds: list[GivenBack]) -> Receipt:
    """What came back of it stands with it, refund by refund."""
    if not refunds:
        return Receipt(one, _steps_at_once(one), "")
    paid, refunded = -one.amount_paise, sum(refund.amount_paise for refund in refunds)
    came_back = [
        TimelineStep(
            f"{who_of(one)} gave back {format_rupees(refund.amount_paise)}",
            ist(refund.at),
            "done",
            refund.reason,
        )
        for refund in refunds
    ]
    return Receipt(
        one,
        [*_steps_at_once(one), *came_back],
        "",
        refunded=f"{format_rupees(refunded)} of {format_rupees(paid)}",
        standing="Refunded" if refunded == paid else "Partly refunded",
    )


async def _steps_of_withdrawal(
    connection: Connection, owner_id: uuid.UUID, withdrawal_id: uuid.UUID
) -> list[TimelineStep]:
    withdrawal = await withdrawal_of(connection, withdrawal_id, owner_id)
    if withdrawal is None:
        return []
    health = await health_of_banks(connection)
    around = Circumstances(health.get(withdrawal.bank), await outgoing_is_stopped(connection))
    return steps_of_withdrawal(withdrawal, await attempts_of(connection, withdrawal_id), around)


def _steps_at_once(one: Happened) -> list[TimelineStep]:
    """What happens within Batua is over as soon as it has begun."""
    when = ist(one.at)
    other = who_of(one)
    if one.activity is Activity.REFUND:
        return [
            TimelineStep(f"{other} gave it back", when, "done"),
            TimelineStep("It is in your wallet", when, "done"),
        ]
    if one.activity is Activity.PAYMENT:
        return [TimelineStep("You paid it", when, "done"), TimelineStep(f"{other} has it", when, "done")]
    if one.amount_paise > 0:
        return [
            TimelineStep(f"{other} sent it", when, "done"),
            TimelineStep("It is in your wallet", when, "done"),
        ]
    return [TimelineStep("You sent it", when, "done"), TimelineStep(f"{other} has it", when, "done")]
