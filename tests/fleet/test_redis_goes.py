"""Redis dies, or hangs: money goes on moving, and open pages recover without anybody starting a process again."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

import httpx
import psutil

from tests.e2e.fleet_stack import FleetStack
from tests.e2e.sending_page import PAGE, confirm_button, has, is_done, known_as, look, sent_by
from tests.e2e.stack import Person, decide_at_bank, wait_for
from tests.e2e.wallet_page import Visitor, shows_balance

Visitors = Callable[..., Visitor]


def test_a_page_goes_on_after_redis_has_died_and_forgotten_everything(
    house: FleetStack, visitors: Visitors
) -> None:
    asha, ravi = (
        known_as(house, visitors(), "Asha", "Forgotten"),
        known_as(house, visitors("Ravi"), "Ravi", "Forgotten"),
    )
    has(house, asha, 100)
    tab, sending = asha.visitor.tab(), asha.visitor.tab(f"{PAGE}?to={ravi.who.owner_id}")
    shows_balance(tab, "₹100.00")
    processes = _web_processes(house)

    _kill_redis(house)
    has(house, asha, 70)

    shows_balance(tab, "₹170.00")
    sending.reload()
    look(sending, "30")
    confirm_button(sending).click()
    is_done(sending)
    shows_balance(tab, "₹140.00")
    assert sent_by(house, asha) == [(30_00, None)]
    assert _web_processes(house) == processes, "nothing was started again but Redis"


def test_money_moves_and_events_are_taken_while_redis_hangs(house: FleetStack) -> None:
    asha, ravi = Person(house), Person(house, "Ravi")
    [(ravis_id,)] = house.rows("SELECT id::text FROM users WHERE email = %s", ravi.email)

    with _redis_hangs(house):
        started = asha.start_on_ramp("hdfc", 250)
        decide_at_bank(house, started, "approve")
        asha.waits_for_balance(250)
        sent = asha.moves("transfer", to=ravis_id, amount=20)
        taken = asha.moves(
            "withdrawals", bank="hdfc", accountNumber="123456789012", ifsc="HDFC0ABC123", amount=30
        )
        ready = [httpx.get(f"{one.url}/readyz").status_code for one in house.fleet.members("user_app")]

    assert (sent.status_code, taken.status_code) == (200, 201)
    paid = "SELECT status FROM withdrawals WHERE id = %s"
    wait_for(lambda: house.rows(paid, taken.json()["id"]) == [("paid",)], "the withdrawal to be paid")
    assert (asha.balance(), ravi.balance()) == (200, 20)
    assert ready == [200, 200], "the balancer must not shut the wallet because of Redis"
    assert house.verify()["ok"] is True


def test_a_page_catches_up_when_redis_no_longer_hangs(house: FleetStack, visitors: Visitors) -> None:
    asha = known_as(house, visitors(), "Asha", "Patient")
    tab = asha.visitor.tab()
    shows_balance(tab, "₹0.00")
    processes = _web_processes(house)

    with _redis_hangs(house):
        has(house, asha, 70)
        tab.wait_for_timeout(3_000)

    shows_balance(tab, "₹70.00")
    assert _web_processes(house) == processes


def _web_processes(house: FleetStack) -> list[int]:
    return [one.pid for name in ("user_app", "merchant_app") for one in house.fleet.members(name)]


def _kill_redis(house: FleetStack) -> None:
    """`kill -9`; the fleet starts it again, empty."""
    before = house.fleet.other("redis").pid
    psutil.Process(before).kill()
    wait_for(lambda: house.fleet.other("redis").pid not in {0, before}, "another Redis", 20)


@contextmanager
def _redis_hangs(house: FleetStack) -> Generator[None]:
    """It takes connections and answers nothing."""
    redis = psutil.Process(house.fleet.other("redis").pid)
    redis.suspend()
    try:
        yield
    finally:
        redis.resume()
