"""No process of a web app is there: the proxy says so in a sentence, and all is well once one has come."""

from __future__ import annotations

import httpx

from tests.e2e.fleet_stack import FleetStack
from tests.e2e.stack import wait_for


def test_a_person_reads_what_to_do(house: FleetStack) -> None:
    house.fleet.remove(house.fleet.members("merchant_app"))

    answer = httpx.get(f"{house.merchant_url}/login", timeout=30)
    coming = [house.fleet.add("merchant_app") for _ in range(2)]
    house.fleet.wait_until_ready(coming)

    assert answer.status_code in {502, 503}
    assert "go back, look whether it was, and if not, try again" in answer.text
    wait_for(lambda: httpx.get(f"{house.merchant_url}/login", timeout=15).is_success, "the shops' pages")
