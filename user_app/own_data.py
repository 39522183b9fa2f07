"""All that is kept of one person, as one JSON document that is written while it is read."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from money.rupees import decimal_rupees
from shared_db.connection import Connection, Database, with_retries
from shared_db.history import Place, Wanted, page_of
from shared_db.history_rows import Happened
from shared_db.own_data import (
    FIRST,
    KeptAttempt,
    KeptOnRamp,
    KeptSession,
    KeptWithdrawal,
    Profile,
    attempts_of_all,
    on_ramps_after,
    profile_of,
    sessions_after,
    withdrawals_after,
)
from shared_db.saved_accounts import Saved, saved_by
from wallet.caller import Caller

Object = dict[str, object]
Row = TypeVar("Row")
_AT_ONCE = 500


async def everything_of(database: Database, caller: Caller) -> AsyncIterator[str]:
    """Piece by piece: never more than a few hundred rows are held, however many there are."""

    async def ask(read: Callable[[Connection, uuid.UUID], Awaitable[Row]]) -> Row:
        return await with_retries(database, lambda connection: read(connection, caller.owner_id))

    yield '{"profile": ' + _json(_profile(await ask(profile_of)))
    saved = [_saved(one) for one in await ask(saved_by)]
    yield ', "savedAccounts": ' + _json(saved)
    for name, pages in (
        ("sessions", _sessions(database, caller)),
        ("onRamps", _on_ramps(database, caller)),
        ("withdrawals", _withdrawals(database, caller)),
        ("transactions", _transactions(database, caller)),
    ):
        yield f', "{name}": ['
        between = ""
        async for page in pages:
            if page:
                yield between + ",\n".join(map(_json, page))
                between = ",\n"
        yield "]"
    yield "}\n"


async def _sessions(database: Database, caller: Caller) -> AsyncIterator[list[Object]]:
    last = FIRST
    while True:
        rows = await with_retries(
            database, lambda one, last=last: sessions_after(one, caller.owner_id, last, _AT_ONCE)
        )
        yield [_session(row) for row in rows]
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1].id


async def _on_ramps(database: Database, caller: Caller) -> AsyncIterator[list[Object]]:
    last = FIRST
    while True:
        rows = await with_retries(
            database, lambda one, last=last: on_ramps_after(one, caller.owner_id, last, _AT_ONCE)
        )
        yield [_on_ramp(row) for row in rows]
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1].id


async def _withdrawals(database: Database, caller: Caller) -> AsyncIterator[list[Object]]:
    last = 0

    async def read(connection: Connection) -> tuple[list[KeptWithdrawal], list[KeptAttempt]]:
        rows = await withdrawals_after(connection, caller.owner_id, last, _AT_ONCE // 10)
        return rows, await attempts_of_all(connection, [row.id for row in rows])

    while True:
        rows, attempts = await with_retries(database, read)
        by_withdrawal: dict[uuid.UUID, list[KeptAttempt]] = {}
        for one in attempts:
            by_withdrawal.setdefault(one.withdrawal_id, []).append(one)
        yield [_withdrawal(row, by_withdrawal.get(row.id, [])) for row in rows]
        if not rows:
            return
        last = rows[-1].number


async def _transactions(database: Database, caller: Caller) -> AsyncIterator[list[Object]]:
    """The newest first, as the history shows them."""
    place: Place | None = Place()
    while place is not None:
        page = await with_retries(
            database,
            lambda one, begin=place: page_of(
                one, caller.owner_id, wanted=Wanted(), begin=begin, most=_AT_ONCE
            ),
        )
        yield [_transaction(row) for row in page.rows]
        place = page.next


def _profile(one: Profile) -> Object:
    return {
        "id": str(one.id),
        "firstName": one.first_name,
        "lastName": one.last_name,
        "email": one.email,
        "emailVerifiedAt": _time(one.email_verified_at),
        "phone": one.phone,
        "phoneVerifiedAt": _time(one.phone_verified_at),
        "createdAt": _time(one.created_at),
        "balance": decimal_rupees(one.balance_paise),
        "onHold": decimal_rupees(one.held_paise),
        "frozenAt": _time(one.frozen_at),
    }


def _saved(one: Saved) -> Object:
    return {
        "bank": one.bank,
        "accountNumber": one.account_number,
        "ifsc": one.ifsc,
        "registeredName": one.registered_name,
    }


def _session(one: KeptSession) -> Object:
    return {
        "id": str(one.id),
        "kind": "program" if one.is_program else "browser",
        "device": one.device,
        "begunAt": _time(one.begun_at),
        "lastSeenAt": _time(one.last_seen_at),
        "expiresAt": _time(one.expires_at),
        "endedAt": _time(one.ended_at),
    }


def _on_ramp(one: KeptOnRamp) -> Object:
    return {
        "id": str(one.id),
        "bank": one.bank,
        "amount": decimal_rupees(one.amount_paise),
        "status": one.status,
        "bankReference": one.bank_reference,
        "createdAt": _time(one.created_at),
        "settledAt": _time(one.settled_at),
    }


def _withdrawal(one: KeptWithdrawal, attempts: list[KeptAttempt]) -> Object:
    return {
        "id": str(one.id),
        "bank": one.bank,
        "accountNumber": one.account_number,
        "ifsc": one.ifsc,
        "amount": decimal_rupees(one.amount_paise),
        "status": one.status,
        "utr": one.utr,
        "reason": one.reason,
        "createdAt": _time(one.created_at),
        "settledAt": _time(one.settled_at),
        "attempts": [
            {
                "at": _time(attempt.began_at),
                "call": attempt.call,
                "outcome": attempt.outcome,
                "latencyMs": attempt.latency_ms,
                "words": attempt.words,
            }
            for attempt in attempts
        ],
    }


def _transaction(one: Happened) -> Object:
    """Of the other side its name, and nothing else of them."""
    after = one.balance_after_paise
    return {
        "id": str(one.id),
        "type": one.activity.value,
        "amount": decimal_rupees(one.amount_paise),
        "balanceAfter": None if after is None else decimal_rupees(after),
        "counterparty": one.other_name,
        "bank": one.bank,
        "accountNumber": one.account_number,
        "note": one.note,
        "reference": one.reference,
        "status": one.status,
        "createdAt": _time(one.at),
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
