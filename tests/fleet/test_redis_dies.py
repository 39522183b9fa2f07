"""Redis dies and comes back empty: half-filled forms are gone, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import psutil
from playwright.sync_api import expect

from tests.e2e.fleet_stack import FleetStack
from tests.e2e.sending_page import PAGE, amount_of, confirm_button, has, is_done, known_as, look, sent_by
from tests.e2e.stack import Person, wait_for
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS, Visitor, shows_balance

Visitors = Callable[..., Visitor]


def test_money_goes_on_and_open_pages_recover(house: FleetStack, visitors: Visitors) -> None:
    asha = known_as(house, visitors(), "Asha", "Forgotten")
    ravi = known_as(house, visitors("Ravi"), "Ravi", "Forgotten")
    has(house, asha, 1_000)
    page, watched = asha.visitor.tab(f"{PAGE}?to={ravi.who.owner_id}"), asha.visitor.tab()
    look(page, "300")
    shows_balance(watched, "₹1,000.00")

    _kill_redis(house)
    caller = Person(house)
    assert caller.balance() == 0
    has(house, asha, 50)
    watched.bring_to_front()
    watched.evaluate("window.dispatchEvent(new Event('focus'))")
    shows_balance(watched, "₹1,050.00")

    page.bring_to_front()
    if confirm_button(page).is_visible():
        confirm_button(page).click()
    expect(
        page.get_by_role("heading", name="Sent", exact=True).or_(page.get_by_text("Nothing has")).first
    ).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    if not sent_by(house, asha):
        if amount_of(page).is_visible():
            look(page, "300")
        confirm_button(page).click()
        is_done(page)
    assert sent_by(house, asha) == [(300_00, None)]


def _kill_redis(house: FleetStack) -> None:
    redis = house.fleet.other("redis")
    dead = redis.pid
    psutil.Process(dead).kill()
    wait_for(lambda: redis.pid not in {0, dead}, "Redis to be started again")
    wait_for(lambda: httpx.get(f"{house.user_url}/login").is_success, "the pages")
