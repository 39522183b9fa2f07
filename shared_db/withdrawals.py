"""The rows of taking money out: asked for in batches, claimed lane by lane, carried out step by step."""

from __future__ import annotations

import enum
import json
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from psycopg.rows import TupleRow, tuple_row
from psycopg.sql import SQL, Identifier

from money.movements import Kind, Posting
from money.withdrawal import Call, Correction, PayoutContract, Status, Withdrawal
from shared_db.connection import Connection
from shared_db.on_ramps import Event
from shared_db.resolutions import Resolution, resolved_once

_RULED = tuple(
    name for name in Withdrawal._fields if name not in {"contract", "amount_paise", "wallet_closed"}
)
"""What the rules may change."""
_SEEN = (
    "id", "owner_id", "number", "bank", "account_number", "ifsc", "correlation_id", "created_at", "version",
    "amount_paise",
)  # fmt: skip


class Requested(NamedTuple):
    """A withdrawal as it is asked for. `in_flight` is the account of its bank that holds it."""

    id: uuid.UUID
    reference: str
    owner_id: uuid.UUID
    in_flight: uuid.UUID
    bank: str
    account_number: str
    ifsc: str
    amount_paise: int
    correlation_id: str


class Queued(NamedTuple):
    """What became of a request; `withdrawal_id` is the one that stands under its reference, if any does."""

    outcome: Posting
    withdrawal_id: uuid.UUID | None


class SeenWithdrawal(NamedTuple):
    """A row as it stood when it was read, with what no rule changes."""

    id: uuid.UUID
    owner_id: uuid.UUID
    number: int
    bank: str
    account_number: str
    ifsc: str
    correlation_id: str
    created_at: datetime
    version: int
    amount_paise: int
    wallet_closed: bool
    read_at: datetime
    """By the database's clock."""
    ruled: tuple[object, ...]
    """The columns that the rules change, in the order of their fields."""

    def under(self, contract: PayoutContract) -> Withdrawal:
        """The same as the rules see it, at a bank with this contract."""
        columns = dict(zip(_RULED, self.ruled, strict=True))
        return Withdrawal(
            amount_paise=self.amount_paise,
            contract=contract,
            wallet_closed=self.wallet_closed,
            **columns  # pyright: ignore[reportArgumentType] # as the database's CHECKs have them
            | {
                "status": Status(str(columns["status"])),
                "next_call": Call(str(columns["next_call"])),
                "correction": Correction(str(columns["correction"])),
            },
        )

    def become(self, after: Withdrawal) -> SeenWithdrawal:
        """The same once `after` has been written."""
        ruled = tuple(getattr(after, name) for name in _RULED)
        return self._replace(version=self.version + 1, ruled=ruled)


class Claimed(NamedTuple):
    """A lane that is ours until its lease ends, and its head."""

    lane_token: int
    opened_at: datetime | None
    """Since when the bank's breaker is open, for all workers: this lane is its one try."""
    closed_at: datetime | None
    head: SeenWithdrawal


class Moved(NamedTuple):
    """One movement, of the whole amount unless another is named."""

    id: uuid.UUID
    reference: str
    kind: Kind
    source: uuid.UUID
    target: uuid.UUID
    holder: uuid.UUID | None = None
    amount_paise: int | None = None


class Attempt(NamedTuple):
    """One call to the bank, and what came of it."""

    id: uuid.UUID
    call: Call
    outcome: str
    began_at: datetime
    latency_ms: int
    words: str | None


class CarriedOut(NamedTuple):
    """What shall happen to one withdrawal, if it still stands as it was seen."""

    seen: SeenWithdrawal
    after: Withdrawal | None
    """How the row shall stand; None leaves it as it is."""
    moved: tuple[Moved, ...] = ()
    wait: timedelta = timedelta(0)
    """Before its lane may be taken again, where it is still the head."""
    lane_token: int | None = None
    """A worker's: the lane must still be its own."""
    attempt: Attempt | None = None
    event: Event | None = None
    """The bank's word for the inbox, kept once the step is done."""
    resolution: Resolution | None = None
    """A person's decision, written with what it moves."""


class StepOutcome(enum.StrEnum):
    """What became of one step."""

    DONE = "done"
    STALE = "stale"
    """Row or lane has changed since: read and judge again. Nothing of the step was done."""
    CLOSED = "closed"
    """The wallet is closed and takes nothing. Nothing of the step was done."""
    INSUFFICIENT = "insufficient"
    """The wallet has not enough. Nothing of the step was done."""


