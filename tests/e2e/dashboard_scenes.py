"""The dashboard in its states, and people whose money has a past."""

from __future__ import annotations

import functools
import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from money.movements import Kind, Movement
from money.times import kolkata_day, kolkata_midnight
from tests.e2e.newcomers import apart
from tests.e2e.scenes import LONG_FIRST_NAME, LONG_LAST_NAME, Scene, Stage, before_data
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS, Visitor, balance
from tests.past import clerk_of
from tests.town import IN_FLIGHT, PROMOTIONS, Books, gift, move

_NAMES = ("Log out", "balance", "locked")
_LARGE_PAISE, _SMALL_PAISE = 45_67_890_12, 450_00


async def live_through(url: str, owner: uuid.UUID, *, days: int, largest_paise: int) -> None:
    """A gift on the first of so many days, and from then until now on some of them what happens to money."""
    dice = random.Random(days)
    today = kolkata_day(datetime.now(UTC))
    async with Books(url) as books, clerk_of(url) as clerk:
        other = await books.person(first_name="Meera", last_name="Iyer")
        for ago in range(days, -1, -1):
            # Not before a wallet of today was opened, nor in the future.
            moment = min(kolkata_midnight(today - timedelta(days=ago)), datetime.now(UTC)) + timedelta(
                hours=9 if ago else 0
            )
            if ago in {days, days // 2}:
                await clerk.posts(moment, gift(owner, largest_paise))
            if dice.random() < 0.7:
                await clerk.posts(moment, *_of_a_day(dice, owner, other, largest_paise))


def _of_a_day(dice: random.Random, owner: uuid.UUID, other: uuid.UUID, largest_paise: int) -> list[Movement]:
    amount = dice.randrange(1, largest_paise // 4)
    hold = move(Kind.HOLD, owner, IN_FLIGHT, amount)
    return dice.choice(
        [
            [move(Kind.SEND, owner, other, amount)],
            [move(Kind.SEND, other, owner, amount)],
            [move(Kind.PROMOTION, PROMOTIONS, owner, amount), move(Kind.SEND, owner, other, amount // 3)],
            [hold, move(Kind.RELEASE, IN_FLIGHT, owner, amount)],
        ]
    )


@functools.cache
def shopper(stage: Stage) -> Visitor:
    """Three weeks of small amounts."""
    visitor = stage.signed_up()
    apart(live_through(stage.stack.database_url, stage.owner(visitor), days=20, largest_paise=_SMALL_PAISE))
    return visitor


@functools.cache
def magnate(stage: Stage) -> Visitor:
    """More than a year of large amounts, and a long name."""
    visitor = stage.signed_up()
    stage.stack.sql(
        "UPDATE users SET first_name = %s, last_name = %s WHERE email = %s",
        LONG_FIRST_NAME,
        LONG_LAST_NAME,
        visitor.email,
    )
    apart(live_through(stage.stack.database_url, stage.owner(visitor), days=400, largest_paise=_LARGE_PAISE))
    return visitor


def home_of(visitor: Visitor) -> Page:
    page = visitor.tab("/dashboard")
    expect(balance(page)).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    return page


def choose(page: Page, how_far_back: str) -> None:
    button = page.get_by_role("button", name=how_far_back)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


def show_table(page: Page) -> None:
    page.get_by_text("Show these figures as a table").click()
    expect(page.get_by_role("table")).to_be_visible()


def _year_as_a_table(stage: Stage) -> Page:
    page = home_of(magnate(stage))
    choose(page, "12 months")
    show_table(page)
    return page


def _chosen_bar(stage: Stage) -> Page:
    page = home_of(shopper(stage))
    page.get_by_role("slider", name="Balance over time").press("ArrowLeft")
    return page


def _at_home(who: Callable[[Stage], Visitor]) -> Callable[[Stage], Page]:
    return lambda stage: home_of(who(stage))


DASHBOARD_SCENES = {
    "dashboard before data": Scene(before_data("/dashboard"), ("Log out",)),
    "dashboard, nothing yet": Scene(_at_home(lambda stage: stage.newcomer), _NAMES),
    "dashboard, three weeks": Scene(_at_home(shopper), _NAMES),
    "dashboard, a bar chosen": Scene(_chosen_bar, _NAMES),
    "dashboard, money on hold": Scene(_at_home(lambda stage: stage.rich), _NAMES),
    "dashboard, a year of large amounts": Scene(_year_as_a_table, _NAMES),
}
