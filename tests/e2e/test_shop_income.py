"""A shopkeeper sees what comes in: on the dashboard, in the list, on the counter, aloud, and as a file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Generator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from money.times import kolkata_day
from tests.e2e.line import MAY_LOSE_THE_LINE, find_the_line, lose_the_line
from tests.e2e.shopkeeper import Shopkeeper
from tests.e2e.stack import Stack, wait_for
from tests.e2e.test_papers import downloaded, pages_of
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS, balance, history

Shopkeepers = Callable[..., Shopkeeper]

# A voice that writes down what it is given to say, for the tests' browser has none.
_WRITES_DOWN = """
window.spoken = [];
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: () => [], cancel() {},
  speak(words) { spoken.push(words.lang + ": " + words.text); setTimeout(() => words.onend?.(), 20); },
} });
"""


@pytest.fixture
def shopkeepers(stack: Stack, browser: Browser) -> Generator[Shopkeepers]:
    """Makes shopkeepers; at the end no browser of theirs may have complained about anything."""
    made: list[Shopkeeper] = []

    def shopkeeper(name: str = "Chai Point") -> Shopkeeper:
        made.append(Shopkeeper(stack, browser, name))
        return made[-1]

    yield shopkeeper
    for one in made:
        one.leave()
    assert [one.complaints for one in made if one.complaints] == []


def test_a_payment_appears_at_once_on_the_dashboard_in_the_list_and_on_the_counter(
    shopkeepers: Shopkeepers,
) -> None:
    chai, other = shopkeepers(), shopkeepers("Other")
    dashboard, payments, counter = (chai.tab(path) for path in ("/dashboard", "/transactions", "/counter"))
    elsewhere = other.tab("/transactions")
    expect(dashboard.get_by_role("link", name="Print your QR code")).to_be_visible(
        timeout=PATIENCE_MILLISECONDS
    )
    expect(payments.get_by_text("Nothing here")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    expect(counter.get_by_text("Waiting for the first payment")).to_be_visible(timeout=PATIENCE_MILLISECONDS)

    chai.is_paid(120_00, note="2 chai", last_name="Chattopadhyay")

    expect(dashboard.get_by_test_id("income-today")).to_have_text("₹120.00", timeout=PATIENCE_MILLISECONDS)
    expect(dashboard.get_by_test_id("income-month")).to_have_text("₹120.00", timeout=PATIENCE_MILLISECONDS)
    expect(balance(dashboard)).to_have_text("₹120.00", timeout=PATIENCE_MILLISECONDS)
    for page in (dashboard, payments, counter):
        expect(history(page)).to_have_count(1, timeout=PATIENCE_MILLISECONDS)
        expect(history(page)).to_contain_text("Asha C.")
        assert "Chattopadhyay" not in page.content()
    expect(counter.get_by_role("status").filter(has_text="Last payment")).to_contain_text("₹120.00")
    expect(history(payments)).to_contain_text("2 chai")

    chai.gives_back(20_00)

    expect(dashboard.get_by_test_id("income-today")).to_have_text("₹100.00", timeout=PATIENCE_MILLISECONDS)
    expect(history(payments)).to_have_count(2, timeout=PATIENCE_MILLISECONDS)
    expect(history(counter)).to_have_count(1, timeout=PATIENCE_MILLISECONDS)
    for words in ("₹120.00", "-₹20.00", "₹100.00"):
        expect(dashboard.get_by_role("definition").filter(has_text=words).first).to_be_visible(
            timeout=PATIENCE_MILLISECONDS
        )
    expect(elsewhere.get_by_text("Nothing here")).to_be_visible(timeout=PATIENCE_MILLISECONDS)


def test_each_payment_is_announced_once_and_in_order_whatever_happens_to_the_line(
    shopkeepers: Shopkeepers,
) -> None:
    chai = shopkeepers()
    chai.is_paid(99_00)
    chai.context.add_init_script(MAY_LOSE_THE_LINE + _WRITES_DOWN)
    counter, silent = chai.tab("/counter"), chai.tab("/counter")
    expect(history(counter)).to_have_count(1, timeout=PATIENCE_MILLISECONDS)
    expect(history(silent)).to_have_count(1, timeout=PATIENCE_MILLISECONDS)
    counter.get_by_label("Announce").select_option("In English")
    counter.get_by_role("button", name="Start announcing").click()

    chai.is_paid(120_00, 1_00, 50)
    said = [
        "en-IN: Received one hundred twenty rupees",
        "en-IN: Received one rupee",
        "en-IN: Received fifty paise",
    ]
    has_said(counter, said)
    lose_the_line(counter)
    chai.is_paid(20_00)
    counter.get_by_label("Announce").select_option("In Hindi (हिन्दी)")
    find_the_line(counter)
    chai.may_complain_of("ws://localhost:1")
    said.append("hi-IN: बीस रुपये प्राप्त हुए")
    has_said(counter, said)
    counter.get_by_role("button", name="Stop announcing").click()
    chai.is_paid(30_00)
    expect(history(counter)).to_have_count(6, timeout=PATIENCE_MILLISECONDS)
    counter.get_by_role("button", name="Start announcing").click()
    chai.is_paid(40_00)
    said.append("hi-IN: चालीस रुपये प्राप्त हुए")
    has_said(counter, said)

    expect(history(silent)).to_have_count(7, timeout=PATIENCE_MILLISECONDS)
    assert silent.evaluate("spoken") == []
    counter.reload()
    expect(counter.get_by_label("Announce")).to_have_value("hi-IN")
    assert counter.evaluate("spoken") == []


def has_said(page: Page, said: list[str]) -> None:
    wait_for(lambda: page.evaluate("spoken") == said, f"{said} to be said")


def test_what_was_chosen_comes_as_a_file_and_a_month_as_a_statement(
    stack: Stack, shopkeepers: Shopkeepers
) -> None:
    chai, other = shopkeepers("=Chai"), shopkeepers("Other")
    chai.is_paid(1_20, note="=1+1")
    chai.is_paid(2_40, note="plain")
    page = chai.tab("/transactions")
    expect(history(page)).to_have_count(2, timeout=PATIENCE_MILLISECONDS)

    page.get_by_label("Search").fill("=1")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(history(page)).to_have_count(1, timeout=PATIENCE_MILLISECONDS)
    name, file = downloaded(page, "Download CSV")
    paper_name, paper = downloaded(page, "Download PDF")

    assert name == "batua-transactions.csv"
    [_, row] = csv.reader(io.StringIO(file.decode("utf-8-sig")))
    assert row[1:6] == ["Payment", "Asha R.", "'=1+1", "1.20", "1.20"]
    assert paper_name == f"batua-statement-{kolkata_day(datetime.now(UTC)):%Y-%m}.pdf"
    [text] = pages_of(paper)
    assert "=Chai" in text
    assert "₹3.60" in text
    theirs = other.context.request.get(f"{stack.merchant_url}/files/transactions.csv")
    assert theirs.text().count("\n") == 1
    # A shop's session opens nothing of the people's app.
    crossed = chai.context.request.get(f"{stack.user_url}/files/transactions.csv", max_redirects=0)
    assert crossed.status == 303


def test_the_stretch_of_days_is_chosen_and_stays_when_something_comes_in(shopkeepers: Shopkeepers) -> None:
    chai = shopkeepers()
    chai.is_paid(120_00)
    page = chai.tab()
    year = page.get_by_role("button", name="This financial year")

    year.click()
    expect(year).to_have_attribute("aria-pressed", "true")
    chai.is_paid(30_00)

    expect(page.get_by_role("definition").filter(has_text="₹150.00").first).to_be_visible(
        timeout=PATIENCE_MILLISECONDS
    )
    expect(year).to_have_attribute("aria-pressed", "true")
    by_day = page.get_by_role("slider", name="Income by day")
    by_day.press("ArrowLeft")
    expect(by_day).to_have_attribute("aria-valuetext", re.compile(r": ₹0\.00 from no payments$"))
