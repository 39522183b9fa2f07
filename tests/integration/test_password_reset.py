"""A forgotten password: a code proves the email, every session ends, and a stranger learns nothing."""

import asyncio
import hashlib
import secrets
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from money.errors import CannotSend, CodeRefused, InputRefused, SignedOut, TooManyTries, WrongSignIn
from runtime.batcher import Busy
from shared_db import sessions
from shared_db.ids import new_id
from tests.integration.code_town import HERE, PASSWORD, Town, another, code_town, refusals
from wallet import passwords, reset_password
from wallet.bearer_tokens import BearerTokens
from wallet.messages import Channel, Message, Sender, sender
from wallet.sign_in import sign_in
from wallet.sign_up import sign_up
from wallet.throttle import Throttle

ASHA, RAVI, NOBODY = "asha@x.example", "ravi@x.example", "nobody@x.example"
OLD = "batua-old-1"


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    async with code_town(database_url) as town:
        await with_account(town, ASHA)
        yield town


async def with_account(town: Town, email: str) -> passwords.Verified:
    return await sign_up(
        town.books.database, email=email, first_name="Asha", last_name="Rao", password=OLD, phone="9876500001"
    )


async def opens(town: Town, password: str, email: str = ASHA) -> bool:
    """Whether this password signs in."""
    try:
        await sign_in(town.books.database, town.throttle, email=email, password=password, address=HERE)
    except WrongSignIn:
        return False
    return True


async def refused(town: Town, email: str, code: str, password: str = PASSWORD) -> None:
    with pytest.raises(CodeRefused):
        await town.reset(email, code, password)


async def asked(town: Town, carrier: Sender, email: str = ASHA) -> None:
    """Asked of another sender; what comes after the answer goes on."""
    await reset_password.ask(
        town.books.database, carrier, town.throttle, town.codes, town.background, email=email, address=HERE
    )


# The right code


async def test_asha_chooses_a_new_password_and_her_email_is_verified(town: Town) -> None:
    await town.ask(" Asha@X.example")
    await town.reset("ASHA@x.example ", town.postbox.code)

    [message] = town.postbox.messages
    assert (message.channel, message.recipient) == (Channel.EMAIL, ASHA)
    assert (await opens(town, PASSWORD), await opens(town, OLD)) == (True, False)
    asks = "SELECT email_verified_at IS NOT NULL, phone_verified_at IS NOT NULL FROM users"
    assert await town.books.ask(asks) == [(True, False)]


async def test_a_reset_ends_every_session_of_that_person_and_no_others(town: Town) -> None:
    [(asha_id,)] = await town.books.ask("SELECT id FROM users")
    ravi = await with_account(town, RAVI)
    await town.signed_in(asha_id)
    ravis = await town.signed_in(ravi.owner_id)
    async with town.books.database.transaction() as session:
        await sessions.begin_in_browser(
            session,
            new_id(),
            asha_id,
            browser="user_app",
            token_hash=hashlib.sha256(secrets.token_bytes()).hexdigest(),
            expires_at=datetime.now(UTC) + timedelta(hours=1),
        )
    tokens = BearerTokens(town.books.database, secret=secrets.token_hex(32), hours=1)
    [(password_hash,)] = await town.books.ask("SELECT password_hash FROM users WHERE id = %s", asha_id)
    before = passwords.Verified(asha_id, password_hash)
    token = await tokens.issue(before)

    await town.ask(ASHA)
    await town.reset(ASHA, town.postbox.code)

    live = await town.books.ask("SELECT id FROM sessions WHERE ended_at IS NULL")
    assert live == [(ravis.session_id,)]
    with pytest.raises(SignedOut):
        await tokens.caller(token)
    with pytest.raises(WrongSignIn):
        # A sign-in that began before it, with the old password.
        await tokens.issue(before)


async def test_a_code_resets_once(town: Town) -> None:
    await town.ask(ASHA)
    code = town.postbox.code
    await town.reset(ASHA, code)

    await refused(town, ASHA, code, "batua-third-1")

    assert await opens(town, PASSWORD)


