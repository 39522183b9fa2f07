"""Other ways into one's own shop: accounts at providers that vouch for it from now on, or no more."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from money.errors import LogInAgain, OnlyWayIn
from runtime.logs import logger
from shared_db import merchants, sessions
from shared_db.connection import Database
from shared_db.models import MerchantIdentity
from wallet.caller import Caller
from wallet.providers.provider import Vouched

log = logger(__name__)
FRESH = timedelta(minutes=15)
"""Whoever finds an open session must not make ways in of their own, or take the owner's."""


async def connect(database: Database, caller: Caller, vouched: Vouched) -> None:
    """Raises IdentityTaken, LogInAgain or SignedOut."""
    identity = MerchantIdentity(
        issuer=vouched.issuer,
        subject=vouched.subject,
        merchant_id=caller.owner_id,
        shown_as=vouched.shown_as,
    )
    async with database.transaction() as session:
        await sessions.shop_held_from(session, caller.owner_id, caller.session_id)
        if not await sessions.has_begun_within(session, caller.session_id, FRESH):
            raise LogInAgain
        own = await merchants.identities_of(session, caller.owner_id)
        if (vouched.issuer, vouched.subject) not in {(one.issuer, one.subject) for one in own}:
            await merchants.connect(session, identity)
    log.info("provider connected", merchant_id=str(caller.owner_id), issuer=vouched.issuer)


async def disconnect(
    database: Database, caller: Caller, issuer: str, *, ready_issuers: Collection[str]
) -> None:
    """Never the last way in; a provider that is not set up here (`ready_issuers` are) is none.

    Whoever has come in by it, or anywhere else, is logged out: the account there may be in wrong hands.
    Raises OnlyWayIn, LogInAgain or SignedOut.
    """
    async with database.transaction() as session:
        merchant = await sessions.shop_held_from(session, caller.owner_id, caller.session_id)
        if not await sessions.has_begun_within(session, caller.session_id, FRESH):
            raise LogInAgain
        own = await merchants.identities_of(session, caller.owner_id)
        others = [one for one in own if one.issuer != issuer and one.issuer in ready_issuers]
        if merchant.password_hash is None and not others:
            raise OnlyWayIn
        await merchants.disconnect(session, caller.owner_id, issuer)
        await sessions.end_others(session, caller.owner_id, but=caller.session_id)
    log.info("provider disconnected", merchant_id=str(caller.owner_id), issuer=issuer)


async def must_be_fresh(database: Database, caller: Caller) -> None:
    """Asked before a browser is sent away for nothing. Raises LogInAgain."""
    async with database.transaction() as session:
        if not await sessions.has_begun_within(session, caller.session_id, FRESH):
            raise LogInAgain
