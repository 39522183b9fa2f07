"""The owners: what each asks for over the REST API, and what they were told, for the judgement."""

from __future__ import annotations

import asyncio
import hashlib
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import NamedTuple

import httpx

from bench.people import PASSWORD_HASH, give, open_wallets
from money.rupees import Paise, rupees_and_paise
from shared_db.connection import Database
from shared_db.ids import new_id
from tests.withdraw_storm.house import House
from tests.withdraw_storm.plan import BANKS, DESKS, Plan
from wallet.bearer_tokens import BearerTokens
from wallet.passwords import Verified

EACH_HAS_PAISE = Paise(4_000_00)
_PATH = "/api/v1/account/withdrawals"
_PAUSE_SECONDS = 0.3
_LAST_ASKED_AT = 0.7
"""Of the storm's length; the rest is for what is under way."""


class Owner(NamedTuple):
    """Somebody with a wallet and a token."""

    id: uuid.UUID
    token: str


@dataclass
class Wish:
    """One withdrawal as its owner asks for it, again and again under one key until there is an answer."""

    owner: Owner
    key: str
    bank: str
    account_number: str
    ifsc: str
    amount_paise: int
    accepted: uuid.UUID | None = None
    is_refused: bool = False
    """For want of money."""
    is_cancelled: bool | None = None
    """None: nobody asked for that, or it was too late."""
    surprises: list[str] = field(default_factory=list)
    """Answers that the contract does not know."""

    @property
    def reference(self) -> str:
        """Under which its money is held, if it is."""
        return f"api:{self.owner.id}:withdraw:{hashlib.sha256(self.key.encode()).hexdigest()}"

    @property
    def is_answered(self) -> bool:
        return self.accepted is not None or self.is_refused


def move_in(house: House, plan: Plan) -> list[Owner]:
    """Owners with a wallet, some money and a token each."""
    people = [new_id() for _ in range(plan.owners)]
    open_wallets(house.url, people)
    give(house.url, people, EACH_HAS_PAISE)

    async def issue() -> list[Owner]:
        database = Database(house.url)
        tokens = BearerTokens(database, secret=house.secrets["JWT_SECRET"], hours=24)
        try:
            return [Owner(one, await tokens.issue(Verified(one, PASSWORD_HASH))) for one in people]
        finally:
            await tokens.drain()
            await database.close()

    return asyncio.run(issue())


def wishes_of(owners: Sequence[Owner], plan: Plan) -> list[Wish]:
    """By the seed; together more than the owners have, so that some are refused."""
    dice = random.Random(f"{plan.seed} wishes")
    most = 22 * EACH_HAS_PAISE * plan.owners // (10 * plan.withdrawals)
    return [
        Wish(
            owners[number % len(owners)],
            f"wish-{number}",
            dice.choice(BANKS),
            str(dice.randrange(10**11, 10**12)),
            "HDFC0ABC123",
            dice.randint(1_00, most),
        )
        for number in range(plan.withdrawals)
    ]


async def ask_for_all(house: House, wishes: Sequence[Wish], plan: Plan) -> None:
    """Each at a moment of its own while the storm rages, and some are cancelled at once; until all are answered."""
    dice = random.Random(f"{plan.seed} moments")
    limits = httpx.Limits(max_connections=200, keepalive_expiry=2.0)
    async with httpx.AsyncClient(limits=limits, timeout=10, trust_env=False) as client:
        caller = _Caller(client, [house.address(desk) for desk in DESKS], dice)
        async with asyncio.TaskGroup() as everybody:
            for wish in wishes:
                moment = dice.uniform(0, _LAST_ASKED_AT * plan.seconds)
                everybody.create_task(caller.wants(wish, moment, cancels=dice.random() < plan.cancelled))


class _Caller:
    def __init__(self, client: httpx.AsyncClient, desks: Sequence[str], dice: random.Random) -> None:
        self._client = client
        self._desks = desks
        self._dice = dice

    async def wants(self, wish: Wish, moment: float, *, cancels: bool) -> None:
        await asyncio.sleep(moment)
        await self._ask(wish)
        if cancels and wish.accepted:
            await self._cancel(wish)

    async def _ask(self, wish: Wish) -> None:
        rupees, rest = rupees_and_paise(wish.amount_paise)
        body = {
            "bank": wish.bank,
            "accountNumber": wish.account_number,
            "ifsc": wish.ifsc,
            "amount": f"{rupees}.{rest:02d}",
        }
        while not wish.is_answered:
            answer = await self._call(wish, "POST", _PATH, {"Idempotency-Key": wish.key}, body)
            if answer.status_code == HTTPStatus.CREATED:
                wish.accepted = uuid.UUID(answer.json()["id"])
            elif answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY and "enough" in answer.text:
                wish.is_refused = True
            else:
                # The key is in use: whoever worked on it was killed, or still works.
                if answer.status_code != HTTPStatus.CONFLICT:
                    wish.surprises.append(f"{answer.status_code} {answer.text}")
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _cancel(self, wish: Wish) -> None:
        answer = await self._call(wish, "DELETE", f"{_PATH}/{wish.accepted}", {}, None)
        if answer.is_success:
            wish.is_cancelled = True
            if answer.json()["status"] != "cancelled":
                wish.surprises.append(f"cancelled, and it is {answer.text}")
        elif answer.status_code != HTTPStatus.CONFLICT:
            wish.surprises.append(f"DELETE: {answer.status_code} {answer.text}")

    async def _call(
        self, wish: Wish, method: str, path: str, headers: dict[str, str], body: object
    ) -> httpx.Response:
        """The first answer that is not about our own trouble. A desk may die at any moment of it."""
        given = {"Authorization": f"Bearer {wish.owner.token}"} | headers
        while True:
            try:
                address = self._dice.choice(self._desks) + path
                answer = await self._client.request(method, address, headers=given, json=body)
            except httpx.TransportError:
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                return answer
            await asyncio.sleep(_PAUSE_SECONDS)
