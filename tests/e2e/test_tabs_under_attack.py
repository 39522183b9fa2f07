"""A tab's key is chosen by the browser and stands in an address: who knows it is shown nothing of its owner's."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing, contextmanager

import psycopg
import pytest
from websockets.exceptions import InvalidStatus

from tests.e2e.stack import Stack
from tests.e2e.tab import (
    NO_ORIGIN,
    ROOT_STATE,
    Someone,
    Tab,
    ended,
    expired,
    give,
    post_gift,
    sent,
    signed_in_again,
    signed_up,
    tell,
)

TRANSFER = f"{ROOT_STATE}.user_app___pages___transfer____transfer"
BALANCE, BALANCE_PAISE = "7,77,777.77", 7_77_777_77
TO_LOGIN = "/login?next=/transfer"


@pytest.fixture
def asha(stack: Stack) -> Someone:
    """She has ₹7,77,777.77, which no answer to anybody else may hold."""
    asha = signed_up(stack)
    give(stack, asha, BALANCE_PAISE)
    return asha


@pytest.fixture
def mallory(stack: Stack) -> Someone:
    return signed_up(stack, "Mallory")


# Who is on the other side


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "bank", "merchant", "http://localhost", "x"]
)
def test_a_foreign_page_cannot_open_the_socket(stack: Stack, asha: Someone, origin: str) -> None:
    named = {"bank": stack.bank_url, "merchant": stack.merchant_url}.get(origin, origin)

    with pytest.raises(InvalidStatus) as refused:
        Tab(stack.user_url, cookie=asha.cookie, origin=named)

    assert refused.value.response.status_code == 403


def test_a_program_without_an_origin_is_a_stranger_without_the_cookie(stack: Stack) -> None:
    with Tab(stack.user_url, origin=NO_ORIGIN).opened() as tab:
        assert tab.sent_to == [TO_LOGIN]


# Keys of other people's tabs


def test_a_key_in_use_shows_a_second_socket_nothing_now_or_later(
    stack: Stack, asha: Someone, mallory: Someone
) -> None:
    for cookie in ("", mallory.cookie):
        with (
            Tab(stack.user_url, cookie=asha.cookie).opened() as hers,
            Tab(stack.user_url, cookie=cookie, token=hers.token) as thief,
        ):
            thief.load()
            thief.send(f"{ROOT_STATE}.hydrate")
            thief.listen(0.3)
            tell(stack, asha)
            hers.settle()
            thief.listen(0.3)

            assert BALANCE not in thief.everything()
            assert asha.email not in thief.everything()
            assert BALANCE in hers.var("wallet", "balance")


def test_a_key_whose_tab_was_closed_shows_nothing_of_it(
    stack: Stack, asha: Someone, mallory: Someone
) -> None:
    for cookie in ("", mallory.cookie):
        with Tab(stack.user_url, cookie=asha.cookie).opened() as hers:
            pass
        with Tab(stack.user_url, cookie=cookie, token=hers.token) as thief:
            for name in ("set_is_hydrated", "hydrate", "hydrate_and_load"):
                thief.send(f"{ROOT_STATE}.{name}", **({"value": True} if name[0] == "s" else {}))
                thief.listen(0.2)
            tell(stack, asha)
            thief.listen(0.4)

            assert BALANCE not in thief.everything()
            assert thief.token == hers.token


def test_a_signed_in_thief_of_a_key_learns_no_difference_to_its_owners_balance(
    stack: Stack, asha: Someone, mallory: Someone
) -> None:
    give(stack, mallory, BALANCE_PAISE + 100)
    with Tab(stack.user_url, cookie=asha.cookie).opened() as hers:
        pass

    with Tab(stack.user_url, cookie=mallory.cookie, token=hers.token) as thief:
        # Without the hydration that a browser would begin with.
        thief.send(f"{TRANSFER}.come_back")
        thief.listen(0.5)

    assert [text for text in thief.was("said", "text") if "arrived" in text] == []


@pytest.mark.parametrize("what", ["a handler", "a live push"])
def test_what_was_under_way_when_a_tab_closed_reaches_no_other_socket(
    stack: Stack, asha: Someone, what: str
) -> None:
    hers = Tab(stack.user_url, cookie=asha.cookie).opened()
    with _reads_wait(stack) as books:
        if what == "a handler":
            hers.send(f"{TRANSFER}.come_back")
        else:
            tell(stack, asha)
        time.sleep(0.3)
        hers.close()
        time.sleep(0.2)
        thief = Tab(stack.user_url, token=hers.token)
        thief.listen(0.2)
        post_gift(books, asha, 1_00)
    with closing(thief):
        thief.listen(0.7)

    assert [one for one in thief.was("wallet", "balance") if one] == []
    assert "arrived" not in thief.everything()


def test_what_a_stranger_typed_is_not_told_to_the_next_stranger_with_the_key(stack: Stack) -> None:
    typed = {"email": "shy@people.example", "password": "wrong wrong"}
    turned_back = sent(stack.user_url, "/auth/login", typed)
    kept = turned_back.headers["set-cookie"].partition(";")[0]
    with Tab(stack.user_url, cookie=kept, page=turned_back.headers["location"]).opened() as shy:
        assert shy.var("turned_back", "email") == typed["email"]

    with Tab(stack.user_url, token=shy.token, page="/login") as thief:
        thief.send(f"{ROOT_STATE}.hydrate")
        thief.listen(0.4)

    assert typed["email"] not in thief.everything()


# The end of a session


def test_the_same_tab_shows_the_next_person_nothing_of_the_one_before(
    stack: Stack, asha: Someone, mallory: Someone
) -> None:
    hers = signed_in_again(stack, asha)
    with Tab(stack.user_url, cookie=hers).opened() as first:
        assert BALANCE in first.everything()
    assert sent(stack.user_url, "/auth/logout", {}, hers).status_code == 303

    with Tab(stack.user_url, token=first.token, page="/") as nobody:
        nobody.load()
        nobody.listen(0.3)
    with Tab(stack.user_url, cookie=mallory.cookie, token=first.token).opened() as second:
        tell(stack, asha)
        second.settle()
        second.send(f"{ROOT_STATE}.hydrate")
        second.listen(0.3)

    for one in (nobody, second):
        assert BALANCE not in one.everything()
        assert asha.email not in one.everything()
    assert second.was("said", "text") == [""] * len(second.was("said", "text"))


def test_after_the_log_out_an_open_socket_is_told_nothing_more(stack: Stack, asha: Someone) -> None:
    cookie = signed_in_again(stack, asha)
    with Tab(stack.user_url, cookie=cookie).opened() as tab:
        sent(stack.user_url, "/auth/logout", {}, cookie)
        tab.waits_until("said", "has_ended", value=True)
        assert tab.var("wallet", "balance") == ""
        tab.updates.clear()

        tell(stack, asha)
        for name in ("open", "come_back", "typed", "start", "ask_the_bank"):
            tab.send(f"{TRANSFER}.{name}")
        tab.send(f"{ROOT_STATE}.hydrate")
        tab.settle()

        assert tab.sent_to == [TO_LOGIN] * 5
        assert BALANCE not in tab.everything()


@pytest.mark.parametrize("how", ["the same socket", "a reload"])
@pytest.mark.parametrize("end", ["ended", "expired"])
def test_an_ended_session_is_not_told_once_more_what_the_tab_had_shown(
    stack: Stack, mallory: Someone, how: str, end: str
) -> None:
    give(stack, mallory, BALANCE_PAISE)
    with Tab(stack.user_url, cookie=mallory.cookie).opened() as tab:
        (ended if end == "ended" else expired)(stack, mallory)
        tab.updates.clear()
        if how == "the same socket":
            tab.send(f"{ROOT_STATE}.hydrate")
            tab.listen(0.4)
            assert BALANCE not in tab.everything()

    with Tab(stack.user_url, cookie=mallory.cookie, token=tab.token, page="/login") as again:
        again.load()
        again.listen(0.4)
        assert BALANCE not in again.everything()


@contextmanager
def _reads_wait(stack: Stack) -> Generator[psycopg.Connection]:
    """Inside, nobody else can read a balance, and what is changed shows at the end."""
    with psycopg.connect(stack.database_url) as connection:
        connection.execute("LOCK TABLE balances IN ACCESS EXCLUSIVE MODE")
        yield connection
