"""To a provider and back: a browser takes along a secret of its own, and only with that may it come back, once."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from money.errors import ProviderAway, ProviderDeclined, ProviderNotBelieved, ProviderNotSetUp, VisitOver
from runtime.logs import logger
from shared_db import provider_visits
from shared_db.connection import Connection, Database, with_retries
from shared_db.provider_visits import Visit
from wallet.caller import Caller
from wallet.providers.provider import Answer, Provider, Vouched, Way
from wallet.throttle import Throttle

log = logger(__name__)
LIFE = timedelta(minutes=10)
_RANDOM_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST_CODE = 4096


@dataclass(frozen=True, slots=True)
class SentOff:
    """Where to send the browser, and what it keeps as a cookie."""

    address: str
    token: str


@dataclass(frozen=True, slots=True)
class CameBack:
    """What stood in the address that the provider sent the browser to, and the cookie that came with it."""

    token: str
    state: str
    answer: Answer
    error: str


async def send_off(
    database: Database,
    throttle: Throttle,
    provider: Provider,
    *,
    redirect_uri: str,
    next_page: str,
    address: str,
    caller: Caller | None = None,
) -> SentOff:
    """For somebody who logs in, or for a `caller` who connects what the browser comes back with.

    `address` is the network address. Raises ProviderNotSetUp, TooManyTries or ProviderAway.
    """
    if not provider.is_ready:
        raise ProviderNotSetUp
    await throttle.provider(address)
    token = secrets.token_urlsafe(_RANDOM_BYTES)
    way = Way(redirect_uri, *(secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3)))
    there = await provider.address_for(way)
    visit = Visit(
        provider.key, way.nonce, way.code_verifier, caller.session_id if caller else None, next_page
    )

    async def keep(connection: Connection) -> None:
        await provider_visits.send_off(connection, hashed(token), way.state, visit, life=LIFE)

    await with_retries(database, keep)
    return SentOff(there, token)


async def welcome_back(
    database: Database,
    throttle: Throttle,
    provider: Provider,
    back: CameBack,
    *,
    redirect_uri: str,
    address: str,
) -> tuple[Visit, Vouched]:
    """Who it is, and what they were about to do.

    Raises VisitOver where this browser was not sent to this provider, or has been back; ProviderDeclined,
    ProviderAway, ProviderNotBelieved, TooManyTries.
    """
    await throttle.provider(address)
    visit = await _visit(database, provider, back)
    if back.error:
        log.info("a provider sent nobody back", provider=provider.key)
        raise ProviderDeclined if back.error == "access_denied" else ProviderAway
    if not 1 <= len(back.answer.code) <= _LONGEST_CODE:
        raise ProviderNotBelieved
    way = Way(redirect_uri, back.state, visit.nonce, visit.code_verifier)
    return visit, await provider.vouches_for(way, back.answer)


def is_token(text: str) -> bool:
    """Whether it can be one of those that we give out."""
    return _TOKEN.fullmatch(text) is not None


def hashed(token: str) -> str:
    """What a row knows of a cookie."""
    return hashlib.sha256(token.encode()).hexdigest()


async def _visit(database: Database, provider: Provider, back: CameBack) -> Visit:
    if not is_token(back.token) or not is_token(back.state):
        raise VisitOver
    visit = await with_retries(
        database, lambda connection: provider_visits.come_back(connection, hashed(back.token), back.state)
    )
    if visit is None or not visit.is_in_time or visit.provider != provider.key:
        raise VisitOver
    return visit
