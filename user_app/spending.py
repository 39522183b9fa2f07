"""Money about to go to somebody who has it at once, a person or a shop: looked at, carried out once, found again."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, Protocol, TypeVar

from money.errors import Refusal
from money.movements import Kind
from money.rupees import Paise
from money.times import kolkata_day
from shared_db.allowances import Allowance, allowance_of, sent_alike, sent_under
from shared_db.connection import Connection, with_retries
from shared_db.history import one_of
from shared_db.history_rows import Happened
from shared_ui.services import WebServices
from wallet.caller import Caller
from wallet.spending import Limits, look_ahead


class Whom(Protocol):
    @property
    def id(self) -> uuid.UUID: ...
    @property
    def name(self) -> str: ...


Payee = TypeVar("Payee", bound=Whom)


@dataclass(frozen=True)
class Order(Generic[Payee]):
    """What is about to be confirmed. Under one intent it is carried out once, whoever asks how often."""

    intent: uuid.UUID
    to: Payee
    amount_paise: Paise
    note: str | None


@dataclass(frozen=True)
class Way(Generic[Payee]):
    """What tells one way of spending from another."""

    name: str
    """In the references of what is ordered on a page, and so for ever."""
    kind: Kind
    day_limit: type[Refusal]
    nobody: type[Refusal]
    """There is no such payee."""
    carry_out: Callable[[WebServices, Caller, Order[Payee], str], Awaitable[uuid.UUID]]
    """Under this reference."""


def limits_of(the: WebServices) -> Limits:
    return Limits(the.settings.transfer_limit_paise, the.settings.transfer_day_limit_paise)


async def carry_out(the: WebServices, caller: Caller, way: Way[Payee], order: Order[Payee]) -> Happened:
    """What went out, now or before under the same intent. Raises what this way raises."""
    await way.carry_out(the, caller, order, _reference(caller, way, order.intent))
    found = await what_went_out(the, caller, way, order.intent)
    assert found is not None, "what was posted stands in the ledger"
    return found


async def what_went_out(
    the: WebServices, caller: Caller, way: Way[Payee], intent: uuid.UUID
) -> Happened | None:
    """What stands under this intent of the caller's, if anything does."""

    async def find(connection: Connection) -> Happened | None:
        found = await sent_under(connection, caller.owner_id, _reference(caller, way, intent))
        return await one_of(connection, caller.owner_id, found) if found else None

    return await with_retries(the.database, find)


async def allowance(the: WebServices, caller: Caller, way: Way[Payee]) -> Allowance:
    today = kolkata_day(datetime.now(UTC))
    return await with_retries(
        the.database,
        lambda connection: allowance_of(connection, caller.owner_id, today=today, kind=way.kind),
    )


async def looked_at(
    the: WebServices, caller: Caller, way: Way[Payee], order: Order[Payee]
) -> tuple[Allowance, datetime | None]:
    """What the caller has, and when they did the same a short while ago. Raises what would be refused by now."""
    has = await allowance(the, caller, way)
    look_ahead(has, limits_of(the), order.amount_paise, day_limit=way.day_limit)
    alike = await with_retries(
        the.database,
        lambda connection: sent_alike(connection, caller.owner_id, order.to.id, order.amount_paise),
    )
    return has, alike


def _reference(caller: Caller, way: Way[Payee], intent: uuid.UUID) -> str:
    return f"page:{caller.owner_id}:{way.name}:{intent}"
