"""Behind a proxy with certificates: pages, forms, the bank's way back and websockets, all of it encrypted."""

from __future__ import annotations

import re
import ssl
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from deploy.local.fleet import running_fleet
from deploy.local.processes import Fleet
from tests.e2e.page_builds import furnish
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS, balance
from wallet.demo import PASSWORD


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, workshop: Path) -> Generator[Fleet]:
    data = tmp_path_factory.mktemp("tls") / "data"
    furnish(data, workshop=workshop)
    with running_fleet(data, tls=True, demo=True, each=1) as fleet:
        yield fleet


def test_somebody_logs_in_adds_money_and_sees_it_arrive(guarded: Fleet, browser: Browser) -> None:
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(f"{guarded.user_url}/login")
    page.get_by_label("Email", exact=True).fill("meera@batua.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url(f"{guarded.user_url}/transfer")
    expect(balance(page)).to_have_text("₹0.00", timeout=PATIENCE_MILLISECONDS)

    page.get_by_label("Amount", exact=True).first.fill("250")
    page.get_by_role("button", name="Add money", exact=True).click()
    page.get_by_label("Customer ID", exact=True).fill("9876500003")
    page.get_by_label("Password", exact=True).fill("bank-demo-1")
    page.get_by_role("button", name="Log in", exact=True).click()
    page.get_by_role("button", name="Approve", exact=True).click()
    page.wait_for_url(re.compile(r"/on-ramp\?id="))
    page.goto(f"{guarded.user_url}/transfer")
    expect(balance(page)).to_have_text("₹250.00", timeout=PATIENCE_MILLISECONDS)
    context.close()


def test_every_door_has_a_certificate_and_hides_what_is_for_those_inside(guarded: Fleet) -> None:
    with httpx.Client(verify=ssl.create_default_context(cafile=guarded.certificates)) as client:
        for url in (guarded.user_url, guarded.merchant_url):
            assert client.get(f"{url}/login").status_code == 200
        assert client.post(f"{guarded.webhook_url}/webhooks/hdfc", content=b"{}").status_code == 401
        for url in (guarded.user_url, guarded.merchant_url, guarded.webhook_url):
            for path in ("/metrics", "/readyz", "/healthz"):
                assert client.get(url + path).status_code == 404, (url, path)
