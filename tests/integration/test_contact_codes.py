"""Codes for email and phone: one person's, for one contact, ten minutes, one use, five wrong tries."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from money.errors import CodeRefused, InputRefused, NoPhone, PhoneTaken, SignedOut, TooManyTries
from tests.integration.code_town import EMAIL, PHONE, Town, another, code_town, refusals
from wallet.caller import Caller
from wallet.codes import Codes
from wallet.messages import Channel
from wallet.sign_up import sign_up
from wallet.throttle import Throttle
from wallet.verify_contact import Contact

NUMBER, OTHER_NUMBER = "+919876500001", "+919876500002"


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    async with code_town(database_url) as town:
        yield town


async def refused(town: Town, caller: Caller, code: str, contact: Contact = EMAIL) -> None:
    with pytest.raises(CodeRefused):
        await town.confirm(caller, code, contact)


# The right code


async def test_asha_verifies_her_email_by_the_code_in_it(town: Town) -> None:
    asha = await town.person(NUMBER)

    code = await town.send(asha)
    await town.confirm(asha, f" {code}\n")

    [message] = town.postbox.messages
    assert (message.channel, message.recipient) == (Channel.EMAIL, await town.email_of(asha))
    assert message.subject
    assert await town.verified(asha) == (True, False)


async def test_asha_verifies_her_phone_by_the_code_in_an_sms(town: Town) -> None:
    asha = await town.person(NUMBER)

    code = await town.send(asha, PHONE)
    await town.confirm(asha, code, PHONE)

    [message] = town.postbox.messages
    assert (message.channel, message.recipient, message.subject) == (Channel.SMS, NUMBER, "")
    assert len(message.text) <= 160, "one SMS"
    assert await town.verified(asha) == (False, True)


async def test_the_right_code_counts_after_four_wrong_ones(town: Town) -> None:
    asha = await town.person()
    code = await town.send(asha)
    for step in range(1, 5):
        await refused(town, asha, another(code, step))

    await town.confirm(asha, code)

    assert await town.verified(asha) == (True, False)
    assert await town.tries() == [4]


async def test_email_and_phone_have_a_code_each(town: Town) -> None:
    asha = await town.person(NUMBER)

    for_email, for_phone = await town.send(asha), await town.send(asha, PHONE)
    await town.confirm(asha, for_phone, PHONE)
    await town.confirm(asha, for_email)

    assert await town.verified(asha) == (True, True)


# Any other code


async def test_the_right_code_is_refused_after_five_wrong_ones(town: Town) -> None:
    asha = await town.person()
    code = await town.send(asha)
    for step in range(1, 6):
        await refused(town, asha, another(code, step))

    await refused(town, asha, code)

    assert await town.verified(asha) == (False, False)
    assert await town.tries() == [5]
    await town.confirm(asha, await town.send(asha))
    assert await town.verified(asha) == (True, False), "a new one has tries of its own"


async def test_a_code_is_good_for_ten_minutes(town: Town) -> None:
    asha = await town.person()
    code = await town.send(asha)
    [(life,)] = await town.books.ask("SELECT extract(epoch FROM expires_at - created_at)::int FROM codes")

    await town.books.ask("UPDATE codes SET expires_at = now()")

    assert life == 600
    await refused(town, asha, code)
    assert await town.verified(asha) == (False, False)


async def test_a_code_is_used_once(town: Town) -> None:
    asha = await town.person()
    code = await town.send(asha)
    await town.confirm(asha, code)

    await refused(town, asha, code)


async def test_a_newer_code_takes_the_place_of_the_older_one(town: Town) -> None:
    asha = await town.person()
    older = await town.send(asha)
    newer = older
    while newer == older:
        newer = await town.send(asha)

    await refused(town, asha, older)
    await town.confirm(asha, newer)

    assert await town.books.ask("SELECT count(*) FROM codes") == [(1,)]


async def test_ashas_code_is_nothing_to_ravi(town: Town) -> None:
    asha, ravi = await town.person(), await town.person()
    code = await town.send(asha)

    await refused(town, ravi, code)
    while await town.send(ravi) == code:
        pass
    await refused(town, ravi, code)

    assert await town.verified(ravi) == (False, False)
    assert await town.tries() == [0, 1], "Ravi's tries are his own"


async def test_a_code_of_another_purpose_is_refused(town: Town) -> None:
    asha = await town.person(NUMBER)
    for_email = await town.send(asha)

    await refused(town, asha, for_email, PHONE)
    await town.ask(await town.email_of(asha))
    if (to_reset := town.postbox.code) != for_email:
        await refused(town, asha, to_reset)

    assert await town.verified(asha) == (False, False)


async def test_a_row_moved_to_another_person_proves_nothing(town: Town) -> None:
    asha, ravi = await town.person(NUMBER), await town.person(NUMBER)
    code = await town.send(asha, PHONE)

    await town.books.ask("UPDATE codes SET user_id = %s", ravi.owner_id)

    await refused(town, ravi, code, PHONE)


async def test_a_row_moved_to_another_purpose_proves_nothing(town: Town) -> None:
    asha = await town.person()
    await town.ask(await town.email_of(asha))

    await town.books.ask("UPDATE codes SET purpose = 'verify_email'")

    await refused(town, asha, town.postbox.code)


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "      ",
        "１２３４５６",  # noqa: RUF001 # digits of another width
        "१२३४५६",
        "12345",
        "1234567",
        "123 456",
        "-12345",
        "+12345",
        "12345.",
        "0x1234",
        "123456\x00",
        "\x00" * 6,
        "1" * 10_000,
        " " * 10_000,
        "\ud800" * 6,
        "' OR 1=1",
    ],
    ids=range(17),
)
async def test_what_is_no_code_is_refused_and_not_counted(town: Town, hostile: str) -> None:
    asha = await town.person()
    await town.send(asha)

    await refused(town, asha, hostile)

    assert await town.tries() == [0]


async def test_the_database_knows_no_code_and_another_secret_finds_none(town: Town) -> None:
    asha = await town.person()
    code = await town.send(asha)

    [(row,)] = await town.books.ask("SELECT to_jsonb(codes) - 'created_at' - 'expires_at' FROM codes")
    assert code not in str(row | {"user_id": "", "contact": "", "code_hash": row["code_hash"][:0]})
    assert len(row["code_hash"]) == 64
    town.codes = Codes(secret="another-secret")
    await refused(town, asha, code)


# Many at once


async def test_fifty_at_once_after_five_wrong_ones_find_nothing(town: Town) -> None:
    asha = await town.person()
    code = await town.send(asha)
    for step in range(1, 6):
        await refused(town, asha, another(code, step))

    tries = [town.confirm(asha, another(code, step)) for step in range(50)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)

    assert refusals(outcomes) == [CodeRefused] * 50
    assert await town.verified(asha) == (False, False)
    assert await town.tries() == [5]


async def test_fifty_at_once_have_five_tries_together(town: Town) -> None:
    asha = await town.person()
    code = await town.send(asha)

    wrong = [town.confirm(asha, another(code, step)) for step in range(1, 51)]
    outcomes = await asyncio.gather(*wrong, return_exceptions=True)

    assert refusals(outcomes) == [CodeRefused] * 50
    assert await town.tries() == [5]
    await refused(town, asha, code)


async def test_ten_confirms_at_once_use_one_code_once(town: Town) -> None:
    asha = await town.person()
    code = await town.send(asha)

    outcomes = await asyncio.gather(*(town.confirm(asha, code) for _ in range(10)), return_exceptions=True)

    assert refusals(outcomes).count(None) == 1
    assert refusals(outcomes).count(CodeRefused) == 9
    assert await town.verified(asha) == (True, False)
    assert await town.tries() == [0]


# Whose phone it is


async def test_a_phone_that_asha_has_verified_cannot_be_verified_by_ravi(town: Town) -> None:
    asha, ravi = await town.person(NUMBER), await town.person()
    await town.confirm(asha, await town.send(asha, PHONE), PHONE)

    await town.change_phone(ravi, "98765 00001")
    code = await town.send(ravi, PHONE)
    with pytest.raises(PhoneTaken):
        await town.confirm(ravi, code, PHONE)

    assert (await town.verified(asha), await town.verified(ravi)) == ((False, True), (False, False))


async def test_two_who_verify_one_phone_at_once_do_not_both_have_it(town: Town) -> None:
    people = [await town.person(NUMBER) for _ in range(2)]
    codes = [await town.send(one, PHONE) for one in people]

    outcomes = await asyncio.gather(
        *(town.confirm(one, code, PHONE) for one, code in zip(people, codes, strict=True)),
        return_exceptions=True,
    )

    assert set(refusals(outcomes)) == {None, PhoneTaken}
    assert sorted([await town.verified(one) for one in people]) == [(False, False), (False, True)]


async def test_a_phone_that_somebody_only_claims_does_not_keep_its_owner_out(town: Town) -> None:
    await town.person(NUMBER)
    who = {"first_name": "Asha", "last_name": "Rao", "password": "batua-demo-1", "phone": "9876500001"}

    person = await sign_up(town.books.database, email="asha@x.example", **who)
    asha = await town.signed_in(person.owner_id)
    await town.confirm(asha, await town.send(asha, PHONE), PHONE)
    await sign_up(town.books.database, email="later@x.example", **who)

    assert await town.verified(asha) == (False, True)
    assert await town.books.ask("SELECT count(*) FROM users WHERE phone = %s", NUMBER) == [(3,)]


async def test_another_phone_is_to_be_verified_anew_and_old_codes_are_void(town: Town) -> None:
    asha = await town.person(NUMBER)
    await town.confirm(asha, await town.send(asha, PHONE), PHONE)
    code = await town.send(asha, PHONE)

    await town.change_phone(asha, OTHER_NUMBER)
    await refused(town, asha, code, PHONE)
    await town.change_phone(asha, NUMBER)
    await refused(town, asha, code, PHONE)

    assert await town.verified(asha) == (False, False)


async def test_a_code_on_its_way_to_the_old_phone_does_not_prove_the_new_one(town: Town) -> None:
    asha = await town.person(NUMBER)
    code = await town.send(asha, PHONE)

    await town.books.ask("UPDATE users SET phone = %s WHERE id = %s", OTHER_NUMBER, asha.owner_id)

    await refused(town, asha, code, PHONE)


async def test_the_same_phone_again_changes_nothing(town: Town) -> None:
    asha = await town.person(NUMBER)
    await town.confirm(asha, await town.send(asha, PHONE), PHONE)

    await town.change_phone(asha, "0 98765-00001")

    assert await town.verified(asha) == (False, True)


async def test_without_a_phone_there_is_nothing_to_send_or_confirm(town: Town) -> None:
    asha = await town.person()

    with pytest.raises(NoPhone):
        await town.send(asha, PHONE)
    await refused(town, asha, "123456", PHONE)

    assert town.postbox.messages == []


@pytest.mark.parametrize("text", ["", "12345", "5876500001", "987650000१", "9" * 10_000, "98765\x0000001"])
async def test_what_is_no_indian_mobile_is_refused(town: Town, text: str) -> None:
    asha = await town.person(NUMBER)

    with pytest.raises(InputRefused):
        await town.change_phone(asha, text)


async def test_a_session_that_has_ended_changes_no_phone(town: Town) -> None:
    asha = await town.person(NUMBER)
    await town.books.ask("UPDATE sessions SET ended_at = now()")

    with pytest.raises(SignedOut):
        await town.change_phone(asha, OTHER_NUMBER)

    assert await town.books.ask("SELECT phone FROM users") == [(NUMBER,)]


# Too much


async def test_five_codes_an_hour_for_each_contact_of_a_person_and_no_sixth(town: Town) -> None:
    town.throttle = Throttle(factor=1)
    asha = await town.person(NUMBER)
    codes = [await town.send(asha) for _ in range(5)]

    with pytest.raises(TooManyTries) as refusal:
        await town.send(asha)

    assert 1 <= refusal.value.retry_after_seconds <= 3600
    assert len(town.postbox.messages) == 5
    await town.confirm(asha, codes[-1])
    await town.send(asha, PHONE)


async def test_one_phone_gets_five_codes_an_hour_whoever_claims_it(town: Town) -> None:
    town.throttle = Throttle(factor=1)
    people = [await town.person(NUMBER) for _ in range(6)]
    for one in people[:5]:
        await town.send(one, PHONE)

    with pytest.raises(TooManyTries):
        await town.send(people[5], PHONE)

    assert len(town.postbox.messages) == 5


async def test_one_address_asks_for_twenty_codes_an_hour(town: Town) -> None:
    town.throttle = Throttle(factor=1)
    people = [await town.person() for _ in range(21)]
    for one in people[:20]:
        await town.send(one)

    with pytest.raises(TooManyTries):
        await town.send(people[20])
    await town.send(people[20], address="192.0.2.2")


async def test_a_person_has_twenty_tries_in_fifteen_minutes_wherever_they_are(town: Town) -> None:
    town.throttle = Throttle(factor=1)
    asha, ravi = await town.person(), await town.person()
    code = await town.send(asha)
    for number in range(20):
        with pytest.raises(CodeRefused):
            await town.confirm(ravi, code, address=f"203.0.113.{number}")

    with pytest.raises(TooManyTries):
        await town.confirm(ravi, code, address="203.0.113.99")
    await town.confirm(asha, code, address="203.0.113.99")


async def test_an_address_has_twenty_tries_in_fifteen_minutes_whoever_they_are(town: Town) -> None:
    town.throttle = Throttle(factor=1)
    asha = await town.person()
    code = await town.send(asha)
    for _ in range(20):
        await refused(town, await town.person(), code)

    with pytest.raises(TooManyTries):
        await town.confirm(asha, code)
    await town.confirm(asha, code, address="203.0.113.99")
