"""Open a shop: one merchant, one account of 0, in one transaction."""

from __future__ import annotations

import re

from money.errors import HandleRefused, ShopNameRefused
from shared_db.connection import Database
from shared_db.ids import new_id
from shared_db.merchants import open_account
from shared_db.models import Merchant
from wallet import passwords
from wallet.sign_up import SHORTEST_ON_PAGES, clean_email, clean_name, clean_password

_HANDLE = re.compile(r"[a-z][a-z0-9]{2,29}")
_OURS = frozenset({"admin", "api", "bank", "batua", "help", "pay", "support", "wallet"})
"""A shop of this name could be taken for us."""


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


def clean_handle(text: str) -> str:
    """Trimmed, in small letters. Raises HandleRefused, also for one that could be taken for ours."""
    handle = text.strip().lower()
    if not _HANDLE.fullmatch(handle) or handle in _OURS:
        raise HandleRefused
    return handle
