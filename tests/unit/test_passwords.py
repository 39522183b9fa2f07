"""Passwords: every length and script counts in full, and a stranger learns nothing from an unknown name."""

import asyncio
import threading

import pytest

from wallet import passwords

LONG = "correct horse battery staple " * 8


@pytest.mark.parametrize(
    ("password", "almost"),
    [
        ("a" * 73, "a" * 72),
        ("a" * 72 + "b", "a" * 72 + "c"),
        (LONG, LONG[:-1] + "!"),
        ("पासवर्ड" * 12 + "क", "पासवर्ड" * 12 + "ख"),
        ("\U0001f511\U0001f4b0" * 20, "\U0001f511\U0001f4b0" * 19 + "\U0001f4b0\U0001f511"),
        ("before\x00after", "before\x00other"),
        ("\x00\x00\x00\x00\x00\x00", "\x00\x00\x00\x00\x00"),
        (" secret ", "secret"),
        ("\ud800secret", "\ud801secret"),
    ],
    ids=["73 bytes", "byte 73", "long", "Devanagari", "emoji", "NUL", "only NUL", "blanks", "half a pair"],
)
async def test_every_byte_of_a_password_counts(password: str, almost: str) -> None:
    stored = await passwords.hashed(password)

    assert await passwords.matches(password, stored)
    assert not await passwords.matches(almost, stored)
    assert "\x00" not in stored
    assert stored.isascii()


async def test_two_people_with_one_password_have_two_hashes() -> None:
    first, second = await asyncio.gather(passwords.hashed("batua-demo-1"), passwords.hashed("batua-demo-1"))

    assert first != second


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "garbage",
        "sha256-bcrypt:",
        "sha256-bcrypt:garbage",
        "sha256-bcrypt:$2b$12$short",
        "other-scheme:x",
    ],
)
async def test_a_damaged_hash_lets_nobody_in_and_breaks_nothing(stored: str) -> None:
    assert not await passwords.matches("batua-demo-1", stored)


async def test_the_plain_bcrypt_of_an_older_scheme_is_not_taken_for_ours() -> None:
    stored = await passwords.hashed("batua-demo-1")

    assert not await passwords.matches("batua-demo-1", stored.removeprefix("sha256-bcrypt:"))


async def test_an_unknown_person_costs_the_same_work_as_a_known_one() -> None:
    stored = await passwords.hashed("batua-demo-1")
    let_go = threading.Event()
    busy = [passwords._workers.submit(let_go.wait, 10) for _ in range(2)]

    tries = [asyncio.create_task(passwords.matches("wrong-one", one)) for one in (stored, None, "unknown")]
    await asyncio.sleep(0.05)
    waiting = passwords._workers._work_queue.qsize()
    done = [one.done() for one in tries]
    let_go.set()
    answers = await asyncio.gather(*tries)

    assert len(busy) == 2
    assert waiting == 3, "each of the three asks for exactly one hash"
    assert done == [False, False, False], "and none is answered before it"
    assert answers == [False, False, False]
    assert cost_of(passwords._NOBODYS) == cost_of(stored.removeprefix("sha256-bcrypt:")) == 12


async def test_the_hash_that_stands_for_nobody_opens_no_door() -> None:
    for guess in ("", "password", "batua-demo-1", passwords._NOBODYS):
        assert not await passwords.matches(guess, None)


def cost_of(stored: str) -> int:
    return int(stored.split("$")[2])
