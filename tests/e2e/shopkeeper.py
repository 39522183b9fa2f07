"""A shopkeeper at a browser of their own, and customers who pay them."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable

from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.e2e.newcomers import apart
from tests.e2e.stack import Stack
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS
from tests.shop_town import gives_back, paid
from tests.town import Books

PASSWORD = "samosa and chai"


class Shopkeeper:
    """Has opened a shop a moment ago; `complaints` are what the browser said of it."""

    def __init__(self, stack: Stack, browser: Browser, name: str = "Chai Point") -> None:
        self.stack = stack
        self.handle = f"shop{uuid.uuid4().hex[:8]}"
        self.email = f"{self.handle}@shops.example"
        self.complaints: list[str] = []
        self.context = browser.new_context(color_scheme="light")
        self.context.set_default_timeout(PATIENCE_MILLISECONDS)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.context.on("console", self._listen)
        answer = self.context.request.post(
            f"{stack.merchant_url}/auth/signup",
            form={"email": self.email, "name": name, "handle": self.handle, "password": PASSWORD},
            headers={"Origin": stack.merchant_url},
            max_redirects=0,
        )
        assert (answer.status, answer.headers["location"]) == (303, "/dashboard")
        [(self.merchant_id,)] = stack.rows("SELECT id FROM merchants WHERE handle = %s", self.handle)

    def tab(self, path: str = "/dashboard") -> Page:
        page = self.context.new_page()
        page.goto(self.stack.merchant_url + path)
        return page

    def is_paid(self, *paise: int, note: str | None = None, last_name: str = "Rao") -> None:
        """By one customer, so many times; the open pages are told once."""

        async def pay(books: Books) -> None:
            customer = await books.person(sum(paise) // 10**2 + 1, last_name=last_name)
            for one in paise:
                await paid(books, customer, self.merchant_id, one, note=note)
            books.notices.about([self.merchant_id])

        apart(self._with_books(pay))

    def gives_back(self, paise: int) -> None:
        """Of one payment that was so much or more."""

        async def refund(books: Books) -> None:
            assert await gives_back(books, self.merchant_id, paise)

        apart(self._with_books(refund))

    def may_complain_of(self, *fragments: str) -> None:
        """What the browser itself notes about a line that this story loses."""
        self.complaints = [said for said in self.complaints if not any(one in said for one in fragments)]

    def leave(self) -> None:
        self.context.close()

    async def _with_books(self, work: Callable[[Books], Awaitable[None]]) -> None:
        async with Books(self.stack.database_url) as books:
            await work(books)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)
