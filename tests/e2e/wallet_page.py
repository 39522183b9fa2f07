"""The wallet's pages as somebody uses them: by the names that a screen reader reads, never by classes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal

import httpx
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

from tests.browser import LAUNCH_ARGUMENTS, chromium_path
from tests.e2e.newcomers import newcomer
from tests.e2e.stack import Stack

PASSWORD = "correct horse"
SESSION_COOKIE = "user_app_session"
PATIENCE_MILLISECONDS = 15_000
"""How long a page may take on a machine that is busy with something else."""

# Every text that was in the page at any moment since its first byte, seen or hidden.
_RECORD = """
const everything = window.everything = [];
const look = () => {
  const text = document.body?.textContent ?? "";
  if (everything.at(-1) !== text) everything.push(text);
};
new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true });
"""

Bank = Literal["hdfc", "axis"]
Decision = Literal["Approve", "Decline"]

# What scripts can read of the cookies is nothing, on every page and as long as it is open.
_TELL_OF_COOKIES = """
for (const moment of ["load", "pagehide"])
  addEventListener(moment, () => { if (document.cookie) console.error("a script can read a cookie"); });
"""


@contextmanager
def patient_browser() -> Generator[Browser]:
    """A Chromium whose pages may take their time."""
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=LAUNCH_ARGUMENTS)
        yield browser
        browser.close()


class Visitor:
    """Somebody at a browser of their own: its cookies, its tabs, and all that it complained about."""

    def __init__(self, stack: Stack, browser: Browser, first_name: str = "Asha", *, email: str = "") -> None:
        self.stack = stack
        self.first_name = first_name
        self.email = email or f"{first_name.lower()}-{uuid.uuid4().hex[:8]}@people.example"
        self.complaints: list[str] = []
        self.context = browser.new_context(color_scheme="light")
        self.context.set_default_timeout(PATIENCE_MILLISECONDS)
        self.context.add_init_script(_TELL_OF_COOKIES)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.context.on("console", self._listen)

    def sign_up(self, *, phone: str = "") -> Page:
        """By the five fields of the page."""
        page = self.tab("/signup")
        for label, text in (
            ("First name", self.first_name),
            ("Last name", "Rao"),
            ("Email", self.email),
            ("Phone", phone),
            ("Password", PASSWORD),
        ):
            page.get_by_label(label, exact=True).fill(text)
        page.get_by_role("button", name="Sign up", exact=True).click()
        page.wait_for_url(self.stack.user_url + "/transfer")
        expect(balance(page)).to_be_visible(timeout=PATIENCE_MILLISECONDS)
        return page

    def sign_up_elsewhere(self) -> None:
        """Before this story begins: this browser has the session from now on."""
        token = newcomer(self.stack, self.email, self.first_name, PASSWORD).token
        self.context.add_cookies(
            [
                {
                    "name": SESSION_COOKIE,
                    "value": token,
                    "url": self.stack.user_url,
                    "httpOnly": True,
                    "sameSite": "Lax",
                }
            ]
        )

    def log_in_elsewhere(self, password: str = PASSWORD) -> None:
        """The login's form without its page."""
        self._send("/auth/login", {"email": self.email, "password": password, "next": ""})

    def tab(self, path: str = "/transfer") -> Page:
        """A new tab of this browser."""
        page = self.context.new_page()
        page.goto(self.stack.user_url + path)
        return page

    def cookie(self) -> str:
        """The value of the session's cookie, empty if there is none."""
        found = [one for one in self.context.cookies() if one.get("name") == SESSION_COOKIE]
        return found[0].get("value", "") if found else ""

    def may_complain_of(self, *fragments: str) -> None:
        """What the browser itself notes about an answer that this story wants."""
        self.complaints = [said for said in self.complaints if not any(one in said for one in fragments)]

    def balance_paise(self) -> int:
        """As the books have it."""
        rows = self.stack.rows(
            "SELECT balance_paise FROM balances JOIN users ON users.id = account_id WHERE email = %s",
            self.email,
        )
        return rows[0][0]

    def payments(self) -> list[tuple[str, str, int]]:
        """Id, status and paise of every attempt to add money, the oldest first."""
        rows = self.stack.rows(
            "SELECT on_ramps.id::text, on_ramps.status, amount_paise FROM on_ramps JOIN users"
            " ON users.id = user_id WHERE email = %s ORDER BY on_ramps.id",
            self.email,
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def records(self) -> None:
        """From now on each page of this browser keeps all that it has ever shown (`was_shown`)."""
        self.context.add_init_script(_RECORD)

    def leave(self) -> None:
        """Close every tab and the browser's memory."""
        self.context.close()

    def _send(self, path: str, fields: dict[str, str]) -> None:
        answer = self.context.request.post(
            self.stack.user_url + path,
            form={**fields},
            headers={"Origin": self.stack.user_url},
            max_redirects=0,
        )
        assert (answer.status, answer.headers["location"]) == (303, "/transfer")

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)