async def test_of_two_resets_at_once_one_counts(town: Town) -> None:
    await town.ask(ASHA)
    chosen = ["batua-first-1", "batua-second-1"]

    outcomes = await asyncio.gather(
        *(town.reset(ASHA, town.postbox.code, one) for one in chosen), return_exceptions=True
    )

    assert set(refusals(outcomes)) == {None, CodeRefused}
    opened = [await opens(town, one) for one in chosen]
    assert opened == [one is None for one in refusals(outcomes)]


async def test_a_password_too_short_for_pages_leaves_the_code_as_it_is(town: Town) -> None:
    await town.ask(ASHA)

    for password in ("seven-7", "", "x" * 257):
        with pytest.raises(InputRefused):
            await town.reset(ASHA, town.postbox.code, password)
    await town.reset(ASHA, town.postbox.code, "eight-88")

    assert await opens(town, "eight-88")


# Any other code


async def test_the_right_code_is_refused_after_five_wrong_ones(town: Town) -> None:
    await town.ask(ASHA)
    code = town.postbox.code
    for step in range(1, 6):
        await refused(town, ASHA, another(code, step))

    await refused(town, ASHA, code)

    assert await town.tries() == [5]
    assert (await opens(town, OLD), await opens(town, PASSWORD)) == (True, False)


async def test_a_flood_of_resets_has_five_tries(town: Town) -> None:
    await town.ask(ASHA)
    code = town.postbox.code

    wrong = [town.reset(ASHA, another(code, step)) for step in range(1, 13)]
    outcomes = await asyncio.gather(*wrong, return_exceptions=True)

    assert refusals(outcomes) == [CodeRefused] * 12
    assert await town.tries() == [5]
    await refused(town, ASHA, code)


async def test_an_expired_or_replaced_code_resets_nothing(town: Town) -> None:
    await town.ask(ASHA)
    older = town.postbox.code
    await town.books.ask("UPDATE codes SET expires_at = now()")
    await refused(town, ASHA, older)
    await town.ask(ASHA)
    while town.postbox.code == older:
        await town.ask(ASHA)

    await refused(town, ASHA, older)
    await town.reset(ASHA, town.postbox.code)


async def test_a_code_for_something_or_somebody_else_resets_nothing(town: Town) -> None:
    [(asha_id,)] = await town.books.ask("SELECT id FROM users")
    await with_account(town, RAVI)
    verifies = await town.send(await town.signed_in(asha_id))
    await refused(town, ASHA, verifies)

    await town.ask(RAVI)
    await refused(town, ASHA, town.postbox.code)

    assert await opens(town, OLD)


@pytest.mark.parametrize("code", ["", "      ", "１２３４５６", "1" * 10_000, "12345\x00", "\ud800"])  # noqa: RUF001
async def test_what_is_no_code_is_refused_and_not_counted(town: Town, code: str) -> None:
    await town.ask(ASHA)

    await refused(town, ASHA, code)

    assert await town.tries() == [0]


# A stranger


async def test_an_unknown_email_gets_the_same_answer_and_no_row(town: Town) -> None:
    await town.ask(NOBODY)
    await refused(town, NOBODY, "123456")
    await refused(town, "no email at all", "123456")

    assert town.postbox.messages == []
    assert await town.books.ask("SELECT count(*) FROM codes") == [(0,)]
    assert await town.books.ask("SELECT count(*) FROM users") == [(1,)]


@pytest.mark.parametrize(
    "text", ["", "asha", "asha@", "a" * 10_000 + "@x.example", "a\x00@x.example", "\ud800@x.in"]
)
async def test_what_is_no_email_is_said_to_be_none(town: Town, text: str) -> None:
    with pytest.raises(InputRefused):
        await town.ask(text)
    await refused(town, text, "123456")


