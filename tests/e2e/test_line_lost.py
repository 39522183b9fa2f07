"""Every page of a wallet loses its line and finds it again: it shows what happened, keeps what was chosen, works."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from money.rupees import Paise, format_rupees
from tests.e2e.line import MAY_LOSE_THE_LINE, find_the_line, lose_the_line
from tests.e2e.sending_page import confirm_button, is_done, look
from tests.e2e.stack import Stack, decide_at_bank, wait_for
from tests.e2e.tab import Someone, give, signed_in_again, signed_up
from tests.e2e.wallet_page import (
    PASSWORD,
    PATIENCE_MILLISECONDS,
    Visitor,
    add_money_button,
    amount_field,
    history,
    is_at_bank,
    shows_balance,
)
from tests.e2e.withdrawal_scenes import asked_for

_API = "/api/v1"


class Traveller:
    """Signed up once for all stories of this file; each of them leaves her with more money than before."""

    def __init__(self, stack: Stack, browser: Browser) -> None:
        self.stack = stack
        self.visitor = Visitor(stack, browser)
        self.visitor.sign_up_elsewhere()
        self.visitor.context.add_init_script(MAY_LOSE_THE_LINE)
        [(user_id,)] = stack.rows("SELECT id FROM users WHERE email = %s", self.visitor.email)
        self.who = Someone(user_id, self.visitor.email, self.visitor.cookie())

    def gets(self, rupees: int) -> str:
        """So much by the ledger; what her pages must then show."""
        give(self.stack, self.who, rupees * 10**2)
        return format_rupees(Paise(self.visitor.balance_paise()))

    def starts_to_add_money(self) -> dict[str, str]:
        """500 rupees, by a program of hers."""
        answer = httpx.post(
            f"{self.stack.user_url}{_API}/user/signin",
            json={"username": self.visitor.email, "password": PASSWORD},
            timeout=20,
        )
        started = httpx.post(
            f"{self.stack.user_url}{_API}/account/on-ramps",
            json={"bank": "hdfc", "amount": 500},
            headers={"Authorization": f"Bearer {answer.json()['token']}"},
            timeout=20,
        )
        assert started.status_code == 201, started.text
        return started.json()

    def adds_money(self, started: dict[str, str]) -> None:
        before = self.visitor.balance_paise()
        decide_at_bank(self.stack, started, "approve")
        wait_for(lambda: self.visitor.balance_paise() == before + 500_00, "the money in the books")

    def asks_for_a_withdrawal(self) -> tuple[Page, str]:
        """The page that follows it, and its id."""
        wanted = asked_for(self.stack, self.who.owner_id)
        page = self.visitor.tab(f"/withdrawal?id={wanted}")
        expect(page.get_by_role("main")).to_contain_text("in the queue", timeout=PATIENCE_MILLISECONDS)
        return page, wanted

    def status_of(self, withdrawal: str) -> str:
        return self.stack.rows("SELECT status FROM withdrawals WHERE id = %s", withdrawal)[0][0]

    @contextmanager
    def loses_the_line(self, page: Page) -> Generator[None]:
        """Found again at the end of the block, in the same document."""
        page.evaluate("window.isTheSame = true")
        lose_the_line(page)
        yield
        find_the_line(page)
        assert page.evaluate("window.isTheSame === true"), "without a reload"


@pytest.fixture(scope="module")
def asha(stack: Stack, browser: Browser) -> Generator[Traveller]:
    asha = Traveller(stack, browser)
    yield asha
    asha.visitor.leave()
    # What the browser itself says of a line that is lost.
    asha.visitor.may_complain_of("ws://localhost:1", "WebSocket")
    assert asha.visitor.complaints == []


def of_the_wallet(asha: Traveller) -> None:
    page = asha.visitor.tab("/transfer")
    amount_field(page).fill("500")
    expect(page.get_by_text("Five hundred rupees")).to_be_visible(timeout=PATIENCE_MILLISECONDS)

    with asha.loses_the_line(page):
        balance = asha.gets(100)

    shows_balance(page, balance)
    expect(amount_field(page)).to_have_value("500")
    expect(page.get_by_text("Five hundred rupees")).to_be_visible()
    add_money_button(page).click()
    is_at_bank(page)


def of_the_dashboard(asha: Traveller) -> None:
    asha.gets(10)
    page = asha.visitor.tab("/dashboard")
    page.get_by_role("button", name="12 months").click()
    is_chosen = page.get_by_role("button", pressed=True)
    expect(is_chosen).to_have_text("12 months", timeout=PATIENCE_MILLISECONDS)

    with asha.loses_the_line(page):
        balance = asha.gets(100)

    shows_balance(page, balance)
    expect(is_chosen).to_have_text("12 months")
    page.get_by_role("button", name="7 days").click()
    expect(is_chosen).to_have_text("7 days", timeout=PATIENCE_MILLISECONDS)


def of_sending(asha: Traveller) -> None:
    asha.gets(100)
    ravi = signed_up(asha.stack, "Ravi")
    page = asha.visitor.tab(f"/p2ptransfer?to={ravi.owner_id}")
    look(page, "7", "for chai")

    with asha.loses_the_line(page):
        balance = asha.gets(100)

    shows_balance(page, balance)
    confirm_button(page).click()
    is_done(page)


def of_searching_for_people(asha: Traveller) -> None:
    ravi = signed_up(asha.stack, "Ravindranath")
    page = asha.visitor.tab("/p2ptransfer")
    page.get_by_label("To", exact=True).fill("Ravindranath")
    found = page.get_by_role("link", name="Ravindranath Rao")
    expect(page.get_by_text("1 found")).to_be_attached(timeout=PATIENCE_MILLISECONDS)

    with asha.loses_the_line(page):
        balance = asha.gets(100)

    shows_balance(page, balance)
    expect(page.get_by_text("1 found")).to_be_attached()
    found.click()
    page.wait_for_url(f"**/p2ptransfer?to={ravi.owner_id}*")


def of_the_history(asha: Traveller) -> None:
    asha.gets(10)
    page = asha.visitor.tab("/transactions")
    page.get_by_label("Type", exact=True).select_option("promotion")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("1 chosen")).to_be_attached(timeout=PATIENCE_MILLISECONDS)
    newest = history(page).first

    with asha.loses_the_line(page):
        asha.gets(123)

    expect(newest).to_contain_text("+₹123.00", timeout=PATIENCE_MILLISECONDS)
    expect(page.get_by_text("1 chosen")).to_be_attached()
    page.get_by_label("Type", exact=True).select_option("payment")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("heading", name="Nothing here")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    # Whoever opens the page anew begins anew.
    page.reload()
    expect(newest).to_contain_text("+₹123.00", timeout=PATIENCE_MILLISECONDS)
    expect(page.get_by_text("1 chosen")).to_have_count(0)


def of_a_receipt(asha: Traveller) -> None:
    started = asha.starts_to_add_money()
    page = asha.visitor.tab(f"/transactions/{started['id']}")
    status = page.get_by_test_id("status")
    expect(status).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    expect(status).not_to_have_text("Done")

    with asha.loses_the_line(page):
        asha.adds_money(started)

    expect(status).to_have_text("Done", timeout=PATIENCE_MILLISECONDS)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download PDF").click()
    assert download.value.path().read_bytes().startswith(b"%PDF")


def of_settings(asha: Traveller) -> None:
    page = asha.visitor.tab("/settings")
    page.get_by_role("button", name="Send a code to this email").click()
    code = page.get_by_label("Code")
    expect(code).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    others = page.get_by_role("button", name=re.compile("^End (?!all)"))
    count = others.count()

    with asha.loses_the_line(page):
        assert signed_in_again(asha.stack, asha.who, PASSWORD)

    expect(others).to_have_count(count + 1, timeout=PATIENCE_MILLISECONDS)
    code.fill(asha.stack.latest_code(asha.visitor.email))
    page.get_by_role("button", name="Confirm").click()
    expect(code).to_have_count(0, timeout=PATIENCE_MILLISECONDS)
    page.get_by_role("button", name="End all others").click()
    expect(others).to_have_count(0, timeout=PATIENCE_MILLISECONDS)


def of_a_withdrawal(asha: Traveller) -> None:
    asha.gets(1_00_000)
    with asha.stack.frozen("withdraw_service"):
        page, wanted = asha.asks_for_a_withdrawal()
        lose_the_line(page)
    wait_for(lambda: asha.status_of(wanted) == "paid", "the withdrawal to be paid")
    find_the_line(page)

    expect(page.get_by_role("main")).to_contain_text("Paid to", timeout=PATIENCE_MILLISECONDS)
    page.get_by_role("link", name="Done").click()
    page.wait_for_url(f"{asha.stack.user_url}/transfer")


def of_a_withdrawal_in_the_queue(asha: Traveller) -> None:
    asha.gets(1_00_000)
    with asha.stack.frozen("withdraw_service"):
        page, wanted = asha.asks_for_a_withdrawal()

        with asha.loses_the_line(page):
            asha.gets(100)

        expect(page.get_by_text("₹100.00 arrived in your wallet.")).to_be_visible(
            timeout=PATIENCE_MILLISECONDS
        )
        page.get_by_role("button", name="Cancel, and keep the money").click()
        expect(page.get_by_role("main")).to_contain_text("cancelled", timeout=PATIENCE_MILLISECONDS)
    assert asha.status_of(wanted) == "cancelled"


def of_adding_money(asha: Traveller) -> None:
    started = asha.starts_to_add_money()
    page = asha.visitor.tab(f"/on-ramp?id={started['id']}")
    expect(page.get_by_role("main")).to_contain_text("has not", timeout=PATIENCE_MILLISECONDS)

    with asha.loses_the_line(page):
        asha.adds_money(started)

    expect(page.get_by_role("main")).to_contain_text("Added to your wallet", timeout=PATIENCE_MILLISECONDS)
    page.get_by_role("link", name="Done").click()
    page.wait_for_url(f"{asha.stack.user_url}/transfer")


_PAGES: tuple[Callable[[Traveller], None], ...] = (
    of_the_wallet,
    of_the_dashboard,
    of_sending,
    of_searching_for_people,
    of_the_history,
    of_a_receipt,
    of_settings,
    of_a_withdrawal,
    of_a_withdrawal_in_the_queue,
    of_adding_money,
)


@pytest.mark.parametrize("story", _PAGES, ids=lambda story: story.__name__)
def test_the_line_is_lost_and_found_and_the_page_is_true_and_works(asha: Traveller, story) -> None:
    story(asha)