def balance(page: Page) -> Locator:
    return page.get_by_test_id("balance")


def history(page: Page) -> Locator:
    """The rows, the newest first."""
    return page.get_by_test_id("transaction")


def shows_balance(page: Page, amount: str) -> None:
    """Within some seconds, and by itself."""
    expect(balance(page)).to_have_text(amount, timeout=PATIENCE_MILLISECONDS)


def adding(page: Page) -> Locator:
    """The form that adds money."""
    return page.locator("form").filter(has=add_money_button(page))


def withdrawing(page: Page) -> Locator:
    """The form that takes money out."""
    return page.locator("form").filter(has=withdraw_button(page))


def withdraw_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Withdraw", exact=True, include_hidden=True)


def amount_field(page: Page) -> Locator:
    """How much to add."""
    return adding(page).get_by_label("Amount", exact=True)


def add_money_button(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile(r"^Add money"))


def add_money(page: Page, amount: str, bank: Bank = "hdfc") -> None:
    """From /transfer as far as the bank's page."""
    amount_field(page).fill(amount)
    adding(page).get_by_label("Bank", exact=True).select_option(bank)
    add_money_button(page).click()
    is_at_bank(page)


def is_at_bank(page: Page) -> None:
    expect(page.get_by_label("Customer ID", exact=True)).to_be_visible(timeout=PATIENCE_MILLISECONDS)


def decide(page: Page, button: Decision, customer: str = "9876500001") -> None:
    """At the bank: log in, press the button, and come back."""
    page.get_by_label("Customer ID", exact=True).fill(customer)
    page.get_by_label("Password", exact=True).fill("bank-demo-1")
    page.get_by_role("button", name="Log in", exact=True).click()
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_url(re.compile(r"/on-ramp\?id="))


def was_shown(page: Page) -> str:
    """All texts since the first paint, where the visitor `records`."""
    texts: list[str] = page.evaluate("window.everything")
    assert texts, "something was recorded"
    return "\n".join(texts)


def log_in(page: Page, visitor: Visitor, password: str = PASSWORD) -> None:
    """On the login page."""
    page.get_by_label("Email", exact=True).fill(visitor.email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in", exact=True).click()


def is_dead(stack: Stack, cookie: str) -> bool:
    """Whether this cookie opens nothing."""
    answer = httpx.get(stack.user_url + "/transfer", headers={"Cookie": f"{SESSION_COOKIE}={cookie}"})
    return answer.status_code == 303 and answer.headers["location"] == "/login?next=/transfer"


def problem_of(field: Locator) -> str:
    """The sentences that a screen reader reads with a field that is marked wrong; empty if it is not."""
    return field.evaluate(
        """field => {
          if (field.getAttribute("aria-invalid") !== "true") return "";
          const ids = (field.getAttribute("aria-describedby") ?? "").split(" ").filter(id => !id.endsWith("hint"));
          return ids.map(id => document.getElementById(id)?.innerText ?? "").join(" ").trim();
        }"""
    )
