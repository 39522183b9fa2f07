"""Demo accounts for a laptop: three people, one merchant, and money that arrived through the ledger."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from money.accounts import HouseAccount, house_account_id
from money.movements import Kind, Movement
from money.rupees import Paise
from runtime.logs import logger
from shared_db.connection import Database
from shared_db.ids import new_id
from shared_db.ledger import Ledger
from shared_db.merchants import find_by_email as find_shop_by_email
from shared_db.people import anybody_but, change, find_by_email
from wallet.open_shop import open_shop
from wallet.sign_up import sign_up

log = logger(__name__)
PASSWORD = "batua-demo-1"  # noqa: S105 # printed on the console for everybody to use
_PEOPLE = (
    ("asha@batua.example", "Asha", "Rao", "9876500001", Paise(5_000_00)),
    ("ravi@batua.example", "Ravi", "Kumar", "9876500002", Paise(2_000_00)),
    ("meera@batua.example", "Meera", "Nair", "9876500003", Paise(0)),
)
_SHOP = ("chai@batua.example", "Chai Point", "chaipoint")


async def create_demo_accounts(url: str) -> None:
    """On a database with nobody else in it; again: the same. Their money arrives through the ledger, once."""
    database = Database(url)
    ledger = Ledger(database)
    try:
        async with database.transaction() as session:
            if await anybody_but(session, [email for email, *_ in _PEOPLE]):
                return
        for email, first_name, last_name, phone, amount in _PEOPLE:
            user_id = await _person(database, email, first_name, last_name, phone)
            if amount:
                await ledger.post(_gift(user_id, amount))
        await _shop(database, *_SHOP)
    finally:
        await ledger.drain()
        await database.close()


async def _person(database: Database, email: str, first_name: str, last_name: str, phone: str) -> uuid.UUID:
    async with database.transaction() as session:
        known = await find_by_email(session, email)
    if known is None:
        log.info("demo account created", email=email)
        await sign_up(
            database, email=email, first_name=first_name, last_name=last_name, password=PASSWORD, phone=phone
        )
    async with database.transaction() as session:
        person = await find_by_email(session, email)
        assert person is not None, "known, or signed up a moment ago"
        if person.email_verified_at is None:
            # Nobody reads their mail, so email and phone count as verified.
            now = datetime.now(UTC)
            phone_verified_at = now if person.phone else None
            await change(session, person.id, email_verified_at=now, phone_verified_at=phone_verified_at)
    return person.id


async def _shop(database: Database, email: str, name: str, handle: str) -> None:
    async with database.transaction() as session:
        known = await find_shop_by_email(session, email)
    if known is None:
        log.info("demo shop created", email=email)
        await open_shop(database, email=email, name=name, handle=handle, password=PASSWORD)


def _gift(user_id: uuid.UUID, amount: Paise) -> Movement:
    return Movement(
        id=new_id(),
        reference=f"promotion:demo:{user_id}",
        kind=Kind.PROMOTION,
        source=house_account_id(HouseAccount.PROMOTIONS),
        target=user_id,
        amount_paise=amount,
    )
