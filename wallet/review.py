"""What waits for a person, in words: what it is, what we say of it, what the bank says, and what would settle it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from rich.table import Table
from rich.text import Text

from bank_api.adapters import ADAPTERS
from bank_api.messages import NotAnEvent
from money.rupees import format_rupees
from money.times import ist
from money.withdrawal import LEASE, PayoutContract
from shared_db.connection import Database, with_retries
from shared_db.waiting import OpenException, RejectedWebhook, WaitingWithdrawal, all_that_waits

_ACCEPTS = ("--paid UTR --by NAME", "--failed REASON --by NAME")
_WRITTEN_AGAIN = {
    ("missing_here", "payment"): ("--paid UTR --owner ID --by NAME",),
    ("missing_here", "payout"): ("--paid UTR --owner ID --account NUMBER/IFSC --by NAME",),
}
"""Where a row of ours may have been lost with a database."""


class Item(NamedTuple):
    """One thing that waits. `id` is what `manage.py resolve` takes."""

    id: str
    kind: str
    """withdrawal, webhook or exception."""
    since: datetime
    bank: str
    amount_paise: int | None
    ours: str
    theirs: str
    accepts: tuple[str, ...]
    failed_is_safe_from: datetime | None = None
    """Before then what we sent may still arrive at the bank, and whoever calls it failed may be wrong."""

    def as_json(self) -> dict[str, object]:
        """For programs."""
        moments: dict[str, object] = {
            "since": self.since.isoformat(),
            "failed_is_safe_from": self.failed_is_safe_from.isoformat() if self.failed_is_safe_from else None,
        }
        return self._asdict() | {"accepts": list(self.accepts)} | moments

    def as_row(self) -> tuple[str, ...]:
        """For people, as cells of a table: whatever a bank wrote, nothing in it moves the cursor."""
        amount = format_rupees(self.amount_paise) if self.amount_paise is not None else ""
        later = f"failed not before {ist(self.failed_is_safe_from)}" if self.failed_is_safe_from else ""
        accepts = "\n".join([*self.accepts, *([later] if later else [])])
        cells = (self.id, self.kind, ist(self.since), self.bank, amount, self.ours, self.theirs)
        return (*map(_visible, cells), accepts)


_HEADINGS = ("id", "kind", "since", "bank", "amount", "we say", "the bank says", "resolve accepts")


def as_table(items: Sequence[Item]) -> Table | str:
    """For a terminal."""
    if not items:
        return "Nothing waits for a person."
    table = Table(*_HEADINGS)
    for one in items:
        # As text: what a bank wrote in brackets is no colour.
        table.add_row(*map(Text, one.as_row()))
    return table


def as_json_object(items: Sequence[Item]) -> dict[str, object]:
    """For programs."""
    return {"waiting": [one.as_json() for one in items]}


async def review(database: Database, contracts: Mapping[str, PayoutContract]) -> list[Item]:
    """Everything that waits, withdrawals first, each kind oldest first. Raises Unavailable."""
    waiting = await with_retries(database, all_that_waits)
    return [
        *(_withdrawal(one, contracts[one.bank]) for one in waiting.withdrawals),
        *(_webhook(one) for one in waiting.webhooks),
        *(_exception(one) for one in waiting.exceptions),
    ]


def _withdrawal(one: WaitingWithdrawal, contract: PayoutContract) -> Item:
    ours = f"{one.status}, contradicted by the bank" if one.is_in_doubt else one.status
    theirs = [word for word in (one.last_outcome, one.last_words) if word]
    safe_from = one.last_sent_at + LEASE + contract.not_found_is_final_after if one.last_sent_at else None
    return Item(
        str(one.id),
        "withdrawal",
        one.since,
        one.bank,
        one.amount_paise,
        f"{ours}: {one.reason}" if one.reason else ours,
        ": ".join(theirs),
        _ACCEPTS,
        safe_from,
    )


def _webhook(one: RejectedWebhook) -> Item:
    return Item(
        one.item,
        "webhook",
        one.received_at,
        one.bank,
        _amount_paise(one),
        f"rejected: {one.reason}",
        f"{one.type} of {one.subject}",
        _ACCEPTS,
    )


def _exception(one: OpenException) -> Item:
    theirs = f"{one.kind} of {one.reference} on {one.day}"
    return Item(
        str(one.id),
        "exception",
        one.found_at,
        one.bank,
        one.theirs_paise if one.theirs_paise is not None else one.ours_paise,
        f"{one.type}: {_amount(one.ours_paise)}",
        f"{theirs}: {_amount(one.theirs_paise)}" + (f", UTR {one.utr}" if one.utr else ""),
        (*_ACCEPTS, *_WRITTEN_AGAIN.get((one.type, one.kind), ())),
    )


def _amount(paise: int | None) -> str:
    return "nothing" if paise is None else format_rupees(paise)


def _amount_paise(one: RejectedWebhook) -> int | None:
    """What the signed body says; None where today's adapter reads it no more."""
    try:
        return ADAPTERS[one.bank].parse_event(one.body.encode()).data.amount_paise
    except (NotAnEvent, KeyError):
        return None


def _visible(text: str) -> str:
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
