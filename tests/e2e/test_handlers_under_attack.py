"""Anybody may open the websocket and say anything: one refusal for it, no row, and nobody's money in any answer."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.hostile import REFUSED, Handler, handlers_of, hostile_payloads
from tests.e2e.stack import ROOT, Stack
from tests.e2e.tab import (
    ROOT_STATE,
    Someone,
    Tab,
    ended,
    expired,
    give,
    signed_up,
    strict_app,
    tell,
)

TRANSFER = f"{ROOT_STATE}.user_app___pages___transfer____transfer"
SIGNING_IN = f"{ROOT_STATE}.user_app___turned_back____turned_back"
FRONTEND_ERRORS = f"{ROOT_STATE}.reflex___state____frontend_event_exception_state.handle_frontend_exception"
TOO_MANY = "Too many tries. Please wait a little and try again."
BALANCE, BALANCE_PAISE = "7,77,777.77", 7_77_777_77
TO_LOGIN = "/login?next=/transfer"

_WRITTEN = """
SELECT (SELECT count(*) FROM on_ramps), (SELECT count(*) FROM transfers), (SELECT count(*) FROM codes),
       (SELECT count(*) FROM outbox), (SELECT count(*) FROM sessions),
       (SELECT md5(string_agg(users::text, '' ORDER BY id)) FROM users),
       (SELECT md5(string_agg(balances::text, '' ORDER BY account_id)) FROM balances)
