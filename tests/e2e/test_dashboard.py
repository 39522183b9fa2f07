"""Asha looks at her money over time: the figures are those of the books, by eye, by key and as a table, and stay so."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from money.rupees import format_rupees
from money.times import day_words, kolkata_day, kolkata_midnight
from tests.e2e.dashboard_scenes import choose, home_of, live_through, show_table
from tests.e2e.stack import Stack
from tests.e2e.wallet_page import Visitor, history, shows_balance
from tests.past import clerk_of
from tests.town import Books, gift

Visitors = Callable[..., Visitor]
_MARK, _IS_MARKED = "window.notReloaded = true", "window.notReloaded === true"
TODAY = re.compile("^Today, ")


@pytest.fixture
def asha(visitors: Visitors) -> Visitor:
    asha = visitors()
    asha.sign_up_elsewhere()
    return asha


def test_a_newcomer_is_told_the_next_step_instead_of_a_chart(asha: Visitor) -> None:
    page = home_of(asha)

    expect(page.get_by_role("slider")).to_have_count(0)
    expect(page.get_by_role("heading", name="Nothing to draw yet")).to_be_visible()
    page.get_by_role("link", name="Add your first money").click()
    page.wait_for_url("**/transfer")


def test_a_stranger_is_sent_to_the_login_and_brought_back(stack: Stack) -> None:
    answer = httpx.get(f"{stack.user_url}/dashboard")

    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/dashboard")


def test_every_figure_of_the_table_is_what_the_books_say(stack: Stack, asha: Visitor) -> None:
    apart(live_through, stack, owner_of(stack, asha), days=40, largest_paise=9_999_99)
    page = home_of(asha)
    choose(page, "30 days")
    show_table(page)

    rows = table_of(page)
    today = kolkata_day(datetime.now(UTC))
    assert len(rows) == 30
    for ago, (name, *cells) in enumerate(rows):
        day = today - timedelta(days=ago)
        assert name == day_words(day)
        assert cells == of_the_books(stack, asha, day)
    assert rows[0][3] == format_rupees(asha.balance_paise())
    expect(history(page)).to_have_count(5)


def test_the_keyboard_steps_through_the_bars_and_changes_the_range(stack: Stack, asha: Visitor) -> None:
    yesterday = kolkata_midnight(kolkata_day(datetime.now(UTC)) - timedelta(days=1))
    apart_gift(stack, owner_of(stack, asha), 12_34_567_89, yesterday)
    page = home_of(asha)
    button = page.get_by_role("button", name="7 days")

    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    bars = slider(page)
    bars.focus()
    expect(bars).to_have_attribute("aria-valuetext", re.compile(r"^Today, .*: ₹12,34,567\.89$"))
    for _ in range(2):
        page.keyboard.press("ArrowLeft")

    before = day_words(kolkata_day(datetime.now(UTC)) - timedelta(days=2))
    expect(bars).to_have_attribute("aria-valuetext", f"{before}: ₹0.00")
    expect(page.get_by_text(before, exact=True).locator("visible=true")).to_have_count(1)
    page.keyboard.press("Home")
    page.keyboard.press("End")
    expect(bars).to_have_attribute("aria-valuetext", TODAY)


def test_a_mouse_reads_a_bar_and_leaves_it(stack: Stack, asha: Visitor) -> None:
    apart_gift(stack, owner_of(stack, asha), 5_000_00, datetime.now(UTC))
    page = home_of(asha)
    choose(page, "7 days")
    bars = slider(page)
    bars.scroll_into_view_if_needed()
    box = bars.bounding_box()
    assert box

    page.mouse.move(box["x"] + 2, box["y"] + box["height"] / 2)
    first = day_words(kolkata_day(datetime.now(UTC)) - timedelta(days=6))
    expect(bars).to_have_attribute("aria-valuetext", f"{first}: ₹0.00")
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 2)
    expect(bars).to_have_attribute("aria-valuetext", re.compile(r"^Today, .*: ₹5,000\.00$"))
    page.mouse.move(0, 0)
    expect(page.locator("[data-chosen]")).to_have_count(0)


def test_money_that_arrives_changes_the_bars_without_a_reload(stack: Stack, asha: Visitor) -> None:
    page = home_of(asha)
    page.evaluate(_MARK)
    expect(page.get_by_role("heading", name="Nothing to draw yet")).to_be_visible()

    for paise, shown in ((500_00, "₹500.00"), (1_00_000_00, "₹1,00,500.00")):
        arrives(stack, owner_of(stack, asha), paise)

        shows_balance(page, shown)
        expect(page.locator("[data-bar]").nth(29)).to_contain_text(shown)
    expect(history(page)).to_have_count(2)
    show_table(page)
    assert table_of(page)[0][1:] == ["₹1,00,500.00", "₹0.00", "₹1,00,500.00"]
    assert page.evaluate(_IS_MARKED)


def test_hidden_amounts_are_hidden_in_the_charts_as_well(stack: Stack, asha: Visitor) -> None:
    apart_gift(stack, owner_of(stack, asha), 4_321_00, datetime.now(UTC))
    page = home_of(asha)
    shown = page.get_by_text("₹4,321.00", exact=True).locator("visible=true")
    expect(shown).not_to_have_count(0)

    page.get_by_role("button", name="Hide amounts").click()

    expect(shown).to_have_count(0)


def test_home_is_the_first_place_and_money_can_be_sent_anywhere_from_there(asha: Visitor) -> None:
    page = asha.tab()
    page.get_by_role("navigation", name="Main").get_by_role("link").first.click()
    page.wait_for_url("**/dashboard")

    places = page.get_by_role("navigation", name="Shortcuts").get_by_role("link")
    expect(places).to_have_text(["Add money", "Send money", "Withdraw", "History"])
    assert [one.get_attribute("href") for one in places.all()] == [
        "/transfer", "/p2ptransfer", "/transfer", "/transactions",
    ]  # fmt: skip


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Balance over time")


def table_of(page: Page) -> list[list[str]]:
    return [row.locator("th, td").all_inner_texts() for row in page.locator("tbody tr").all()]


def owner_of(stack: Stack, visitor: Visitor) -> uuid.UUID:
    return stack.rows("SELECT id FROM users WHERE email = %s", visitor.email)[0][0]


def of_the_books(stack: Stack, visitor: Visitor, day: object) -> list[str]:
    """In, out and balance of a day, from the entries; here what came back did so on its own day."""
    found = stack.rows(
        """
        WITH mine AS (
            SELECT e.number, e.amount_paise, e.balance_after_paise, t.kind,
                   (e.created_at AT TIME ZONE 'Asia/Kolkata')::date AS day
              FROM entries e JOIN transfers t ON t.id = e.transfer_id
             WHERE e.account_id = %s AND (e.created_at AT TIME ZONE 'Asia/Kolkata')::date <= %s)
        SELECT coalesce(sum(amount_paise) FILTER (WHERE day = %s AND amount_paise > 0 AND kind <> 'release'), 0),
               coalesce(-sum(amount_paise) FILTER (WHERE day = %s AND (amount_paise < 0 OR kind = 'release')), 0),
               coalesce((SELECT balance_after_paise FROM mine ORDER BY number DESC LIMIT 1), 0)
          FROM mine
        """,
        owner_of(stack, visitor),
        day,
        day,
        day,
    )
    return [format_rupees(int(paise)) for paise in found[0]]


def apart(work: Callable[..., object], stack: Stack, owner: uuid.UUID, **others: int) -> None:
    """Playwright has an event loop of its own in this thread."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work(stack.database_url, owner, **others)).result()  # pyright: ignore[reportArgumentType] # coroutines


def apart_gift(stack: Stack, owner: uuid.UUID, paise: int, moment: datetime) -> None:
    async def give(url: str, owner: uuid.UUID) -> None:
        async with clerk_of(url) as clerk:
            await clerk.posts(moment, gift(owner, paise))

    apart(give, stack, owner)


def arrives(stack: Stack, owner: uuid.UUID, paise: int) -> None:
    """As a bank's word does it, with the notice to the pages."""

    async def arrive(url: str, owner: uuid.UUID) -> None:
        async with Books(url) as books:
            await books.credited(owner, paise)
            books.notices.about([owner])

    apart(arrive, stack, owner)
