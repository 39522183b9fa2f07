"""Open pages hang on either process of the web app: what changes reaches them all, and they outlive their process."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import cast

import httpx
import psutil
import pytest
from playwright.sync_api import expect
from redis import Redis

from deploy.local.member import Member
from tests.e2e.fleet_stack import FleetStack
from tests.e2e.sending_page import PAGE, confirm_button, has, is_done, known_as, look, sent_by
from tests.e2e.stack import wait_for
from tests.e2e.wallet_page import Visitor, add_money_button, amount_field, shows_balance

Visitors = Callable[..., Visitor]
_FIRST_BALANCE = "₹0.00"


def test_money_reaches_every_tab_whatever_process_it_hangs_on(house: FleetStack, visitors: Visitors) -> None:
    asha = known_as(house, visitors(), "Asha", "Everywhere")
    tabs = [asha.visitor.tab() for _ in range(4)]
    for tab in tabs:
        shows_balance(tab, _FIRST_BALANCE)
    assert all(_open_pages(one) for one in house.fleet.members("user_app")), "tabs hang on both"

    for sum_of_both in ("₹70.00", "₹140.00"):
        has(house, asha, 70)
        for tab in tabs:
            shows_balance(tab, sum_of_both)


@pytest.mark.parametrize("how", ["killed", "rolled"])
def test_what_a_tab_has_begun_outlives_its_process(house: FleetStack, visitors: Visitors, how: str) -> None:
    asha, ravi = (
        known_as(house, visitors(), "Asha", f"Rao{how}"),
        known_as(house, visitors("Ravi"), "Ravi", how),
    )
    has(house, asha, 1_000)
    page = asha.visitor.tab(f"{PAGE}?to={ravi.who.owner_id}")
    note = f"rent {uuid.uuid4().hex}"
    look(page, "300", note)
    # Reflex shows what has changed before it keeps it: whoever dies between the two leaves the form as it was before.
    wait_for(lambda: _is_kept(house, note), "what the page shows to be kept")

    if how == "rolled":
        house.fleet.roll("user_app")
    else:
        _kill_where_it_hangs(house)

    confirm_button(page).click()
    is_done(page)
    assert sent_by(house, asha) == [(300_00, note)]


def test_a_page_whose_process_dies_in_the_middle_of_a_press_can_be_used_at_once(
    house: FleetStack, visitors: Visitors
) -> None:
    asha = known_as(house, visitors(), "Asha", "Interrupted")
    page = asha.visitor.tab()
    shows_balance(page, _FIRST_BALANCE)

    with house.frozen("dummy_bank"):
        amount_field(page).fill("500")
        add_money_button(page).click()
        expect(add_money_button(page)).to_be_disabled()
        _kill_whom_it_hangs_on(house)
        # Reflex by itself waits ten seconds for whoever held the page.
        expect(add_money_button(page)).to_be_enabled(timeout=8_000)
    house.wait_until_ready()


def test_two_processes_send_once_what_is_confirmed_while_theirs_dies(
    house: FleetStack, visitors: Visitors
) -> None:
    asha, ravi = (
        known_as(house, visitors(), "Asha", "Often"),
        known_as(house, visitors("Ravi"), "Ravi", "Often"),
    )
    has(house, asha, 1_000)
    for number in range(3):
        page = asha.visitor.tab(f"{PAGE}?to={ravi.who.owner_id}")
        look(page, str(100 + number))
        confirm_button(page).evaluate("button => { for (let i = 0; i < 20; i++) button.click(); }")
        page.wait_for_timeout(number * 20)
        _kill_where_it_hangs(house)
        if confirm_button(page).is_visible():
            confirm_button(page).click()
        is_done(page)
        page.close()

    assert sent_by(house, asha) == [((100 + number) * 100, None) for number in range(3)]


def _kill_where_it_hangs(house: FleetStack) -> None:
    """And wait until there are two again."""
    _kill_whom_it_hangs_on(house)
    house.wait_until_ready()


def _kill_whom_it_hangs_on(house: FleetStack) -> None:
    """`kill -9` of the process that the only open page hangs on."""
    [busy] = [one for one in house.fleet.members("user_app") if _open_pages(one)]
    psutil.Process(busy.pid).kill()


def _is_kept(house: FleetStack, note: str) -> bool:
    """Whether Redis has the page where this was written."""
    with Redis.from_url(house.fleet.redis_url) as redis:
        pages = [cast("bytes | None", redis.get(key)) for key in redis.scan_iter("*sending", count=1_000)]
    return any(note.encode() in page for page in pages if page)


def _open_pages(one: Member) -> int:
    figures = httpx.get(f"{one.url}/metrics").text
    [pages] = re.findall(r"^batua_open_pages (\d+)", figures, re.MULTILINE)
    return int(pages)
