"""Open a shop: one merchant, one account of 0, in one transaction."""

from __future__ import annotations

import re
import string
import unicodedata

from money.errors import HandleRefused, ShopNameRefused, VisitOver
from shared_db.connection import Connection, Database, with_retries
from shared_db.ids import new_id
from shared_db.merchants import Shop, connect, open_account, shop_at
from shared_db.models import Merchant, MerchantIdentity
from shared_db.provider_visits import has_arrived
from wallet import passwords
from wallet.sign_in_by_provider import newcomer
from wallet.sign_up import SHORTEST_ON_PAGES, clean_email, clean_name, clean_password

_HANDLE = re.compile(r"[a-z][a-z0-9]{2,29}")
_OURS = frozenset({"admin", "api", "bank", "batua", "help", "pay", "support", "wallet"})
"""A shop of this name could be taken for us."""
_LONGEST_PROPOSED = 29
"""One digit may follow."""


async def open_shop(
    database: Database, *, email: str, name: str, handle: str, password: str
) -> passwords.Verified:
    """The new merchant. Raises InputRefused, EmailTaken or HandleTaken."""
    merchant = Merchant(
        id=new_id(),
        email=clean_email(email),
        name=clean_name(name, ShopNameRefused),
        handle=clean_handle(handle),
        password_hash=await passwords.hashed(clean_password(password, shortest=SHORTEST_ON_PAGES)),
    )
    async with database.transaction() as session:
        await open_account(session, merchant)
    return passwords.Verified(merchant.id, merchant.password_hash)


async def open_vouched_shop(
    database: Database, token: str, *, email: str, name: str, handle: str
) -> passwords.Verified:
    """For the newcomer whom a provider vouches for, without a password. Raises InputRefused, EmailTaken, HandleTaken,
    IdentityTaken, or VisitOver where nobody waits under this token any more."""
    waiting = await newcomer(database, token)
    if waiting is None:
        raise VisitOver
    merchant = Merchant(
        id=new_id(),
        email=clean_email(email),
        name=clean_name(name, ShopNameRefused),
        handle=clean_handle(handle),
    )
    identity = MerchantIdentity(
        issuer=waiting.issuer, subject=waiting.subject, merchant_id=merchant.id, shown_as=waiting.shown_as
    )
    async with database.transaction() as session:
        # First, so that of two who press at once one waits here, and then finds nobody.
        if not await has_arrived(session, waiting.token_hash):
            raise VisitOver
        await open_account(session, merchant)
        await connect(session, identity)
    return passwords.Verified(merchant.id, None)


async def free_handle(database: Database, name: str) -> str:
    """One that this shop could have, made of its name; empty where none can be."""
    letters = "".join(
        one for one in unicodedata.normalize("NFKD", name).lower() if one.isascii() and one.isalnum()
    )
    wanted = letters.lstrip(string.digits)[:_LONGEST_PROPOSED]
    for proposed in (wanted, *(f"{wanted}{number}" for number in range(2, 10))):
        if not _HANDLE.fullmatch(proposed) or proposed in _OURS:
            continue

        async def look(connection: Connection, handle: str = proposed) -> Shop | None:
            return await shop_at(connection, handle)

        if await with_retries(database, look) is None:
            return proposed
    return ""


def clean_handle(text: str) -> str:
    """Trimmed, in small letters. Raises HandleRefused, also for one that could be taken for ours."""
    handle = text.strip().lower()
    if not _HANDLE.fullmatch(handle) or handle in _OURS:
        raise HandleRefused
    return handle
