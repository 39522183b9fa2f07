"""A payment's page as a shop uses it, and what came of it in the books."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import psycopg
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.e2e.stack import Stack
from tests.e2e.tab import PASSWORD, Someone, sent, tell
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS

SESSION_COOKIE = "merchant_app_session"
_POST = """
SELECT outcome FROM post_transfers(
    %b::uuid[], %b::text[], %b::text[], %b::uuid[], %b::uuid[], %b::bigint[], ARRAY[NULL]::uuid[], %b::text[])
"""
_GIVEN = "SELECT amount_paise, reason FROM refunds WHERE payment_id = %s ORDER BY created_at"


def shop_opened(stack: Stack, name: str = "Chai Point") -> Someone:
    """A shop that has just signed up by the page's form."""
    handle = f"shop{uuid.uuid4().hex[:12]}"
    fields = {"email": f"{handle}@shops.example", "name": name, "handle": handle, "password": PASSWORD}
    answer = sent(stack.merchant_url, "/auth/signup", fields)
    [(shop_id,)] = stack.rows("SELECT id FROM merchants WHERE handle = %s", handle)
    given = [one.partition(";")[0] for one in answer.headers.get_list("set-cookie")]
    cookie = next(one for one in given if one.startswith(f"{SESSION_COOKIE}=") and one[-1] != "=")
    return Someone(shop_id, fields["email"], cookie)


def pays(stack: Stack, payer: Someone, shop: Someone, paise: int, note: str | None = None) -> uuid.UUID:
    """A payment through the ledger; both sides' open pages are told."""
    new = uuid.uuid4()
    columns = ([new], [f"payment:{new}"], ["payment"], [payer.owner_id], [shop.owner_id], [paise], [note])
    with psycopg.connect(stack.database_url) as connection:
        assert connection.execute(_POST, columns).fetchall() == [("posted",)]
    for one in (payer, shop):
        tell(stack, one)
    return new


def given_back(stack: Stack, payment: uuid.UUID) -> list[tuple[int, str]]:
    """Paise and reason of every refund of it, in order."""
    return [(row[0], row[1]) for row in stack.rows(_GIVEN, payment)]


@dataclass
class Counter:
    """A shop at a browser of its own, and all that it complained about."""

    stack: Stack
    shop: Someone
    context: BrowserContext
    complaints: list[str]

    def tab(self, path: str) -> Page:
        page = self.context.new_page()
        page.goto(self.stack.merchant_url + path)
        return page

    def payment(self, payment: uuid.UUID) -> Page:
        """Its page, read."""
        page = self.tab(f"/transactions/{payment}")
        expect(status(page)).to_be_visible(timeout=PATIENCE_MILLISECONDS)
        return page


Counters = Callable[[Someone], Counter]


@contextmanager
def counters_of(stack: Stack, browser: Browser) -> Generator[Counters]:
    """Makes browsers of shops; at the end none of them may have complained about anything."""
    made: list[Counter] = []
    with ExitStack() as open_ones:

        def counter(shop: Someone) -> Counter:
            context = open_ones.enter_context(browser.new_context(color_scheme="light"))
            name, _, value = shop.cookie.partition("=")
            context.add_cookies([{"name": name, "value": value, "url": stack.merchant_url, "httpOnly": True}])
            made.append(Counter(stack, shop, context, []))
            listen = made[-1].complaints

            def hear(message: ConsoleMessage) -> None:
                if message.type == "error":
                    listen.append(message.text)

            context.on("weberror", lambda error: listen.append(str(error.error)))
            context.on("console", hear)
            return made[-1]

        yield counter
    assert [one.complaints for one in made if one.complaints] == []


def status(page: Page) -> Locator:
    return page.get_by_test_id("status")


def amount_of(page: Page) -> Locator:
    return page.get_by_label("Amount", exact=True)


def reason_of(page: Page) -> Locator:
    return page.get_by_label("Reason", exact=True)


def refund_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Refund", exact=True)


def confirm_button(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^Confirm"))


def look(page: Page, amount: str, reason: str = "Sold out") -> None:
    """From the form to one look more."""
    amount_of(page).fill(amount)
    reason_of(page).fill(reason)
    refund_button(page).click()
    expect(confirm_button(page)).to_be_visible(timeout=PATIENCE_MILLISECONDS)


def ends(page: Page, words: str = "Refunded") -> None:
    expect(page.get_by_role("heading", name=words, exact=True)).to_be_visible(timeout=PATIENCE_MILLISECONDS)


def says(page: Page, words: str) -> None:
    expect(page.get_by_role("main")).to_contain_text(words, timeout=PATIENCE_MILLISECONDS)
