"""A bank that calls always finds one of the webhook servers, also while one dies in the middle of its call."""

from __future__ import annotations

import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psutil

from deploy.local.processes import Fleet
from tests.e2e.fleet_stack import FleetStack
from tests.e2e.stack import Person, decide_at_bank, wait_for

_PAYMENTS = 80
_MOST_PAYMENTS = 1_000
_WAVE = 20
_KILLS = 4
_RUPEES = 10


def test_no_event_meets_a_fault_while_one_of_both_is_killed_again_and_again(house: FleetStack) -> None:
    asha = Person(house)
    started = 0
    house.postman.answers.clear()
    house.postman.cut_off = 0

    with _killed_in_turn(house.fleet) as killed, ThreadPoolExecutor(8) as customers:
        # As many as it takes: a busy machine needs longer to start a successor.
        while started < _PAYMENTS or (killed["times"] < _KILLS and started < _MOST_PAYMENTS):
            wave = [asha.start_on_ramp(("hdfc", "axis")[number % 2], _RUPEES) for number in range(_WAVE)]
            started += _WAVE
            list(customers.map(lambda one: decide_at_bank(house, one, "approve"), wave))
        wait_for(lambda: len(house.postman.answers) >= started, "every event to be carried", 60)

    assert killed["times"] >= _KILLS
    assert (set(house.postman.answers), house.postman.cut_off) == ({200}, 0)
    asha.waits_for_balance(started * _RUPEES)
    assert house.verify()["ok"] is True


def test_no_event_meets_a_fault_while_both_are_replaced(house: FleetStack) -> None:
    asha = Person(house)
    started = [asha.start_on_ramp("hdfc", _RUPEES) for _ in range(_PAYMENTS)]
    house.postman.answers.clear()
    house.postman.cut_off = 0

    with ThreadPoolExecutor(4) as customers:
        decided = [customers.submit(decide_at_bank, house, one, "approve") for one in started]
        house.fleet.roll("webhook_server")
        for one in decided:
            one.result()
        wait_for(lambda: len(house.postman.answers) >= _PAYMENTS, "every event to be carried", 60)

    assert (set(house.postman.answers), house.postman.cut_off) == ({200}, 0)
    asha.waits_for_balance(_PAYMENTS * _RUPEES)


@contextmanager
def _killed_in_turn(fleet: Fleet) -> Generator[dict[str, int]]:
    """`kill -9` of one webhook server after the other; each comes back before its neighbour goes."""
    over, count = threading.Event(), {"times": 0}

    def kill() -> None:
        while not over.is_set():
            for one in fleet.members("webhook_server"):
                psutil.Process(one.pid).kill()
                count["times"] += 1
                wait_for(lambda one=one: bool(one.pid), "its successor")
                fleet.wait_until_ready()
                over.wait(0.3)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield count
    finally:
        over.set()
        thread.join()
