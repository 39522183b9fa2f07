"""One's own settings: freezing, another password, and the sessions elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from money.errors import (
    NotFound,
    PasswordRefused,
    SignedOut,
    TooManyTries,
    WrongPassword,
    WrongSignIn,
)
from money.movements import Kind, Posting
from shared_db.connection import with_retries
from shared_db.ids import new_id
from shared_db.own_sessions import OwnSession, live_of
from tests.integration.settings_town import ANOTHER, PASSWORD, Town, opened, refused
from tests.town import gift, move
from wallet.browser_sessions import IDLE
from wallet.caller import Caller
from wallet.end_session import end_other_sessions, end_session
from wallet.freeze_wallet import freeze


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    async with opened(database_url) as town:
        yield town


@pytest.fixture
async def asha(town: Town) -> Caller:
    return await town.person(rupees=10)


# Freezing


async def test_a_frozen_wallet_takes_money_in_and_lets_none_out(town: Town, asha: Caller) -> None:
    ravi = await town.books.person(10)

    await freeze(town.books.database, asha)

    assert await town.books.post(move(Kind.SEND, asha.owner_id, ravi, 1_00)) == [Posting.FROZEN]
    assert await town.books.post(move(Kind.SEND, ravi, asha.owner_id, 1_00)) == [Posting.POSTED]
    assert await town.books.credited(asha.owner_id, 5_00) is Posting.POSTED
    assert await town.books.has(asha.owner_id) == (16_00, 0)


async def test_freezing_again_keeps_the_time_since_when_it_is(town: Town, asha: Caller) -> None:
    await freeze(town.books.database, asha)
    [since] = await town.books.ask("SELECT frozen_at FROM balances WHERE account_id = %s", asha.owner_id)

    await freeze(town.books.database, asha)

    assert await town.books.ask("SELECT frozen_at FROM balances WHERE account_id = %s", asha.owner_id) == [
        since
    ]


async def test_unfreezing_asks_for_the_password(town: Town, asha: Caller) -> None:
    await freeze(town.books.database, asha)

    with pytest.raises(WrongPassword):
        await town.unfreezes(asha, "a wrong password")
    assert await town.is_frozen(asha)
    await town.unfreezes(asha)

    assert not await town.is_frozen(asha)
    assert await town.books.post(move(Kind.SEND, asha.owner_id, await town.books.person(), 1_00)) == [
        Posting.POSTED
    ]


async def test_a_session_that_has_ended_freezes_and_unfreezes_nothing(town: Town, asha: Caller) -> None:
    thief = await town.signed_in(asha.owner_id)
    await end_other_sessions(town.books.database, asha)

    with pytest.raises(SignedOut):
        await freeze(town.books.database, thief)
    await freeze(town.books.database, asha)
    with pytest.raises(SignedOut):
        await town.unfreezes(thief)

    assert await town.is_frozen(asha)


async def test_of_fifty_sends_while_it_freezes_each_is_done_or_refused_and_none_follows(
    town: Town, asha: Caller
) -> None:
    ravi = await town.books.person()

    outcomes = await asyncio.gather(
        *(town.books.post(move(Kind.SEND, asha.owner_id, ravi, 10)) for _ in range(25)),
        freeze(town.books.database, asha),
        *(town.books.post(move(Kind.SEND, asha.owner_id, ravi, 10)) for _ in range(25)),
    )

    sent = sum(one == [Posting.POSTED] for one in outcomes)
    assert sent + sum(one == [Posting.FROZEN] for one in outcomes) == 50
    assert await town.books.has(asha.owner_id) == (10_00 - 10 * sent, 0)
    assert await town.books.post(move(Kind.SEND, asha.owner_id, ravi, 10)) == [Posting.FROZEN]


async def test_money_that_comes_while_it_freezes_is_not_lost(town: Town, asha: Caller) -> None:
    await asyncio.gather(
        *(town.books.post(gift(asha.owner_id, 1_00)) for _ in range(20)), freeze(town.books.database, asha)
    )

    assert await town.books.has(asha.owner_id) == (30_00, 0)
    assert await town.is_frozen(asha)


# Another password


async def test_another_password_ends_every_session_but_this_one(town: Town, asha: Caller) -> None:
    elsewhere, token = await town.signed_in(asha.owner_id), await town.token(asha.owner_id)

    await town.changes(asha)

    assert await town.is_live(asha)
    assert not await town.is_live(elsewhere)
    assert not await town.knows(token)
    assert (await town.logs_in(asha, ANOTHER)).owner_id == asha.owner_id
    with pytest.raises(WrongSignIn):
        await town.logs_in(asha, PASSWORD)


@pytest.mark.parametrize(
    ("current", "chosen", "refusal"),
    [
        ("wrong", ANOTHER, WrongPassword),
        ("", ANOTHER, WrongPassword),
        (PASSWORD, "seven77", PasswordRefused),
        (PASSWORD, "", PasswordRefused),
        (PASSWORD, "x" * 257, PasswordRefused),
    ],
)
async def test_a_refused_change_changes_nothing(
    town: Town, asha: Caller, current: str, chosen: str, refusal: type[Exception]
) -> None:
    elsewhere = await town.signed_in(asha.owner_id)

    with pytest.raises(refusal):
        await town.changes(asha, current, chosen)

    assert await town.is_live(elsewhere)
    assert (await town.logs_in(asha)).owner_id == asha.owner_id


async def test_five_wrong_passwords_have_to_wait_wherever_they_are_asked_for(
    town: Town, asha: Caller
) -> None:
    for _ in range(3):
        assert await refused(town.changes(asha, "wrong")) == "WrongPassword"
    assert await refused(town.unfreezes(asha, "wrong")) == "WrongPassword"
    assert await refused(town.closes(asha, "wrong")) == "WrongPassword"

    with pytest.raises(TooManyTries):
        await town.changes(asha)
    with pytest.raises(TooManyTries):
        await town.closes(asha)


async def test_of_two_changes_at_once_one_holds_and_the_other_is_out(town: Town, asha: Caller) -> None:
    elsewhere = await town.signed_in(asha.owner_id)

    outcomes = await asyncio.gather(
        refused(town.changes(asha, chosen="the first one")),
        refused(town.changes(elsewhere, chosen="the second one")),
    )

    assert sorted(outcomes) == ["", "SignedOut"]
    kept = "the first one" if outcomes[0] == "" else "the second one"
    assert (await town.logs_in(asha, kept)).owner_id == asha.owner_id


# Sessions elsewhere


async def shown(town: Town, one: Caller) -> list[OwnSession]:
    return await with_retries(
        town.books.database,
        lambda connection: live_of(connection, one.owner_id, first=one.session_id, idle=IDLE),
    )


async def test_all_sessions_that_count_are_shown_and_this_one_first(town: Town, asha: Caller) -> None:
    await town.token(asha.owner_id)
    elsewhere = await town.signed_in(asha.owner_id)
    idle = await town.signed_in(asha.owner_id)
    await town.books.ask(
        "UPDATE sessions SET last_seen_at = now() - interval '31 minutes' WHERE id = %s", idle.session_id
    )
    await town.person()

    found = await shown(town, asha)

    assert found[0].id == asha.session_id
    assert {(one.is_program, one.device) for one in found} == {
        (False, "Chrome on Android"),
        (True, "python-httpx"),
    }
    assert {one.id for one in found} >= {elsewhere.session_id}
    assert len(found) == 3


async def test_a_program_that_signed_in_long_ago_is_shown_as_long_as_its_token_counts(
    town: Town, asha: Caller
) -> None:
    await town.token(asha.owner_id)
    await town.books.ask(
        "UPDATE sessions SET last_seen_at = now() - interval '40 minutes' WHERE audience = 'api'"
    )

    assert [one.is_program for one in await shown(town, asha)] == [False, True]


async def test_one_session_is_ended_and_no_other(town: Town, asha: Caller) -> None:
    elsewhere, third, token = (
        await town.signed_in(asha.owner_id),
        await town.signed_in(asha.owner_id),
        await town.token(asha.owner_id),
    )
    [program] = [one for one in await shown(town, asha) if one.is_program]

    await end_session(town.books.database, asha, elsewhere.session_id)
    await end_session(town.books.database, asha, program.id)

    assert not await town.is_live(elsewhere)
    assert not await town.knows(token)
    assert await town.is_live(asha)
    assert await town.is_live(third)


async def test_another_persons_session_and_ones_own_cannot_be_ended_so(town: Town, asha: Caller) -> None:
    ravi = await town.person()
    over = await town.signed_in(asha.owner_id)
    await end_session(town.books.database, asha, over.session_id)

    for wanted in (ravi.session_id, asha.session_id, over.session_id, new_id()):
        with pytest.raises(NotFound):
            await end_session(town.books.database, asha, wanted)

    assert await town.is_live(ravi)
    assert await town.is_live(asha)


async def test_ending_all_others_leaves_this_one_even_while_others_begin(town: Town, asha: Caller) -> None:
    ravi = await town.person()
    tokens = [await town.token(asha.owner_id) for _ in range(3)]

    await asyncio.gather(
        end_other_sessions(town.books.database, asha),
        *(town.signed_in(asha.owner_id) for _ in range(5)),
        return_exceptions=True,
    )
    await end_other_sessions(town.books.database, asha)

    assert [one.id for one in await shown(town, asha)] == [asha.session_id]
    assert not any([await town.knows(one) for one in tokens])
    assert await town.is_live(ravi)


async def test_of_two_that_end_each_other_one_stays(town: Town, asha: Caller) -> None:
    thief = await town.signed_in(asha.owner_id)

    outcomes = await asyncio.gather(
        refused(end_other_sessions(town.books.database, asha)),
        refused(end_other_sessions(town.books.database, thief)),
    )

    assert sorted(outcomes) == ["", "SignedOut"]
    assert len(await shown(town, asha)) == 1


async def test_no_more_than_fifty_are_shown(town: Town, asha: Caller) -> None:
    await town.books.ask(
        "INSERT INTO sessions (id, owner_id, audience, expires_at)"
        " SELECT gen_random_uuid(), %s, 'api', now() + %s FROM generate_series(1, 60)",
        asha.owner_id,
        timedelta(hours=1),
    )

    found = await shown(town, asha)

    assert len(found) == 50
    assert found[0].id == asha.session_id
