"""A person takes paper home: a receipt, a monthly statement, a list for a spreadsheet; and the page stays as it was."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pypdf
from playwright.sync_api import Page, expect

from money.times import kolkata_day
from tests.e2e.stack import Stack
from tests.e2e.tab import Someone, give
from tests.e2e.wallet_page import Visitor


def test_a_statement_of_the_chosen_month_comes_as_a_file(
    stack: Stack, visitors: Callable[..., Visitor]
) -> None:
    asha = visitors()
    asha.sign_up_elsewhere()
    give(stack, someone(stack, asha), 1_234_50)
    page = asha.tab("/transactions")
    today = kolkata_day(datetime.now(UTC))

    expect(page.get_by_label("Month")).to_have_value(f"{today:%Y-%m}")
    name, file = downloaded(page, "Download PDF")

    assert name == f"batua-statement-{today:%Y-%m}.pdf"
    [paper] = pages_of(file)
    assert "Asha Rao" in paper
    assert paper.count("₹1,234.50") >= 3
    # The page still listens: what arrives now is shown.
    give(stack, someone(stack, asha), 55_00)
    expect(page.get_by_test_id("transaction")).to_have_count(2)
    name, file = downloaded(page, "Download CSV")
    assert name == "batua-transactions.csv"
    assert file.decode("utf-8-sig").count("\r\n") == 3


def test_a_receipt_can_be_kept(stack: Stack, visitors: Callable[..., Visitor]) -> None:
    asha = visitors()
    asha.sign_up_elsewhere()
    give(stack, someone(stack, asha), 1_234_50)
    page = asha.tab("/transactions")
    page.get_by_test_id("transaction").first.get_by_role("link").click()
    expect(page.get_by_test_id("status")).to_have_text("Done")
    number = page.url.rpartition("/")[2]

    name, file = downloaded(page, "Download PDF")

    assert name == f"batua-receipt-{number}.pdf"
    [paper] = pages_of(file)
    assert "+₹1,234.50" in paper
    assert number in paper


def downloaded(page: Page, button: str) -> tuple[str, bytes]:
    with page.expect_download() as caught:
        page.get_by_role("button", name=button, exact=True).click()
    return caught.value.suggested_filename, Path(caught.value.path()).read_bytes()


def pages_of(paper: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper)).pages]


def someone(stack: Stack, visitor: Visitor) -> Someone:
    [(owner,)] = stack.rows("SELECT id FROM users WHERE email = %s", visitor.email)
    return Someone(owner, visitor.email, visitor.cookie())
