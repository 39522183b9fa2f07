"""A release replaces everything, one service after the other, and goes back again, while people and banks go on."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from bench.crowd import gather
from bench.journal import check
from bench.mixed_load import Doors, load_running
from deploy.local.member import SERVICES
from tests.e2e.fleet_stack import FleetStack
from tests.fleet.next_release import Release

_PER_SECOND = 50
_SECONDS = 60
_MOST_PUT_OFF = 0.01


def test_no_request_is_lost_while_a_release_comes_and_goes_back(house: FleetStack, release: Release) -> None:
    fleet, doors = house.fleet, house.fleet.doors
    # Apart: Playwright has an event loop of its own in this thread.
    with ThreadPoolExecutor(1) as apart:
        crowd = apart.submit(gather, house.database_url, secret=house.secrets["JWT_SECRET"]).result()
    before = {one.pid for name in SERVICES for one in fleet.members(name)}
    house.postman.answers.clear()
    house.postman.cut_off = 0

    with load_running(
        Doors(doors["user_app"], doors["merchant_app"], doors["dummy_bank"]), crowd, rate=_PER_SECOND
    ) as load:
        until = time.monotonic() + _SECONDS
        for name in SERVICES:
            fleet.roll(name, code=release.code, folder=release.folder)
        assert "Add some money" in _scripts(house)
        for name in SERVICES:
            fleet.roll(name)
        time.sleep(max(0.0, until - time.monotonic()))

    report = load.report
    assert not before & {one.pid for name in SERVICES for one in fleet.members(name)}
    assert report.answered_at_once.total() > _PER_SECOND * _SECONDS / 2
    assert (report.cut, report.unanswered) == ({}, {})
    # What is said by a 503 on a busy machine (come again, nothing has moved) was answered when it came again.
    assert {one.rpartition(" ")[2] for one in report.failed} <= {"503"}, report.failed
    assert report.failed.total() <= report.answered_at_once.total() * _MOST_PUT_OFF, report.failed
    assert (set(house.postman.answers), house.postman.cut_off) == ({200}, 0)
    assert check(report.journal, crowd, house.database_url) == []


def _scripts(house: FleetStack) -> str:
    """All that the page of a stranger names, as text."""
    page = httpx.get(f"{house.user_url}/").text
    names = set(re.findall(r"/assets/[^\"]+\.js", page))
    return page + "".join(httpx.get(house.user_url + name).text for name in names)
