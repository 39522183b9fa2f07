"""The journal of a mixed load against the ledger: what was lost, done twice or done otherwise is said."""

import asyncio
import uuid

import pytest

from bench.crowd import Crowd, gather
from bench.journal import Entry, Journal, Matter, check
from money.movements import Kind, Movement
from money.rupees import Paise
from shared_db.connection import Database
from shared_db.ids import new_id
from shared_db.ledger import post


@pytest.fixture
def crowd(database_url: str) -> Crowd:
    return gather(database_url, secret="x" * 40, people=3, shops=2)


def sent(crowd: Crowd, url: str, paise: int = 200) -> Entry:
    """From the first of the crowd to the second, as the ledger does it."""
    source, target = crowd.people[0].id, crowd.people[1].id
    one = new_id()

    async def move() -> None:
        database = Database(url)
        try:
            async with database.plain() as connection:
                await post(
                    connection, [Movement(one, f"send:{one}", Kind.SEND, source, target, Paise(paise))]
                )
        finally:
            await database.close()

    asyncio.run(move())
    return Entry(Matter.TRANSFER, one, str(uuid.uuid4()), paise, source, target)


def test_what_was_acknowledged_and_stands_there_is_right(crowd: Crowd, database_url: str):
    journal = Journal([sent(crowd, database_url), sent(crowd, database_url)])

    assert check(journal, crowd, database_url) == []


def test_a_transfer_that_was_lost_is_said(crowd: Crowd, database_url: str):
    done = sent(crowd, database_url)
    lost = done._replace(id=new_id())

    wrong = check(Journal([done, lost]), crowd, database_url)

    assert any(str(lost.id) in one for one in wrong)
    assert any("should have" in one for one in wrong)


def test_a_transfer_that_was_done_twice_is_said(crowd: Crowd, database_url: str):
    told = sent(crowd, database_url)
    sent(crowd, database_url)

    wrong = check(Journal([told]), crowd, database_url)

    assert any("nobody was told of" in one for one in wrong)


def test_one_transfer_that_answered_two_requests_is_said(crowd: Crowd, database_url: str):
    told = sent(crowd, database_url)

    wrong = check(Journal([told, told._replace(key="another")]), crowd, database_url)

    assert any("the answer to 2 requests" in one for one in wrong)


def test_another_amount_than_the_acknowledged_one_is_said(crowd: Crowd, database_url: str):
    told = sent(crowd, database_url)

    wrong = check(Journal([told._replace(paise=300)]), crowd, database_url)

    assert any("was acknowledged as" in one for one in wrong)


def test_an_on_ramp_that_no_bank_has_paid_is_said(crowd: Crowd, database_url: str):
    lost = Entry(Matter.ON_RAMP, new_id(), "key", 500, None, crowd.people[2].id)

    assert any("on-ramp" in one for one in check(Journal([lost]), crowd, database_url))
