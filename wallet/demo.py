"""Demo accounts for a laptop: three people, one merchant, and money that arrived through the ledger."""

from __future__ import annotations

import uuid

from money.accounts import HouseAccount, house_account_id
from money.movements import Kind, Movement
from money.rupees import Paise
from runtime.logs import logger
from shared_db.connection import Database
from shared_db.ids import new_id
from shared_db.ledger import Ledger
from shared_db.people import anybody_but, find_by_email
from wallet.sign_up import sign_up

log = logger(__name__)
PASSWORD = "batua-demo-1"  # noqa: S105 # printed on the console for everybody to use
_PEOPLE = (
    ("asha@batua.example", "Asha", "Rao", "9876500001", Paise(5_000_00)),
    ("ravi@batua.example", "Ravi", "Kumar", "9876500002", Paise(2_000_00)),
    ("meera@batua.example", "Meera", "Nair", "9876500003", Paise(0)),
)


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
    finally:
        await ledger.drain()
        await database.close()


async def _person(database: Database, email: str, first_name: str, last_name: str, phone: str) -> uuid.UUID:
    async with database.transaction() as session:
        known = await find_by_email(session, email)
    if known:
        return known.id
    log.info("demo account created", email=email)
    person = await sign_up(
        database, email=email, first_name=first_name, last_name=last_name, password=PASSWORD, phone=phone
    )
    return person.user_id


def _gift(user_id: uuid.UUID, amount: Paise) -> Movement:
    return Movement(
        id=new_id(),
        reference=f"promotion:demo:{user_id}",
        kind=Kind.PROMOTION,
        source=house_account_id(HouseAccount.PROMOTIONS),
        target=user_id,
        amount_paise=amount,
    )
