"""/pay and /scan as somebody uses them, shops to be paid, and what came of it in the books."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.e2e.scenes import apart
from tests.e2e.stack import Stack
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS
from tests.shop_town import shop
from tests.town import Books

PASSWORD = "correct horse"


@dataclass(frozen=True)
class Counter:
    """A shop with a handle of its own."""

    stack: Stack
    owner_id: uuid.UUID
    name: str
    handle: str

    @property
    def path(self) -> str:
        return f"/pay/{self.handle}"

    def was_paid(self) -> list[tuple[int, str | None]]:
        """Paise and note of all that came in, in order."""
        rows = self.stack.rows(
            "SELECT amount_paise, note FROM transfers WHERE target_id = %s AND kind = 'payment'"
            " ORDER BY created_at",
            self.owner_id,
        )
        return [(row[0], row[1]) for row in rows]


def open_counter(stack: Stack, name: str = "Chai Point", handle: str = "") -> Counter:
    """Nobody signs in to it."""
    handle = handle or f"shop{uuid.uuid4().hex[:8]}"

    async def opened() -> None:
        async with Books(stack.database_url) as books:
            await shop(books, name=name, handle=handle)

    apart(opened())
    [(owner_id,)] = stack.rows("SELECT id FROM merchants WHERE handle = %s", handle)
    return Counter(stack, owner_id, name, handle)


def sign_up_shop(stack: Stack, name: str = "Chai Point") -> tuple[Counter, str]:
    """By the merchants' own form; the session's cookie."""
    handle = f"shop{uuid.uuid4().hex[:8]}"
    fields = {"name": name, "handle": handle, "email": f"{handle}@shops.example", "password": PASSWORD}
    answer = httpx.post(
        f"{stack.merchant_url}/auth/signup", data=fields, headers={"Origin": stack.merchant_url}, timeout=20
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard")
    [(owner_id,)] = stack.rows("SELECT id FROM merchants WHERE handle = %s", handle)
    cookie = next(f"{name}={value}" for name, value in answer.cookies.items() if "session" in name)
    return Counter(stack, owner_id, name, handle), cookie


def amount_of(page: Page) -> Locator:
    return page.get_by_label("Amount", exact=True)


def note_of(page: Page) -> Locator:
    return page.get_by_label("Note", exact=True)


def pay_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Pay", exact=True)


def look(page: Page, amount: str, note: str = "") -> None:
    """From the form to one look more."""
    amount_of(page).fill(amount)
    note_of(page).fill(note)
    pay_button(page).click()
    expect(page.get_by_role("heading", name="Is this right?")).to_be_visible(timeout=PATIENCE_MILLISECONDS)


def picture_field(page: Page) -> Locator:
    return page.get_by_label("A picture of the code")


def handle_field(page: Page) -> Locator:
    return page.get_by_label("Shop's handle")
