"""/p2ptransfer as somebody uses it, and what came of it in the books."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.e2e.stack import Stack
from tests.e2e.tab import Someone, give
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS, Visitor

PAGE = "/p2ptransfer"


@dataclass(frozen=True)
class Friend:
    """Somebody whose name nobody else has, so that they are found."""

    visitor: Visitor
    who: Someone
    name: str


def known_as(stack: Stack, visitor: Visitor, first_name: str, last_name: str) -> Friend:
    """Signed up, and renamed."""
    visitor.sign_up_elsewhere()
    stack.sql(
        "UPDATE users SET first_name = %s, last_name = %s WHERE email = %s",
        first_name,
        last_name,
        visitor.email,
    )
    [(user_id,)] = stack.rows("SELECT id FROM users WHERE email = %s", visitor.email)
    return Friend(visitor, Someone(user_id, visitor.email, visitor.cookie()), f"{first_name} {last_name}")


def has(stack: Stack, friend: Friend, rupees: int) -> None:
    give(stack, friend.who, rupees * 10**2)


def to_field(page: Page) -> Locator:
    return page.get_by_label("To", exact=True)


def amount_of(page: Page) -> Locator:
    return page.get_by_label("Amount", exact=True)


def note_of(page: Page) -> Locator:
    return page.get_by_label("Note", exact=True)


def send_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Send money", exact=True)


def confirm_button(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^Confirm"))


def choose(page: Page, friend: Friend) -> None:
    to_field(page).fill(friend.name)
    expect(page.get_by_text("1 found")).to_be_attached(timeout=PATIENCE_MILLISECONDS)
    page.get_by_role("link", name=friend.name).click()
    expect(amount_of(page)).to_be_visible(timeout=PATIENCE_MILLISECONDS)


def look(page: Page, amount: str, note: str = "") -> None:
    """From the form to one look more."""
    amount_of(page).fill(amount)
    note_of(page).fill(note)
    send_button(page).click()
    expect(page.get_by_role("heading", name="Is this right?")).to_be_visible(timeout=PATIENCE_MILLISECONDS)


def is_done(page: Page, words: str = "Sent") -> None:
    expect(page.get_by_role("heading", name=words, exact=True)).to_be_visible(timeout=PATIENCE_MILLISECONDS)


def says(page: Page, words: str) -> None:
    expect(page.get_by_role("main")).to_contain_text(words, timeout=PATIENCE_MILLISECONDS)


def sent_by(stack: Stack, friend: Friend) -> list[tuple[int, str | None]]:
    """Paise and note of all they have sent, in order."""
    rows = stack.rows(
        "SELECT amount_paise, note FROM transfers WHERE source_id = %s AND kind = 'send' ORDER BY created_at",
        friend.who.owner_id,
    )
    return [(row[0], row[1]) for row in rows]
