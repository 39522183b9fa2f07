"""A browser's session: who it is, how long it counts, and all the ways in which it ends."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator

import pytest

from money.errors import SignedOut, WrongSignIn
from shared_db import sessions
from shared_db.ids import new_id
from tests.town import Books
from wallet.browser_sessions import IDLE, LIFE, BrowserSessions
from wallet.caller import Caller
from wallet.passwords import Verified
from wallet.update_profile import update_profile

HASH = "-"
"""What stands for the password of people in these books."""


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    async with Books(database_url) as books:
        yield books


@pytest.fixture
def browsers(books: Books) -> BrowserSessions:
    return BrowserSessions(books.database, "user_app")


@pytest.fixture
async def asha(books: Books) -> uuid.UUID:
    return await books.person()


async def is_somebody(browsers: BrowserSessions, token: str) -> bool:
    try:
        await browsers.caller(token)
    except SignedOut:
        return False
    return True


async def signed_in(browsers: BrowserSessions, who: uuid.UUID, *, instead_of: str = "") -> str:
    return (await browsers.begin(Verified(who, HASH), instead_of=instead_of)).token


async def aged(books: Books, token: str, *, seen: str = "0", begun: str = "0") -> None:
    """As if so much time had passed since."""
    await books.ask(
        "UPDATE sessions SET last_seen_at = last_seen_at - %s::interval, expires_at = expires_at - %s::interval"
        " WHERE token_hash = %s",
        seen,
        begun,
        hashlib.sha256(token.encode()).hexdigest(),
    )


async def seen_ago(books: Books, token: str) -> float:
    """Seconds since the row says that it was used."""
    [(seconds,)] = await books.ask(
        "SELECT extract(epoch FROM clock_timestamp() - last_seen_at)::float FROM sessions WHERE token_hash = %s",
        hashlib.sha256(token.encode()).hexdigest(),
    )
    return seconds


# Who it is


async def test_the_cookie_tells_who_it_is(browsers: BrowserSessions, asha: uuid.UUID) -> None:
    token = await signed_in(browsers, asha)

    assert (await browsers.caller(token)).owner_id == asha


async def test_each_sign_in_has_a_cookie_that_nobody_can_guess(
    browsers: BrowserSessions, asha: uuid.UUID
) -> None:
    tokens = {await signed_in(browsers, asha) for _ in range(20)}

    assert len(tokens) == 20
    assert {len(token) for token in tokens} == {43}
    assert len({token[:6] for token in tokens}) == 20


async def test_who_reads_the_database_can_be_nobody(
    books: Books, browsers: BrowserSessions, asha: uuid.UUID
) -> None:
    token = await signed_in(browsers, asha)

    [row] = await books.ask("SELECT sessions::text, token_hash FROM sessions")

    assert token not in row[0]
    assert not await is_somebody(browsers, row[1])
    assert not await is_somebody(browsers, row[1][:43])


async def test_a_forged_cookie_is_nobody_and_costs_no_look(
    browsers: BrowserSessions, books: Books, asha: uuid.UUID
) -> None:
    token = await signed_in(browsers, asha)
    forged = [
        "",
        "0",
        token[:-1],
        token + "a",
        token + "\n",
        f" {token}",
        token.swapcase(),
        "é" * 43,
        "%" * 43,
    ]
    forged += [
        "a" * 1_000_000,
        "\x00" * 43,
        "a" * 42 + "\ud800",
        "' OR 1=1 --".ljust(43, "a"),
        '"' + token + '"',
    ]

    assert not any([await is_somebody(browsers, one) for one in forged])
    async with books.away():
        # What cannot be a token is not even looked for.
        assert not await is_somebody(browsers, "short")


async def test_a_session_of_the_other_app_or_of_the_api_is_nothing_here(
    books: Books, browsers: BrowserSessions, asha: uuid.UUID
) -> None:
    token = await signed_in(browsers, asha)
    # Even if the table let such a row be.
    await books.ask(
        "ALTER TABLE sessions DROP CONSTRAINT sessions_audience_check,"
        " DROP CONSTRAINT sessions_cookie_of_a_browser_check"
    )

    for audience in ("merchant_app", "api"):
        await books.ask("UPDATE sessions SET audience = %s", audience)

        assert not await is_somebody(browsers, token)
        assert await browsers.end(token) is None


# How long it counts


async def test_it_ends_after_thirty_idle_minutes(
    books: Books, browsers: BrowserSessions, asha: uuid.UUID
) -> None:
    used, idle = await signed_in(browsers, asha), await signed_in(browsers, asha)

    await aged(books, used, seen="29 minutes 50 seconds")
    await aged(books, idle, seen="30 minutes 1 second")

    assert IDLE.total_seconds() == 1800
    assert await is_somebody(browsers, used)
    assert not await is_somebody(browsers, idle)


async def test_using_it_keeps_it_and_a_short_pause_costs_no_write(
    books: Books, browsers: BrowserSessions, asha: uuid.UUID
) -> None:
    token = await signed_in(browsers, asha)

    await aged(books, token, seen="50 seconds")
    await browsers.caller(token)
    assert await seen_ago(books, token) > 45

    await aged(books, token, seen="20 minutes")
    await browsers.caller(token)
    assert await seen_ago(books, token) < 5


async def test_it_ends_after_twelve_hours_however_much_it_is_used(
    books: Books, browsers: BrowserSessions, asha: uuid.UUID
) -> None:
    young, old = await signed_in(browsers, asha), await signed_in(browsers, asha)

    await aged(books, young, begun="11 hours 59 minutes")
    await aged(books, old, begun="12 hours 1 second")

    assert LIFE.total_seconds() == 12 * 3600
    assert await is_somebody(browsers, young)
    assert not await is_somebody(browsers, old)


async def test_an_ended_or_expired_session_cannot_be_used_back_to_life(
    books: Books, browsers: BrowserSessions, asha: uuid.UUID
) -> None:
    ended, idle = await signed_in(browsers, asha), await signed_in(browsers, asha)
    await browsers.end(ended)
    await aged(books, idle, seen="31 minutes")

    for token in (ended, idle):
        assert [await is_somebody(browsers, token) for _ in range(3)] == [False] * 3


async def test_pages_that_are_pushed_to_do_not_keep_a_session_alive(
    books: Books, browsers: BrowserSessions, asha: uuid.UUID
) -> None:
    token = await signed_in(browsers, asha)
    session_id = (await browsers.caller(token)).session_id
    await aged(books, token, seen="29 minutes")

    assert await browsers.still_live([session_id]) == {session_id}
    await aged(books, token, seen="2 minutes")

    assert await browsers.still_live([session_id]) == set()


async def test_of_many_sessions_only_those_that_count_are_live(
    books: Books, browsers: BrowserSessions, asha: uuid.UUID
) -> None:
    tokens = [await signed_in(browsers, asha) for _ in range(4)]
    ids = [(await browsers.caller(token)).session_id for token in tokens]
    await browsers.end(tokens[0])
    await aged(books, tokens[1], seen="31 minutes")
    await aged(books, tokens[2], begun="13 hours")

    assert await browsers.still_live([*ids, new_id()]) == {ids[3]}
    assert await browsers.still_live([]) == set()


# How it ends and begins


async def test_logging_out_ends_this_session_and_no_other(browsers: BrowserSessions, asha: uuid.UUID) -> None:
    here, there = await signed_in(browsers, asha), await signed_in(browsers, asha)

    assert await browsers.end(here) == asha
    assert await browsers.end(here) is None
    assert await browsers.end("no token") is None
    assert not await is_somebody(browsers, here)
    assert await is_somebody(browsers, there)


async def test_a_cookie_that_was_there_before_the_sign_in_is_never_the_one_after_it(
    browsers: BrowserSessions, books: Books, asha: uuid.UUID
) -> None:
    attacker = await books.person()
    of_the_attacker = await signed_in(browsers, attacker)
    planted = "a" * 43

    for before, whose in ((of_the_attacker, attacker), (planted, None), ("", None)):
        begun = await browsers.begin(Verified(asha, HASH), instead_of=before)
        assert begun.token != before
        assert begun.before == whose
        assert not await is_somebody(browsers, before)
        assert (await browsers.caller(begun.token)).owner_id == asha


async def test_a_password_changed_while_somebody_signs_in_lets_the_old_one_in_nowhere(
    books: Books, browsers: BrowserSessions, asha: uuid.UUID
) -> None:
    shown = Verified(asha, HASH)
    await books.ask("UPDATE users SET password_hash = 'another' WHERE id = %s", asha)

    with pytest.raises(WrongSignIn):
        await browsers.begin(shown)
    with pytest.raises(WrongSignIn):
        await browsers.begin(Verified(new_id(), HASH))

    assert await books.ask("SELECT 1 FROM sessions") == []


async def test_a_new_password_ends_every_other_session_even_those_beginning_now(
    books: Books, browsers: BrowserSessions, asha: uuid.UUID
) -> None:
    here = await signed_in(browsers, asha)
    caller: Caller = await browsers.caller(here)

    begun, _ = await asyncio.gather(
        asyncio.gather(*(signed_in(browsers, asha) for _ in range(5)), return_exceptions=True),
        update_profile(books.database, caller, password="quite another one"),
    )

    tokens = [one for one in begun if isinstance(one, str)]
    assert all(isinstance(one, (str, WrongSignIn)) for one in begun)
    assert not any([await is_somebody(browsers, token) for token in tokens])
    assert await is_somebody(browsers, here)


async def test_everybody_is_sent_away_when_all_sessions_of_a_person_end(
    books: Books, browsers: BrowserSessions, asha: uuid.UUID
) -> None:
    ravi = await books.person()
    tokens = [await signed_in(browsers, asha) for _ in range(3)]
    of_ravi = await signed_in(browsers, ravi)

    async with books.database.transaction() as session:
        await sessions.end_all(session, asha)

    assert not any([await is_somebody(browsers, token) for token in tokens])
    assert await is_somebody(browsers, of_ravi)
