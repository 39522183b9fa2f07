"""Sign in to a shop by what a provider says: who it is, never which email they have."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from money.errors import EmailRefused, KnownOtherwise, WalletClosed
from runtime.logs import logger
from shared_db import provider_visits
from shared_db.connection import Connection, Database, with_retries
from shared_db.merchants import find_by_email, find_by_identity
from shared_db.models import Newcomer
from shared_db.people import is_open
from wallet.passwords import Verified
from wallet.providers.provider import Vouched
from wallet.sign_up import clean_email
from wallet.visit_provider import hashed, is_token

log = logger(__name__)
LIFE = timedelta(minutes=30)
_TOKEN_BYTES = 32


async def sign_in_by_provider(database: Database, vouched: Vouched) -> Verified | None:
    """Whose shop it is; None where they have none yet. Raises WalletClosed, or KnownOtherwise.

    An email is no proof of anything: whoever has a shop under it connects the provider from within.
    """
    async with database.transaction() as session:
        merchant = await find_by_identity(session, vouched.issuer, vouched.subject)
        if merchant:
            if not await is_open(session, merchant.id):
                raise WalletClosed
            return Verified(merchant.id, None)
        email = _clean(vouched.email)
        if email and await find_by_email(session, email):
            raise KnownOtherwise
    return None


async def receive(database: Database, vouched: Vouched) -> str:
    """Somebody without a shop yet: the cookie by which their browser is known until it is open."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)

    async def keep(connection: Connection) -> None:
        newcomer = Newcomer(
            token_hash=hashed(token),
            issuer=vouched.issuer,
            subject=vouched.subject,
            shown_as=vouched.shown_as,
            name=vouched.name,
            email=_clean(vouched.email),
            expires_at=datetime.now(UTC),
        )
        await provider_visits.receive(connection, newcomer, life=LIFE)

    await with_retries(database, keep)
    return token


async def newcomer(database: Database, token: str) -> Newcomer | None:
    """Who waits under this cookie."""
    if not is_token(token):
        return None
    async with database.transaction() as session:
        found = await provider_visits.newcomer(session, hashed(token))
    return found if found and found.expires_at > datetime.now(UTC) else None


def _clean(email: str) -> str:
    try:
        return clean_email(email) if email else ""
    except EmailRefused:
        return ""
