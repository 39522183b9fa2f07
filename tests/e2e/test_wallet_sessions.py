"""Who is signed in, for how long, and what is left on the screen afterwards: nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import LiteralString

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import LAUNCH_ARGUMENTS, chromium_path
from tests.e2e.stack import Stack
from tests.e2e.wallet_page import (
    PATIENCE_MILLISECONDS,
    SESSION_COOKIE,
    Visitor,
    add_money,
    amount_field,
    balance,
    decide,
    is_dead,
    log_in,
    shows_balance,
    was_shown,
)

Visitors = Callable[..., Visitor]

_TELL_OF_KEPT_PAGES = """
addEventListener("pageshow", event => { if (event.persisted) console.error("this page was kept"); });
"""


@pytest.fixture
def asha(visitors: Visitors) -> Visitor:
    """Signed in, without a page."""
    asha = visitors()
    asha.sign_up_elsewhere()
    return asha


def test_the_cookie_is_for_the_server_alone(stack: Stack, visitors: Visitors) -> None:
    asha = visitors()

    page = asha.sign_up()

    (cookie,) = asha.context.cookies()
    assert (cookie.get("httpOnly"), cookie.get("sameSite")) == (True, "Lax")
    assert page.evaluate("document.cookie") == ""
    assert asha.cookie() not in page.content()
    stored = page.evaluate("JSON.stringify([sessionStorage, localStorage])")
    assert asha.cookie() not in stored
    assert asha.email not in stored


def test_asha_logs_out_and_her_other_tab_is_emptied_by_itself_but_not_the_one_at_home(
    stack: Stack, visitors: Visitors, asha: Visitor
) -> None:
    at_home = visitors(email=asha.email)
    at_home.log_in_elsewhere()
    first, second, third = asha.tab(), asha.tab("/settings"), at_home.tab()
    expect(second.get_by_text(asha.email)).to_be_visible()
    shows_balance(first, "₹0.00")
    shows_balance(third, "₹0.00")
    cookie = asha.cookie()

    _log_out(first, stack)

    expect(second.get_by_text(asha.email)).to_have_count(0, timeout=PATIENCE_MILLISECONDS)
    assert "Asha" not in second.locator("body").inner_text()
    assert asha.cookie() == ""
    assert is_dead(stack, cookie)
    amount_field(third).press_sequentially("750")
    expect(third.get_by_text("Seven hundred")).to_be_visible()
    shows_balance(third, "₹0.00")


def test_a_tab_that_slept_through_the_logout_ends_at_the_login_with_its_next_word(
    stack: Stack, asha: Visitor
) -> None:
    page = asha.tab()
    shows_balance(page, "₹0.00")
    stack.sql(
        "UPDATE sessions SET ended_at = now() WHERE owner_id = (SELECT id FROM users WHERE email = %s)",
        asha.email,
    )

    amount_field(page).fill("500")

    page.wait_for_url(re.compile(r"/login\?next=/transfer$"))
    log_in(page, asha)
    page.wait_for_url(stack.user_url + "/transfer")
    shows_balance(page, "₹0.00")


def test_the_back_button_shows_nothing_after_the_logout(stack: Stack, asha: Visitor) -> None:
    asha.records()
    page = asha.tab()
    shows_balance(page, "₹0.00")
    _log_out(page, stack)

    page.go_back()

    page.wait_for_url(re.compile(r"/login\?next="))
    assert "₹" not in was_shown(page)
    assert "Asha" not in was_shown(page)


def test_not_even_a_browser_that_keeps_pages_for_its_back_button(stack: Stack, browser: Browser) -> None:
    # Playwright turns that memory off; people's browsers have it.
    keeping = browser.browser_type.launch(
        executable_path=chromium_path(),
        args=LAUNCH_ARGUMENTS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    try:
        asha = Visitor(stack, keeping)
        asha.context.add_init_script(_TELL_OF_KEPT_PAGES)
        asha.sign_up_elsewhere()
        page = asha.tab()
        shows_balance(page, "₹0.00")
        _log_out(page, stack)

        page.go_back(wait_until="commit")

        expect(page.get_by_label("Email", exact=True)).to_be_visible()
        expect(balance(page)).to_have_count(0)
        assert asha.complaints == []
    finally:
        keeping.close()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("last_seen_at = now() - interval '30 minutes 1 second'", id="idle for half an hour"),
        pytest.param("expires_at = now() - interval '1 second'", id="twelve hours old"),
    ],
)
def test_a_session_that_is_over_leads_to_the_login(
    stack: Stack, asha: Visitor, change: LiteralString
) -> None:
    page, other = asha.tab(), asha.tab()
    cookie = asha.cookie()
    shows_balance(other, "₹0.00")

    _change_sessions(stack, asha, change)

    assert is_dead(stack, cookie)
    page.goto(stack.user_url + "/settings")
    assert page.url.endswith("/login?next=/settings")
    amount_field(other).fill("500")
    other.wait_for_url(re.compile(r"/login\?next=/transfer$"))
    log_in(page, asha)
    page.wait_for_url(stack.user_url + "/settings")
    expect(page.get_by_text(asha.email)).to_be_visible()


def test_whoever_does_something_within_half_an_hour_stays(stack: Stack, asha: Visitor) -> None:
    page = asha.tab()
    _change_sessions(stack, asha, "last_seen_at = now() - interval '29 minutes'")

    page.reload()
    _change_sessions(stack, asha, "last_seen_at = last_seen_at - interval '29 minutes'")
    page.reload()

    shows_balance(page, "₹0.00")
    lives = stack.rows(
        "SELECT round(extract(epoch FROM expires_at - created_at) / 3600) FROM sessions"
        " WHERE owner_id = (SELECT id FROM users WHERE email = %s)",
        asha.email,
    )
    assert lives == [(12,)]


def test_each_login_has_a_cookie_of_its_own_and_ends_the_one_before(stack: Stack, asha: Visitor) -> None:
    first = asha.cookie()
    planted = "p" * 43

    asha.log_in_elsewhere()
    second = asha.cookie()
    asha.context.clear_cookies()
    asha.context.add_cookies([{"name": SESSION_COOKIE, "value": planted, "url": stack.user_url}])
    asha.log_in_elsewhere()
    third = asha.cookie()

    assert len({first, second, third, planted}) == 4
    assert is_dead(stack, first)
    assert is_dead(stack, planted)
    assert not is_dead(stack, third)


def test_bela_sits_down_after_asha_and_sees_nothing_of_her(stack: Stack, visitors: Visitors) -> None:
    zeba, bela = visitors("Zebunnisa"), visitors("Bela")
    bela.sign_up_elsewhere()
    zeba.records()
    page = zeba.sign_up(phone="9876522222")
    add_money(page, "7,531.25")
    decide(page, "Approve")
    page.goto(stack.user_url + "/settings")
    expect(page.get_by_text(zeba.email)).to_be_visible()
    page.goto(stack.user_url + "/transfer")
    shows_balance(page, "₹7,531.25")
    _log_out(page, stack)
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(_text(frame))))
    shown: list[str] = []

    page.goto(stack.user_url + "/login")
    shown.append(was_shown(page))
    log_in(page, bela)
    page.wait_for_url(stack.user_url + "/transfer")
    shows_balance(page, "₹0.00")
    shown.append(was_shown(page))
    page.goto(stack.user_url + "/settings")
    expect(page.get_by_text(bela.email)).to_be_visible()
    shown.append(was_shown(page))

    seen = "\n".join(shown + frames)
    assert "Bela" in seen
    assert [
        word for word in ("7,531.25", "Zebunnisa", zeba.email, "98765 22222", "9876522222") if word in seen
    ] == []


def test_bela_logs_in_beside_ashas_open_tab_and_each_tab_is_hers_alone(
    stack: Stack, visitors: Visitors, asha: Visitor
) -> None:
    bela = visitors("Bela")
    bela.sign_up_elsewhere()
    of_asha = asha.tab("/settings")
    expect(of_asha.get_by_text(asha.email)).to_be_visible()
    asha.context.clear_cookies()
    other = asha.tab("/login")
    log_in(other, bela)
    other.wait_for_url(stack.user_url + "/transfer")
    expect(other.get_by_text("Bela").first).to_be_visible()

    of_asha.reload()

    expect(of_asha.get_by_text(bela.email)).to_be_visible()
    assert asha.email not in of_asha.locator("body").inner_text()


def _log_out(page: Page, stack: Stack) -> None:
    page.get_by_role("button", name="Log out", exact=True).click()
    page.wait_for_url(stack.user_url + "/")


def _change_sessions(stack: Stack, visitor: Visitor, change: LiteralString) -> None:
    stack.sql(
        f"UPDATE sessions SET {change} WHERE owner_id = (SELECT id FROM users WHERE email = %s)",
        visitor.email,
    )


def _text(frame: str | bytes) -> str:
    return frame if isinstance(frame, str) else frame.decode(errors="replace")