_REQUEST = """
SELECT outcome, withdrawal_id FROM request_withdrawals(
    %b::uuid[], %b::text[], %b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::text[], %b::bigint[], %b::text[])
"""
_COLUMNS = SQL(", ").join([SQL("w.") + Identifier(name) for name in (*_RULED, *_SEEN)])
_CLAIM = SQL("""
SELECT c.lane_token, c.opened_at, c.closed_at, {columns}, c.is_closed, clock_timestamp()
  FROM claim_lanes(%s, %s, %s, %s, %s) c CROSS JOIN LATERAL (SELECT (c.head).*) w
""").format(columns=_COLUMNS)
_SEE = SQL("""
SELECT {columns}, b.closed_at IS NOT NULL, clock_timestamp()
  FROM withdrawals w JOIN balances b ON b.account_id = w.owner_id WHERE w.id = %s
""").format(columns=_COLUMNS)
_BEGIN = SQL("""
UPDATE withdrawals w SET {assignments}, version = w.version + 1
  FROM jsonb_populate_recordset(NULL::withdrawals, %s::jsonb) r WHERE w.id = r.id
""").format(
    assignments=SQL(", ").join([SQL("{0} = r.{0}").format(Identifier(name)) for name in _RULED]),
)
_SOURCE = "SELECT source_id FROM transfers WHERE reference = %s"
_SHORTFALL = "SELECT amount_paise FROM transfers WHERE reference = %s"
_CARRY_OUT = "SELECT outcome FROM carry_out_withdrawals(%s::jsonb) ORDER BY place"


async def request(connection: Connection, wanted: Sequence[Requested]) -> list[Queued]:
    """Hold the money of each and queue it, in one transaction; one outcome each, in order."""
    columns = [list(column) for column in zip(*wanted, strict=True)]
    cursor = await connection.execute(_REQUEST, columns)
    return [Queued(Posting(outcome), withdrawal_id) for outcome, withdrawal_id in await cursor.fetchall()]


async def claim(
    connection: Connection, bank: str, *, most: int, worker: str, lease: timedelta, try_every: timedelta
) -> list[Claimed]:
    """Lanes whose head is this bank's and due, now this worker's. To be committed with what follows from it.

    One every `try_every` over all workers while the bank's breaker is open.
    """
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(_CLAIM, (bank, most, worker, lease, try_every))
        return [Claimed(*row[:3], head=_seen(row[3:])) for row in await cursor.fetchall()]


async def begin(connection: Connection, begun: Sequence[tuple[SeenWithdrawal, Withdrawal]]) -> None:
    """Write how claimed rows shall stand before their bank is called. In the transaction of the claim."""
    rows = [{"id": seen.id} | _written(after) for seen, after in begun]
    await connection.execute(_BEGIN, (json.dumps(rows, default=str),))


async def see(connection: Connection, withdrawal_id: uuid.UUID) -> SeenWithdrawal | None:
    """One withdrawal as it stands now."""
    cursor = await connection.execute(_SEE, (withdrawal_id,))
    row = await cursor.fetchone()
    return _seen(row) if row else None


async def carry_out(connection: Connection, steps: Sequence[CarriedOut]) -> list[StepOutcome]:
    """Carry the steps out in one transaction; one outcome each, in order.

    Raises ResolvedAlready where a person's decision stands already; nothing of any step was done then.
    """
    written = [
        {
            "id": step.seen.id,
            "owner_id": step.seen.owner_id,
            "version": step.seen.version,
            "lane_token": step.lane_token,
            "after": _written(step.after) if step.after else None,
            "wait_seconds": step.wait.total_seconds(),
            "movements": [moved._asdict() for moved in step.moved],
            "attempt": step.attempt._asdict() | {"bank": step.seen.bank} if step.attempt else {},
            "event": step.event._asdict() if step.event else {},
            "resolution": step.resolution._asdict() if step.resolution else {},
        }
        for step in steps
    ]
    with resolved_once():
        cursor = await connection.execute(_CARRY_OUT, (json.dumps(written, default=str),))
    return [StepOutcome(row[0]) for row in await cursor.fetchall()]


async def source_of(connection: Connection, reference: str) -> uuid.UUID | None:
    """From which account the transfer of this reference came."""
    row = await (await connection.execute(_SOURCE, (reference,))).fetchone()
    return row[0] if row else None


def shortfall_reference(withdrawal_id: uuid.UUID) -> str:
    """Under which the losses have paid what the wallet was short of."""
    return f"withdrawal:{withdrawal_id}:shortfall"


async def shortfall_paise(connection: Connection, withdrawal_id: uuid.UUID) -> int:
    """How much of it came from the losses; 0 of nearly every one."""
    row = await (await connection.execute(_SHORTFALL, (shortfall_reference(withdrawal_id),))).fetchone()
    return row[0] if row else 0


def _seen(row: TupleRow) -> SeenWithdrawal:
    return SeenWithdrawal(*row[len(_RULED) :], ruled=row[: len(_RULED)])  # pyright: ignore[reportCallIssue] # as _COLUMNS has them


def _written(after: Withdrawal) -> dict[str, object]:
    return {name: getattr(after, name) for name in _RULED}
