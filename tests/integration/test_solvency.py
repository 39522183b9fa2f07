"""The watch over our books: what it finds, when, what stops meanwhile, and that it never cries wolf."""

import asyncio
import contextlib
import random
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psycopg
import pytest

from money.errors import OutgoingStopped
from money.movements import Kind, Posting
from money.withdrawal import Outcome
from shared_db.connection import Database
from shared_db.ledger import post
from shared_db.solvency import look
from tests.integration.solvency_town import (
    AT_ONCE,
    behind_our_back,
    follow,
    is_stopped,
    look_at_all,
    recomputed,
    rolled_up,
)
from tests.integration.withdrawal_town import Town, opened, opened_to_all
from tests.town import PROMOTIONS, RECEIVABLE, gift, move


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(database_url, tmp_path) as town:
        yield town


@pytest.fixture
async def tampered(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    """Its books may be wrong in the end."""
    async with opened_to_all(database_url, tmp_path) as town:
        yield town


# Nothing is wrong


async def test_books_that_add_up_stop_nothing(town: Town) -> None:
    asha, ravi = await town.books.person(500), await town.books.person()
    await town.spends(asha, ravi, 20)
    await town.books.credited(asha, 70_00)
    await town.asks(asha, 100)
    await town.asks(asha, 50)
    await town.worker().turn()

    verdict = await look_at_all(town.books)

    assert (verdict.looked, verdict.behind, verdict.broken_since, verdict.words) == (True, False, None, None)
    assert await rolled_up(town.books) == await recomputed(town.books)
    assert await town.books.ask("SELECT count(*) FROM posted_batches") == [(0,)]
    assert not await is_stopped(town.books)


async def test_a_batch_that_is_committed_late_is_counted_once_and_nobody_waits_for_it(town: Town) -> None:
    asha, ravi = await town.books.person(100), await town.books.person(100)
    async with town.books.database.plain() as slow:
        async with slow.transaction():
            await post(slow, [gift(asha, 7_00)])
            await town.books.post(gift(ravi, 5_00))  # a later number, committed sooner

            meanwhile = await look_at_all(town.books)
            left = await town.books.ask("SELECT count(*) FROM posted_batches")
        afterwards = await look_at_all(town.books)

    assert (meanwhile.broken_since, left, afterwards.broken_since) == (None, [(0,)], None)
    assert await rolled_up(town.books) == await recomputed(town.books)


async def test_two_workers_never_look_at_the_same_batches(town: Town) -> None:
    people = [await town.books.person(10) for _ in range(20)]
    others = [Database(town.books.url) for _ in range(4)]

    async def keep_looking(database: Database) -> list[bool]:
        async with database.plain() as connection:
            looks: list[bool] = []
            for _ in range(40):
                # Whoever finds that another has just looked is told to try again, as `with_retries` does.
                with contextlib.suppress(psycopg.errors.SerializationFailure):
                    looks.append((await look(connection, pause=AT_ONCE)).looked)
            return looks

    async def keep_posting() -> None:
        for _ in range(100):
            await town.books.post(*(gift(one, 1_00) for one in people))

    looks, *_ = await asyncio.gather(asyncio.gather(*(keep_looking(one) for one in others)), keep_posting())
    verdict = await look_at_all(town.books)
    for one in others:
        await one.close()

    assert any(any(mine) for mine in looks)
    assert verdict.broken_since is None
    assert await rolled_up(town.books) == await recomputed(town.books)


# Somebody has written to the database


def richer(asha: str) -> str:
    return f"UPDATE balances SET balance_paise = balance_paise + 100 WHERE account_id = '{asha}'"


def held(asha: str) -> str:
    return f"UPDATE balances SET held_paise = held_paise + 100 WHERE account_id = '{asha}'"


def richer_for_another(asha: str) -> str:
    """The sum stays as it was."""
    return f"""{richer(asha)};
        UPDATE balances SET balance_paise = balance_paise - 100
         WHERE account_id = (SELECT max(account_id::text)::uuid FROM balances WHERE account_id <> '{asha}')"""


def held_for_another(asha: str) -> str:
    return f"""{held(asha)};
        UPDATE balances SET held_paise = held_paise - 100
         WHERE account_id = (SELECT account_id FROM balances WHERE held_paise >= 100 AND account_id <> '{asha}'
                              LIMIT 1)"""


def another_number(asha: str) -> str:
    return f"UPDATE balances SET last_number = last_number + 1 WHERE account_id = '{asha}'"


def no_row(asha: str) -> str:
    return f"DELETE FROM balances WHERE account_id = '{asha}'"


def entry_more(asha: str) -> str:
    return f"""INSERT INTO entries SELECT account_id, number + 1, transfer_id, amount_paise,
        balance_after_paise + amount_paise, created_at FROM entries WHERE account_id = '{asha}'
        ORDER BY number DESC LIMIT 1"""


def entry_and_balance_more(asha: str) -> str:
    return f"""{entry_more(asha)};
        UPDATE balances b SET last_number = e.number, balance_paise = e.balance_after_paise
          FROM (SELECT * FROM entries WHERE account_id = '{asha}' ORDER BY number DESC LIMIT 1) e
         WHERE b.account_id = e.account_id"""


def newest_entry_less(asha: str) -> str:
    return f"""DELETE FROM entries WHERE account_id = '{asha}'
        AND number = (SELECT max(number) FROM entries WHERE account_id = '{asha}')"""


def first_entry_less(asha: str) -> str:
    return f"DELETE FROM entries WHERE account_id = '{asha}' AND number = 1"


def entry_rewritten(asha: str) -> str:
    return f"UPDATE entries SET amount_paise = amount_paise + 1 WHERE account_id = '{asha}' AND number = 1"


def chain_rewritten(asha: str) -> str:
    return f"""UPDATE entries SET balance_after_paise = balance_after_paise + 100 WHERE account_id = '{asha}';
        {richer(asha)}"""


def transfer_rewritten(asha: str) -> str:
    return f"UPDATE transfers SET amount_paise = amount_paise + 1 WHERE target_id = '{asha}'"


def transfer_less(asha: str) -> str:
    return f"DELETE FROM transfers WHERE target_id = '{asha}'"


def house_entry_more(_asha: str) -> str:
    return f"""INSERT INTO entries SELECT account_id, nextval('house_entry_numbers'), transfer_id, amount_paise, NULL,
        created_at FROM entries WHERE account_id = '{PROMOTIONS}' LIMIT 1"""


def house_entry_far_away(_asha: str) -> str:
    return f"""INSERT INTO entries SELECT account_id, 1000000000, transfer_id, amount_paise, NULL, created_at
        FROM entries WHERE account_id = '{PROMOTIONS}' LIMIT 1"""


def house_entry_less(_asha: str) -> str:
    return f"DELETE FROM entries WHERE account_id = '{PROMOTIONS}'"


def house_entry_rewritten(_asha: str) -> str:
    return f"UPDATE entries SET amount_paise = amount_paise - 1 WHERE account_id = '{PROMOTIONS}'"


def house_entry_moved(_asha: str) -> str:
    return f"UPDATE entries SET account_id = '{RECEIVABLE}' WHERE account_id = '{PROMOTIONS}'"


TAMPERINGS = [
    richer, held, richer_for_another, held_for_another, another_number, no_row, entry_more, entry_and_balance_more,
    newest_entry_less, first_entry_less, entry_rewritten, chain_rewritten, transfer_rewritten, transfer_less,
    house_entry_more, house_entry_far_away, house_entry_less, house_entry_rewritten, house_entry_moved,
]  # fmt: skip


@pytest.mark.parametrize("tamper", TAMPERINGS)
async def test_what_was_written_without_a_posting_is_found_by_the_look_at_all(
    tampered: Town, tamper: Callable[[str], str]
) -> None:
    books = tampered.books
    ravi = await books.person(300)
    await tampered.asks(ravi, 40)
    asha = await books.person(500)
    await tampered.spends(asha, ravi, 20)
    assert (await look_at_all(books)).broken_since is None

    await behind_our_back(books, tamper(str(asha)))
    unseen, seen = await follow(books), await look_at_all(books)

    assert unseen.broken_since is None, "nothing was posted"
    assert seen.broken_since is not None
    assert seen.words
    assert await is_stopped(books)


@pytest.mark.parametrize(
    "tamper",
    [
        richer, entry_more, entry_and_balance_more, newest_entry_less, first_entry_less, entry_rewritten,
        chain_rewritten, transfer_rewritten, transfer_less, house_entry_less, house_entry_rewritten,
        house_entry_moved, no_row, another_number,
    ],
)  # fmt: skip
async def test_what_was_done_to_a_posting_is_found_by_the_next_look(
    tampered: Town, tamper: Callable[[str], str]
) -> None:
    books = tampered.books
    await look_at_all(books)
    asha = await books.person(500)
    await books.post(gift(asha, 5_00))

    await behind_our_back(books, tamper(str(asha)))
    seen = await follow(books)

    assert seen.broken_since is not None
    assert seen.words


async def test_a_posting_on_a_balance_that_was_tampered_with_is_found_by_the_next_look(
    tampered: Town,
) -> None:
    books = tampered.books
    asha, ravi = await books.person(500), await books.person()
    await look_at_all(books)
    await behind_our_back(books, richer(str(asha)))
    assert (await follow(books)).broken_since is None

    await tampered.spends(asha, ravi, 20)
    seen = await follow(books)

    assert seen.broken_since is not None
    assert "does not continue" in str(seen.words)


async def test_the_verdict_says_since_when_by_how_much_and_why(tampered: Town) -> None:
    asha = await tampered.books.person(500)
    await look_at_all(tampered.books)

    await behind_our_back(tampered.books, richer(str(asha)))
    first, second = await look_at_all(tampered.books), await look_at_all(tampered.books)

    assert first.difference_paise == 100
    assert first.words == "the owners have 50100 paise, and by the accounts of the house it should be 50000"
    assert first.broken_since == second.broken_since


async def test_a_fault_that_many_rounds_pass_by_is_found_in_a_larger_book(tampered: Town) -> None:
    people = [await tampered.books.person() for _ in range(3)]
    for _ in range(30):
        await tampered.books.post(*(gift(one, 1) for one in people for _ in range(100)))
    await behind_our_back(
        tampered.books,
        f"UPDATE entries SET transfer_id = gen_random_uuid() WHERE account_id = '{people[2]}' AND number = 2999",
    )

    verdicts = [await look_at_all(tampered.books) for _ in range(6)]

    assert verdicts[-1].broken_since is not None
    assert "number 2999" not in str(verdicts[0].words)


# While it is broken


async def test_outgoing_money_stops_and_incoming_goes_on(tampered: Town) -> None:
    town, books = tampered, tampered.books
    asha, ravi = await books.person(500), await books.person()
    queued = await town.asks(asha, 10)
    await behind_our_back(books, richer(str(ravi)))
    await look_at_all(books)
    worker = town.worker()

    with pytest.raises(OutgoingStopped):
        await town.asks(asha, 10)
    taken = await worker.turn()
    await town.make_due()
    taken += await worker.turn()

    assert taken == 0
    assert (await town.status(queued), await town.attempts(queued)) == ("queued", [])
    assert await town.has(asha) == (490, 10)
    assert await books.credited(asha, 5_00) is Posting.POSTED
    await town.spends(asha, ravi, 5)
    await town.desk.cancel(queued)
    assert await town.has(asha) == (500, 0)


async def test_what_was_held_before_it_broke_is_found_under_its_reference(tampered: Town) -> None:
    town = tampered
    asha = await town.books.person(500)
    first = await town.asks(asha, 10, reference="api:asha:1")
    await behind_our_back(town.books, richer(str(asha)))
    await look_at_all(town.books)

    again = await town.asks(asha, 10, reference="api:asha:1")

    assert again == first


async def test_what_was_on_its_way_when_it_broke_is_asked_about_and_settled(tampered: Town) -> None:
    town, books = tampered, tampered.books
    asha, ravi, meera = [await books.person(100) for _ in range(3)]
    worker = town.worker()
    await town.break_it(pending_rate=1, pending_ms=300)
    asked, told = await town.asks(asha, 10), await town.asks(ravi, 10)
    await worker.turn()
    await behind_our_back(books, richer(str(meera)))
    assert (await look_at_all(books)).broken_since is not None

    said = await town.told(told, Outcome.SUCCEEDED, 10)
    await asyncio.sleep(0.35)
    await town.make_due()
    await worker.turn()

    assert said == "captured"
    assert (await town.status(asked), await town.status(told)) == ("paid", "paid")
    assert await town.attempts(asked) == [("send", "pending"), ("enquire", "succeeded")]


async def test_what_the_bank_never_heard_of_is_not_sent_again_until_the_books_are_right(
    tampered: Town,
) -> None:
    town, books = tampered, tampered.books
    asha, ravi = await books.person(100), await books.person()
    await town.break_it(down=True)
    withdrawal = await town.asks(asha, 10)
    worker = town.worker()
    await worker.turn()
    await town.break_it()
    await behind_our_back(books, richer(str(ravi)))
    await look_at_all(books)

    for _ in range(3):
        await town.make_due()
        await worker.turn()
    asked = await town.attempts(withdrawal)
    await behind_our_back(books, f"UPDATE balances SET balance_paise = 0 WHERE account_id = '{ravi}'")
    await look_at_all(books)
    await town.make_due()
    await worker.turn()

    assert asked == [("send", "unreadable"), ("enquire", "not_found")]
    assert await town.attempts(withdrawal) == [*asked, ("send", "succeeded")]
    books.is_right()


async def test_money_goes_out_again_by_itself_once_somebody_has_put_it_right(town: Town) -> None:
    books = town.books
    asha = await books.person(500)
    queued = await town.asks(asha, 10)
    await behind_our_back(books, richer(str(asha)))
    await look_at_all(books)
    worker = town.worker()
    await worker.turn()

    await behind_our_back(books, f"UPDATE balances SET balance_paise = 49000 WHERE account_id = '{asha}'")
    verdict = await look_at_all(books)
    await town.make_due()
    await worker.turn()

    assert (verdict.broken_since, verdict.words, verdict.difference_paise) == (None, None, 0)
    assert await town.status(queued) == "paid"
    await town.asks(asha, 10)


async def test_a_bad_posting_that_was_put_right_is_rolled_up_then(town: Town) -> None:
    books = town.books
    await look_at_all(books)
    asha = await books.person(500)
    await behind_our_back(
        books, newest_entry_less(str(asha)).replace("DELETE", "CREATE TABLE gone AS SELECT *")
    )
    await behind_our_back(books, newest_entry_less(str(asha)))
    broken = await follow(books)
    for _ in range(3):
        await books.post(gift(asha, 1_00))  # money still comes in
        assert (await follow(books)).words == broken.words

    await behind_our_back(books, "INSERT INTO entries SELECT * FROM gone")
    verdict = await look_at_all(books)

    assert "is missing" in str(broken.words)
    assert verdict.broken_since is None
    assert await rolled_up(books) == await recomputed(books)


async def test_a_person_who_has_written_entries_by_hand_can_tell_the_watch(town: Town) -> None:
    books = town.books
    asha = await books.person(500)
    await books.post(gift(asha, 1_00))
    await behind_our_back(books, "DELETE FROM posted_batches")
    broken = await look_at_all(books)

    await behind_our_back(books, "SELECT roll_up_house_anew()")
    verdict = await look_at_all(books)

    assert broken.difference_paise == 501_00
    assert verdict.broken_since is None
    assert await rolled_up(books) == await recomputed(books)


# A crowd under the watch


async def test_the_watch_never_cries_wolf_over_a_crowd(town: Town) -> None:
    seed = random.randrange(2**32)
    sys.stdout.write(f"seed {seed}\n")
    dice = random.Random(seed)
    books = town.books
    people = [await books.person(100) for _ in range(40)]
    crowd = [Database(town.books.url) for _ in range(3)]
    over = asyncio.Event()

    async def post_some(database: Database) -> None:
        for _ in range(150):
            async with database.plain() as connection, connection.transaction():
                await post(connection, [_any_move(dice, people) for _ in range(dice.randint(1, 30))])
                if dice.random() < 0.1:
                    await asyncio.sleep(dice.random() / 20)

    async def watch() -> int:
        looks = 0
        while not over.is_set():
            verdict = await look_at_all(books)
            assert verdict.broken_since is None, verdict
            looks += 1
        return looks

    watching = asyncio.create_task(watch())
    paying = asyncio.create_task(town.worker().work())
    for _ in range(10):
        await asyncio.gather(*(town.asks(one, 1) for one in dice.sample(people, 5)))
    await asyncio.gather(*(post_some(one) for one in crowd))
    over.set()
    looks = await watching
    paying.cancel()
    await asyncio.gather(paying, return_exceptions=True)
    for one in crowd:
        await one.close()

    assert looks > 10
    assert (await look_at_all(books)).broken_since is None
    assert await rolled_up(books) == await recomputed(books)


def _any_move(dice: random.Random, people: list):
    one, other = dice.sample(people, 2)
    if dice.random() < 0.3:
        return gift(one, dice.randint(1, 100))
    return move(Kind.SEND, one, other, dice.randint(1, 20_00))
