"""Asha pays a shop: by its link, by its code, by its handle; once, whatever is pressed; and never by another's code."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import segno
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser import LAUNCH_ARGUMENTS, chromium_path
from tests.e2e.paying_page import (
    Counter,
    amount_of,
    handle_field,
    look,
    note_of,
    open_counter,
    pay_button,
    picture_field,
    sign_up_shop,
)
from tests.e2e.sending_page import Friend, confirm_button, has, is_done, known_as, says
from tests.e2e.stack import Stack
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS, Visitor, history, log_in, shows_balance

Visitors = Callable[..., Visitor]
_TWENTY_TIMES = "button => { for (let i = 0; i < 20; i++) button.click() }"
_NO_SHOPS_CODE = "This is not the code of a shop on Batua"


@pytest.fixture
def asha(stack: Stack, visitors: Visitors) -> Friend:
    asha = known_as(stack, visitors(), "Asha", f"Rao{uuid.uuid4().hex[:6]}")
    has(stack, asha, 5_000)
    return asha


@pytest.fixture
def chai_point(stack: Stack) -> Counter:
    return open_counter(stack)


def picture(text: str) -> FilePayload:
    """As a phone would photograph it: somewhere on a larger sheet, a little turned."""
    drawn = io.BytesIO()
    segno.make_qr(text, error="M").save(drawn, kind="png", scale=12)
    code = Image.open(drawn).convert("RGB").rotate(7, expand=True, fillcolor="white")
    return FilePayload(name="code.jpg", mimeType="image/jpeg", buffer=_on_a_sheet(code, (1200, 900), "JPEG"))


def _on_a_sheet(code: Image.Image, size: tuple[int, int], kind: str) -> bytes:
    sheet = Image.new("RGB", size, "grey")
    sheet.paste(code, ((size[0] - code.width) // 2, (size[1] - code.height) // 2))
    file = io.BytesIO()
    sheet.save(file, kind)
    return file.getvalue()


def test_a_stranger_looks_at_a_shop_logs_in_and_pays_what_the_link_suggests(
    stack: Stack, asha: Friend, chai_point: Counter
) -> None:
    visitor = asha.visitor
    visitor.context.clear_cookies()
    page = visitor.tab(f"{chai_point.path}?amount=120")
    expect(page.get_by_role("heading", name="Chai Point")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    says(page, f"@{chai_point.handle}")
    says(page, "Suggested by the link: ₹120.00; change it if it is wrong.")
    expect(amount_of(page)).to_have_count(0)

    page.get_by_role("link", name="Log in to pay").click()
    log_in(page, visitor)
    expect(amount_of(page)).to_have_value("120", timeout=PATIENCE_MILLISECONDS)
    says(page, "Suggested by the link: ₹120.00")
    note_of(page).fill("Two teas")
    pay_button(page).click()
    says(page, "One hundred twenty rupees")
    says(page, "₹4,880.00")
    confirm_button(page).click()
    is_done(page, "Paid")

    assert chai_point.was_paid() == [(120_00, "Two teas")]
    page.get_by_role("link", name="View receipt").click()
    expect(page.get_by_test_id("status")).to_have_text("Done", timeout=PATIENCE_MILLISECONDS)
    says(page, "Chai Point")
    page.get_by_role("link", name="Pay this shop again").click()
    expect(amount_of(page)).to_have_value("", timeout=PATIENCE_MILLISECONDS)
    page.goto(stack.user_url + "/transactions")
    expect(history(page).first).to_contain_text("Chai Point", timeout=PATIENCE_MILLISECONDS)
    expect(history(page).first).to_contain_text("Paid: Two teas")


def test_twenty_clicks_and_a_second_tab_of_the_same_address_pay_once(
    asha: Friend, chai_point: Counter
) -> None:
    page = asha.visitor.tab(chai_point.path)
    expect(amount_of(page)).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    page.wait_for_url(re.compile("intent="))
    other = asha.visitor.context.new_page()
    other.goto(page.url)
    amount_of(page).fill("300")
    pay_button(page).evaluate(_TWENTY_TIMES)
    look(other, "200")
    for tab in (page, other):
        confirm_button(tab).evaluate(_TWENTY_TIMES)
        is_done(tab, "Paid")
    says(other, "This was paid already, and was not paid again.")
    page.reload()
    is_done(page, "Paid")

    assert chai_point.was_paid() == [(300_00, None)]
    shows_balance(asha.visitor.tab(), "₹4,700.00")


def test_the_code_from_the_shops_own_page_leads_back_to_it(stack: Stack, asha: Friend) -> None:
    shop, cookie = sign_up_shop(stack, "Zaveri & Sons <b>")
    drawn = httpx.get(
        f"{stack.merchant_url}/code/qr.png", params={"amount": "45.50"}, headers={"Cookie": cookie}
    )
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/png")

    page = asha.visitor.tab("/scan")
    picture_field(page).set_input_files(
        FilePayload(name="code.png", mimeType="image/png", buffer=drawn.content)
    )
    page.wait_for_url(re.compile(re.escape(shop.path)))
    expect(amount_of(page)).to_have_value("45.50", timeout=PATIENCE_MILLISECONDS)
    says(page, "Zaveri & Sons <b>")
    pay_button(page).click()
    confirm_button(page).click()
    is_done(page, "Paid")

    assert shop.was_paid() == [(45_50, None)]


def test_every_other_code_and_picture_is_answered_with_a_sentence_and_opens_nothing(
    stack: Stack, asha: Friend, chai_point: Counter
) -> None:
    page = asha.visitor.tab("/scan")
    expect(picture_field(page)).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    blank = _on_a_sheet(Image.new("RGB", (10, 10), "white"), (300, 300), "JPEG")
    for chosen, sentence in (
        (picture(f"https://evil.example{chai_point.path}"), _NO_SHOPS_CODE),
        (picture("upi://pay?pa=chai@bank&am=100"), _NO_SHOPS_CODE),
        (picture(f"{stack.user_url}/pay/nobodyhere"), "There is no shop with this handle"),
        (FilePayload(name="a.jpg", mimeType="image/jpeg", buffer=blank), "There is no code to be seen"),
        (FilePayload(name="a.png", mimeType="image/png", buffer=b"<svg/>"), "This file is no picture"),
    ):
        picture_field(page).set_input_files(chosen)
        expect(page.get_by_text(sentence)).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    handle_field(page).fill("nobody here")
    handle_field(page).press("Enter")
    expect(handle_field(page)).to_have_attribute("aria-invalid", "true")
    assert page.url == stack.user_url + "/scan"

    picture_field(page).set_input_files(picture(f"{stack.user_url}{chai_point.path}"))
    page.wait_for_url(re.compile(re.escape(chai_point.path)))


def test_a_typed_handle_leads_to_the_shop(asha: Friend, chai_point: Counter) -> None:
    page = asha.visitor.tab("/p2ptransfer")
    page.get_by_role("link", name="Scan or pay a shop").click()
    handle_field(page).fill(f"@{chai_point.handle.upper()}")
    page.get_by_role("button", name="Find the shop").click()
    page.wait_for_url(re.compile(re.escape(chai_point.path)))
    look(page, "1")


def test_without_a_camera_there_are_two_other_ways(asha: Friend) -> None:
    page = asha.visitor.tab("/scan")
    page.get_by_role("button", name="Use the camera").click()
    expect(page.get_by_text("Choose a picture of the code, or type the shop's handle")).to_have_count(3)
    expect(
        page.get_by_text(re.compile("There is no camera|may not be used here")).and_(_seen(page))
    ).to_be_visible()


def _seen(page: Page):  # Playwright's own type
    return page.locator("p:visible")


def test_a_code_before_the_camera_is_read_by_itself(
    stack: Stack, browser: Browser, asha: Friend, chai_point: Counter, tmp_path: Path
) -> None:
    film = tmp_path / "counter.y4m"
    film.write_bytes(_film(f"{stack.user_url}{chai_point.path}?amount=60"))
    seeing = browser.browser_type.launch(
        executable_path=chromium_path(),
        args=[
            *LAUNCH_ARGUMENTS,
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ],
    )
    try:
        phone = Visitor(stack, seeing, email=asha.visitor.email)
        phone.log_in_elsewhere()
        page = phone.tab("/scan")

        page.wait_for_url(re.compile(re.escape(chai_point.path)), timeout=PATIENCE_MILLISECONDS)
        expect(amount_of(page)).to_have_value("60", timeout=PATIENCE_MILLISECONDS)
        assert phone.complaints == []
    finally:
        seeing.close()


def _film(text: str) -> bytes:
    """Two frames of a code, as a camera without compression would give them."""
    drawn = io.BytesIO()
    segno.make_qr(text, error="M").save(drawn, kind="png", scale=9)
    frame = Image.new("RGB", (640, 480), "grey")
    frame.paste(Image.open(drawn).convert("RGB"), (90, 40))
    light, blue, red = frame.convert("YCbCr").split()
    small = [one.resize((320, 240)).tobytes() for one in (blue, red)]
    return b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420\n" + b"".join(
        b"FRAME\n" + light.tobytes() + b"".join(small) for _ in range(2)
    )


def test_only_the_page_for_scanning_may_ask_for_the_camera(stack: Stack, asha: Friend) -> None:
    cookie = {"Cookie": f"user_app_session={asha.who.cookie}"}

    allowed = {
        path: httpx.get(stack.user_url + path, headers=cookie).headers["permissions-policy"].split(",")[0]
        for path in ("/scan", "//scan/", "/scan.html", "/transfer", "/login", "/api/v1/account/balance")
    }

    assert allowed == {
        **dict.fromkeys(("/scan", "//scan/", "/scan.html"), "camera=(self)"),
        **dict.fromkeys(("/transfer", "/login", "/api/v1/account/balance"), "camera=()"),
    }


def test_where_there_is_no_shop_there_is_no_page(stack: Stack, chai_point: Counter) -> None:
    shouted = f"/pay/{chai_point.handle.upper()}"
    statuses = [
        httpx.get(stack.user_url + path).status_code
        for path in (chai_point.path, shouted, "/pay/nobodyhere", "/pay", "/pay/")
    ]
    stack.sql("UPDATE balances SET closed_at = now() WHERE account_id = %s", chai_point.owner_id)

    assert statuses == [200, 200, 404, 404, 404]
    assert httpx.get(stack.user_url + chai_point.path).status_code == 404