"""


@pytest.fixture(scope="module")
def handlers() -> dict[str, Handler]:
    return handlers_of("user_app")


@pytest.fixture(scope="module")
def asha(stack: Stack) -> Someone:
    """She has ₹7,77,777.77, which no answer to anybody else may hold."""
    asha = signed_up(stack)
    give(stack, asha, BALANCE_PAISE)
    return asha


@pytest.fixture
def mallory(stack: Stack) -> Someone:
    return signed_up(stack, "Mallory")


@pytest.fixture(scope="module")
def strict(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[str, Path]]:
    """A second app with the limits that people have: its address, and its log."""
    log = tmp_path_factory.mktemp("strict") / "user_app.log"
    with strict_app(stack, log) as url:
        yield url, log


def written(stack: Stack) -> tuple[Any, ...]:
    """What a successful attack would change."""
    return stack.rows(_WRITTEN)[0]


# Whatever is sent to our handlers


def test_wrong_arguments_get_one_refusal_and_move_nothing(
    stack: Stack, handlers: dict[str, Handler], asha: Someone, mallory: Someone
) -> None:
    with Tab(stack.user_url, cookie=mallory.cookie).opened() as tab:
        before = written(stack)
        for name, (whom, parameters) in handlers.items():
            for payload in hostile_payloads(parameters, asha) if whom else []:
                tab.send(name, **payload)
        tab.settle(60)

        assert set(tab.was("said", "text")) == {"", REFUSED}
        assert tab.sent_to == []
        assert BALANCE not in tab.everything()
        assert str(asha.owner_id) not in tab.everything()
        assert written(stack) == before
        assert tab.is_open


@pytest.mark.parametrize("visitor", ["a stranger", "forged", "ended", "expired"])
def test_without_a_session_every_handler_leads_to_the_login(
    stack: Stack, handlers: dict[str, Handler], mallory: Someone, visitor: str
) -> None:
    give(stack, mallory, BALANCE_PAISE)
    if visitor in {"ended", "expired"}:
        (ended if visitor == "ended" else expired)(stack, mallory)
    forged = f"user_app_session={'a' * 43}"
    cookie = {"a stranger": "", "forged": forged}.get(visitor, mallory.cookie)
    private = {name: one.parameters for name, one in handlers.items() if one.whom == "signed_in"}
    with Tab(stack.user_url, cookie=cookie).opened() as tab:
        before = written(stack)
        tab.sent_to.clear()
        payloads = {name: [{}, *hostile_payloads(of, mallory)] for name, of in private.items()}
        for name, those in payloads.items():
            for payload in those:
                tab.send(name, **payload)
        tab.settle(60)

        assert tab.sent_to == [TO_LOGIN] * sum(map(len, payloads.values()))
        assert set(tab.was("wallet", "balance")) <= {""}
        assert BALANCE not in tab.everything()
        assert mallory.email not in tab.everything()
        assert written(stack) == before


def test_reflexs_own_handlers_change_nothing_and_tell_nothing(
    stack: Stack, handlers: dict[str, Handler], mallory: Someone
) -> None:
    wallet = f"{ROOT_STATE}.user_app___wallet_state____wallet"
    planted = {f"{wallet}.{var}": "planted" for var in ("balance", "balance_rx_state_", "greeting", "_paise")}
    with Tab(stack.user_url, cookie=mallory.cookie).opened() as tab:
        before = written(stack)
        for name in handlers:
            if name.endswith(".setvar"):
                for var in ("balance", "attempts", "_asked", "_shown_to", "is_hydrated", "__class__", "", 1):
                    tab.send(name, var_name=var, value="planted")
            if name.endswith("update_vars_internal"):
                tab.send(name, vars=planted)
                tab.send(name, vars={"nothing.at.all": "planted"})
            if name.endswith("hydrate_and_load"):
                tab.send(name, vars=planted, hashes=["planted"])
        for state in (TRANSFER, wallet, ROOT_STATE, SIGNING_IN):
            for helper in (
                "_repaint",
                "_say",
                "set_balance",
                "reset",
                "dict",
                "get_state",
                "__init__",
                "_clean",
            ):
                tab.send(f"{state}.{helper}", caller={"user_id": "another"}, balance="planted")
        tab.send(f"{ROOT_STATE}.set_is_hydrated", value=True)
        tab.listen(0.5)
        tab.send(f"{ROOT_STATE}.hydrate")
        tab.listen(0.3)

        assert tab.var("wallet", "balance") == "₹0.00"
        assert "planted" not in tab.everything().replace('"is_hydrated_rx_state_": "planted"', "")
        for telling in ("Traceback", "AttributeError", "KeyError", "psycopg", "site-packages", str(ROOT)):
            assert telling not in tab.everything()
        assert written(stack) == before


@pytest.mark.parametrize(
    "frame",
    [
        "42/_event,",
        "42/_event,[]",
        '42/_event,{"a":1}',
        "42/_event," + "[" * 30_000,
        '42/_event,["event",' + '{"a":' * 10_000 + "1" + "}" * 10_000 + "]",
        '42/_event,["event","not an event"]',
        '42/_event,["event",{"name":1}]',
        '42/_event,["event",{"name":"a","payload":[1],"router_data":[1]}]',
        '42/_event,["event",{"name":"' + ROOT_STATE + '.hydrate","router_data":{"pathname":5,"asPath":{}}}]',
        '42/_event,["link_token_to_sid","a","b"]',
        '42/_event,["emit_update",{},"a"]',
        '42/_event,["connect"]',
        '42/_event,["client_error",{"message":"a\\nb\\u001b[31m"}]',
        '452-/_event,["event",{"_placeholder":true,"num":0}]',
        "40/admin,",
        "9" * 60_000,
        b"\xff\xfe",
    ],
    ids=range(17),
)
def test_what_cannot_be_read_harms_nobody_else(stack: Stack, asha: Someone, frame: str | bytes) -> None:
    with Tab(stack.user_url) as stranger, Tab(stack.user_url, cookie=asha.cookie).opened() as hers:
        stranger.send_frame(frame)
        stranger.load()
        stranger.listen(0.1)
        hers.settle()

        assert BALANCE in hers.var("wallet", "balance")
        assert BALANCE not in stranger.everything()


def test_a_frame_of_a_megabyte_ends_its_own_socket_only(stack: Stack, asha: Someone) -> None:
    with Tab(stack.user_url) as stranger, Tab(stack.user_url, cookie=asha.cookie).opened() as hers:
        stranger.send(f"{TRANSFER}.typed", amount="9" * 1_000_000)
        stranger.listen(1)

        assert not stranger.is_open
        hers.settle()


# What one visitor costs the others


def test_who_speaks_through_a_socket_cannot_choose_the_address_they_are_counted_by(
    strict: tuple[str, Path],
) -> None:
    forged = {"QUERY_STRING": "token=other", "asgi.scope": {"client": ["203.0.113.9", 1], "headers": []}}
    with Tab(strict[0], page="/login").opened() as tab:
        tab.send_raw(["connect", forged])
        tab.load()
        tab.listen(0.5)

        assert "203.0.113.9" not in tab.everything()


def test_two_thousand_events_are_counted_and_only_their_sender_waits(
    stack: Stack, strict: tuple[str, Path], asha: Someone, mallory: Someone
) -> None:
    with Tab(strict[0], cookie=mallory.cookie).opened() as flood:
        for _ in range(2_000):
            flood.send(f"{TRANSFER}.typed", amount="5")
        begun = time.monotonic()
        with Tab(strict[0], cookie=asha.cookie).opened() as hers:
            waited = time.monotonic() - begun
            assert BALANCE in hers.var("wallet", "balance")
        flood.settle(30)

        assert waited < 5
        assert flood.was("said", "text").count(TOO_MANY) > 1_300
        assert flood.is_open


def test_a_slow_bank_of_one_person_does_not_stop_the_live_pages_of_another(
    stack: Stack, mallory: Someone
) -> None:
    ravi = signed_up(stack, "Ravi")
    with ExitStack() as open_tabs:
        his = open_tabs.enter_context(Tab(stack.user_url, cookie=ravi.cookie)).opened()
        tabs = [open_tabs.enter_context(Tab(stack.user_url, cookie=mallory.cookie)) for _ in range(6)]
        for tab in tabs:
            tab.opened()
        with stack.frozen("dummy_bank"):
            for tab in tabs:
                tab.send(f"{TRANSFER}.start", form_data={"amount": "1", "bank": "hdfc"})
            time.sleep(0.5)
            tell(stack, mallory)
            time.sleep(0.3)
            give(stack, ravi, 5_00)

            his.waits_until("wallet", "balance", "₹5.00", seconds=3)


def test_a_stranger_cannot_fill_the_disk_with_our_log(strict: tuple[str, Path]) -> None:
    url, log = strict
    before = log.stat().st_size
    with Tab(url, page="/login").opened() as stranger:
        for _ in range(100):
            stranger.send(FRONTEND_ERRORS, info="x" * 50_000, component_stack="")
            stranger.send("no.such.handler", a="x" * 50_000)
        stranger.listen(1)

    assert log.stat().st_size - before < 1_000_000


@pytest.mark.parametrize("event", ["no.such.handler", f"{TRANSFER}._repaint", f"{TRANSFER}.renamed_since"])
def test_an_event_we_do_not_know_writes_no_cookie_into_the_log(
    strict: tuple[str, Path], mallory: Someone, event: str
) -> None:
    # As a page that is still open sends it after an update.
    url, log = strict
    with Tab(url, cookie=mallory.cookie).opened() as tab:
        tab.send(event)
        tab.settle()
    time.sleep(0.2)

    assert mallory.cookie.partition("=")[2] not in log.read_text()


def test_after_all_this_the_app_serves_and_the_books_are_right(stack: Stack) -> None:
    assert httpx.get(f"{stack.inside('user_app')}/readyz").is_success
    assert stack.verify()["ok"] is True