async def test_the_answer_does_not_wait_for_the_work(town: Town) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    class Slow:
        async def send(self, message: Message) -> None:
            started.set()
            await go_on.wait()
            await town.postbox.send(message)

    for email in (NOBODY, ASHA):
        await asyncio.wait_for(asked(town, Slow(), email), 0.1)
    assert await town.books.ask("SELECT count(*) FROM codes") == [(0,)] or started.is_set()
    await asyncio.wait_for(started.wait(), 5)
    draining = asyncio.create_task(town.background.drain())
    await asyncio.sleep(0.05)

    assert not draining.done()
    assert town.postbox.messages == []
    go_on.set()
    await draining
    assert [one.recipient for one in town.postbox.messages] == [ASHA]
    with pytest.raises(Busy):
        await asked(town, Slow())


async def test_a_wrong_code_waits_for_a_hash_whether_the_email_is_known_or_not(town: Town) -> None:
    await town.ask(ASHA)
    let_go = threading.Event()
    for _ in range(2):
        passwords._workers.submit(let_go.wait, 10)

    wrong = another(town.postbox.code)
    trying = [asyncio.create_task(town.reset(email, wrong)) for email in (ASHA, NOBODY)]
    done, _ = await asyncio.wait(trying, timeout=0.3)
    let_go.set()
    outcomes = await asyncio.gather(*trying, return_exceptions=True)

    assert done == set()
    assert refusals(outcomes) == [CodeRefused] * 2


async def test_a_sender_that_fails_is_logged_and_harms_nobody(town: Town) -> None:
    class Broken:
        async def send(self, message: Message) -> None:
            raise CannotSend

    await asked(town, Broken())
    await town.ask(ASHA)

    await town.reset(ASHA, town.postbox.code)


@pytest.mark.parametrize("email", [ASHA, NOBODY])
async def test_production_says_to_everybody_that_it_cannot_send(town: Town, email: str) -> None:
    with pytest.raises(CannotSend):
        await asked(town, sender(town.books.database, "prod"), email)

    await town.background.drain()
    assert await town.books.ask("SELECT count(*) FROM codes") == [(0,)]
    assert await town.books.ask("SELECT count(*) FROM outbox") == [(0,)]


# Too much


@pytest.mark.parametrize("email", [ASHA, NOBODY])
async def test_an_email_is_asked_for_five_times_an_hour_known_or_not(town: Town, email: str) -> None:
    town.throttle = Throttle(factor=1)
    for number in range(5):
        await town.ask(email, address=f"192.0.2.{number}")

    with pytest.raises(TooManyTries):
        await town.ask(email.upper(), address="192.0.2.99")

    assert len(town.postbox.messages) == (5 if email == ASHA else 0)


async def test_one_address_asks_twenty_times_an_hour(town: Town) -> None:
    town.throttle = Throttle(factor=1)
    for number in range(20):
        await town.ask(f"{number}@x.example")

    with pytest.raises(TooManyTries):
        await town.ask(ASHA)
    await town.ask(ASHA, address="192.0.2.2")


async def test_the_twenty_first_try_for_an_email_in_fifteen_minutes_is_refused(town: Town) -> None:
    town.throttle = Throttle(factor=1)
    await town.ask(ASHA)
    for number in range(20):
        with pytest.raises(CodeRefused):
            await town.reset(ASHA, "no code", address=f"203.0.113.{number}")

    with pytest.raises(TooManyTries):
        await town.reset(ASHA, town.postbox.code, address="203.0.113.99")

    assert await opens(town, OLD)


async def test_the_twenty_first_try_of_an_address_in_fifteen_minutes_is_refused(town: Town) -> None:
    town.throttle = Throttle(factor=1)
    await town.ask(ASHA)
    for number in range(20):
        await refused(town, f"{number}@x.example", "no code")

    with pytest.raises(TooManyTries):
        await town.reset(ASHA, town.postbox.code)
    await town.reset(ASHA, town.postbox.code, address="203.0.113.99")

    assert await opens(town, PASSWORD)
