"""A shop at a browser of its own, with payments that people have made to it, on the pages that take money out."""

from __future__ import annotations

import uuid

import psycopg
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.e2e.stack import Stack
from tests.e2e.tab import PASSWORD, Someone, post_gift, signed_up, tell
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS

COOKIE = "merchant_app_session"
ACCOUNT, IFSC = "123456789012", "HDFC0001234"
_PAY = """
SELECT outcome FROM post_transfers(
    %b::uuid[], %b::text[], %b::text[], %b::uuid[], %b::uuid[], %b::bigint[], ARRAY[NULL]::uuid[], %b::text[])
"""


class ShopVisitor:
    """Signed in as a shop of its own; all that its browser complained about."""

    def __init__(self, stack: Stack, browser: Browser, name: str = "Chai Point") -> None:
        self.stack = stack
        self.handle = f"shop{uuid.uuid4().hex[:10]}"
        self.complaints: list[str] = []
        self.context = browser.new_context(color_scheme="light")
        self.context.set_default_timeout(PATIENCE_MILLISECONDS)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.context.on("console", self._listen)
        answer = self.context.request.post(
            stack.merchant_url + "/auth/signup",
            form={
                "email": f"{self.handle}@shops.example",
                "name": name,
                "handle": self.handle,
                "password": PASSWORD,
            },
            headers={"Origin": stack.merchant_url},
            max_redirects=0,
        )
        assert answer.status == 303, answer.text()
        [(self.id,)] = stack.rows("SELECT id FROM merchants WHERE handle = %s", self.handle)

    @property
    def someone(self) -> Someone:
        """As a tab without a browser needs it."""
        [cookie] = [one for one in self.context.cookies() if one.get("name") == COOKIE]
        return Someone(self.id, f"{self.handle}@shops.example", f"{COOKIE}={cookie.get('value')}")

    def is_paid(self, *rupees: int, note: str | None = None) -> list[uuid.UUID]:
        """By somebody who has so much; the payments."""
        payer = signed_up(self.stack, "Asha")
        new = [uuid.uuid4() for _ in rupees]
        with psycopg.connect(self.stack.database_url) as connection:
            post_gift(connection, payer, sum(rupees) * 10**2)
            count = len(rupees)
            columns = (
                new,
                [f"payment:{one}" for one in new],
                ["payment"] * count,
                [payer.owner_id] * count,
                [self.id] * count,
                [one * 10**2 for one in rupees],
                [note] * count,
            )
            assert connection.execute(_PAY, columns).fetchall() == [("posted",)] * count
        tell(self.stack, self.someone)
        return new

    def tab(self, path: str) -> Page:
        page = self.context.new_page()
        page.goto(self.stack.merchant_url + path)
        return page

    def status_of(self, path: str) -> int:
        """What a direct GET of this address answers."""
        return self.context.request.get(self.stack.merchant_url + path, max_redirects=0).status

    def balance_paise(self) -> int:
        return self.stack.rows("SELECT balance_paise FROM balances WHERE account_id = %s", self.id)[0][0]

    def leave(self) -> None:
        self.context.close()

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)


def fill(page: Page, amount: str, *, account: str = ACCOUNT) -> None:
    """The form of a withdrawal to a new account."""
    page.get_by_label("Amount", exact=True).fill(amount)
    page.get_by_label("Account number", exact=True).fill(account)
    page.get_by_label("IFSC", exact=True).fill(IFSC)


def make_due(stack: Stack, shop: ShopVisitor) -> None:
    """The plan's hour came at the beginning of today in Kolkata."""
    stack.sql(
        "UPDATE settlement_plans SET next_at = date_trunc('day', now(), 'Asia/Kolkata') WHERE merchant_id = %s",
        shop.id,
    )
