"""The door's cookies and origins: what a browser brings is the visitor's own claim, however oddly it is written."""

from __future__ import annotations

import base64
import time
from typing import Any, cast

import pytest

from shared_ui.door import Door, read_cookie
from shared_ui.forms import kept_fields

NAME = "user_app_session"
TOKEN = "k7Q-" + "a" * 39
OURS = f"{NAME}={TOKEN}"
HERE = "http://localhost:3000"


def door(*, is_prod: bool = False, public_url: str = HERE) -> Door:
    nothing = cast("Any", None)
    return Door(
        name="user_app",
        sessions=nothing,
        throttle=nothing,
        public_url=public_url,
        is_prod=is_prod,
        trusted_proxy_hops=0,
        home="/transfer",
        changed=lambda _person: None,
    )


# Who may send our forms


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "https://evil.example",
        "http://localhost",
        "http://localhost:3001",
        "https://localhost:3000",
        "http://localhost:3000/",
        "http://localhost:3000.evil.example",
        "http://evil.example/http://localhost:3000",
        "http://asha@localhost:3000",
        "HTTP://LOCALHOST:3000",
        "http://localhost:3000, http://localhost:3000",
        "file://",
        "http://",
    ],
)
def test_only_our_own_page_may_send_a_form(origin: str) -> None:
    assert not door().is_own_origin(origin, "localhost:3000")


def test_on_a_laptop_both_names_of_the_machine_are_our_own() -> None:
    assert door().is_own_origin(HERE, "localhost:3000")
    assert door().is_own_origin("http://127.0.0.1:3000", "127.0.0.1:3000")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_in_production_the_host_that_a_caller_names_makes_no_origin_ours(scheme: str) -> None:
    prod = door(is_prod=True, public_url="https://wallet.example")

    assert prod.is_own_origin("https://wallet.example", "wallet.example")
    assert not prod.is_own_origin(f"{scheme}://evil.example", "evil.example")
    assert not prod.is_own_origin("http://wallet.example", "wallet.example")


def test_without_a_host_nobody_is_our_own() -> None:
    assert not door().is_own_origin("http://", "")
    assert not door().is_own_origin(HERE, "")


# The cookies we give


def test_no_script_and_no_foreign_page_gets_the_session() -> None:
    given = door(is_prod=True).session_cookie(TOKEN)

    assert given.startswith("__Host-user_app_session=")
    assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} <= set(given.split("; "))
    assert "Domain" not in given


def test_what_takes_a_cookie_away_names_it_as_it_was_given() -> None:
    taken = door(is_prod=True).session_cookie("")

    assert taken.startswith("__Host-user_app_session=;")
    assert "Max-Age=0" in taken
    assert "Secure" in taken


# The cookies that come back


@pytest.mark.parametrize(
    "header", ["", NAME, f"{NAME}=", f"{NAME}x={TOKEN}", f"x{NAME}={TOKEN}", "=", ";;", "\x00"]
)
def test_where_there_is_no_session_there_is_nobody(header: str) -> None:
    assert read_cookie(header, NAME) == ""


@pytest.mark.parametrize(
    "other",
    [
        "theme=dark",
        'quoted="a b"',
        "base64=aGVq==",
        "percent=%7B%22a%22%3A1%7D",
        "list=[1,2]",
        "$Version=1",
        'settings={"dark":true}',
        'unclosed="x',
        "name with blanks=1",
        "naked",
        "a/b=1",
        "a@b=1",
        "a=b c",
        "a=é",
        "path=/",
        "secure",
        "=x",
        "a=1;",
    ],
)
@pytest.mark.parametrize("order", ["before", "after"])
def test_another_programs_cookie_never_hides_the_session(other: str, order: str) -> None:
    # On one host every port, and below one domain every sibling, may set cookies of any shape.
    header = f"{other}; {OURS}" if order == "before" else f"{OURS}; {other}"

    assert read_cookie(header, NAME) == TOKEN


@pytest.mark.parametrize(
    "bomb",
    [
        'x="' + '\\"' * 15_000 + '"',
        'x="' + "\\" * 30_000 + '"',
        "x=" + "a" * 1_000_000,
        "; " * 30_000,
        "a=b;" * 10_000,
        "=" * 30_000,
        '"' * 30_000,
    ],
    ids=[
        "escapes",
        "backslashes",
        "a million characters",
        "separators",
        "ten thousand",
        "equal signs",
        "quotes",
    ],
)
def test_no_cookie_makes_everybody_else_wait(bomb: str) -> None:
    begun = time.perf_counter()

    read_cookie(f"{bomb}; {OURS}", NAME)

    assert time.perf_counter() - begun < 0.2


# What a form kept


@pytest.mark.parametrize(
    "kept",
    [
        "[]",
        "1",
        '"text"',
        "null",
        "NaN",
        "1" * 5_000,
        "[" * 2_500,
        '{"email": 1}',
        '{"email": ["a"]}',
        "{",
        "\x00",
    ],
)
def test_a_forged_kept_form_is_an_empty_one(kept: str) -> None:
    assert kept_fields(door(), f"user_app_form={_encoded(kept)}") == {}


def test_what_a_form_kept_comes_back_as_it_was_typed() -> None:
    kept = _encoded('{"email": "<b>\\" आशा"}')

    assert kept_fields(door(), f"user_app_form={kept}") == {"email": '<b>" आशा'}


def test_a_forged_kept_form_holds_nothing_that_cannot_be_sent_to_a_page() -> None:
    kept = _encoded('{"email": "\\ud800"}')

    found = kept_fields(door(), f"user_app_form={kept}")

    # Half a character cannot be written as UTF-8: the socket of the page would end.
    "".join(found.values()).encode()


@pytest.mark.parametrize("written", ["%", "é", "a" * 7, "=" * 9, "\\", '"'])
def test_what_is_no_base64_is_an_empty_form(written: str) -> None:
    assert kept_fields(door(), f"user_app_form={written}") == {}


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()
