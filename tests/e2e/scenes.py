"""The wallet's pages in the states that a person can meet them in, each opened once and looked at by several tests."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from playwright.sync_api import Browser, Page, expect

from tests.e2e import settings_scenes
from tests.e2e.line import MAY_LOSE_THE_LINE, lose_the_line
from tests.e2e.newcomers import apart
from tests.e2e.stack import Stack
from tests.e2e.tab import Someone, give
from tests.e2e.wallet_page import (
    PATIENCE_MILLISECONDS,
    Visitor,
    add_money_button,
    amount_field,
    shows_balance,
    withdraw_button,
    withdrawing,
)
from tests.e2e.withdrawal_scenes import (
    keep_account,
    withdrawal_that_needs_attention,
    withdrawal_that_waits,
    withdrawals_of_every_end,
)
from tests.town import Books

LONG_FIRST_NAME = "Thiruvenkatanathapuramsubramaniyaswamynagarajanpil"
LONG_LAST_NAME = "Venkata Satyanarayana Subrahmanyeswara Lakshmi Rao"
LARGE_AMOUNT_PAISE = 12_345_678_90
LARGE_BALANCE = "₹1,23,45,678.90"
_ON_HOLD_PAISE = 98_765_43


class Stage:
    """People with their browsers, made when a scene first needs them."""

    def __init__(self, stack: Stack, browser: Browser) -> None:
        self.stack = stack
        self._browser = browser
        self._made: list[Visitor] = []

    @cached_property
    def stranger(self) -> Visitor:
        return self.visitor()

    @cached_property
    def newcomer(self) -> Visitor:
        """Signed in a moment ago, with nothing yet."""
        return self.signed_up()

    @cached_property
    def rich(self) -> Visitor:
        """A long name, a large balance, money on hold, and attempts that came to every end."""
        visitor = self.signed_up()
        self.stack.sql(
            "UPDATE users SET first_name = %s, last_name = %s, phone = '+919876512345' WHERE email = %s",
            LONG_FIRST_NAME,
            LONG_LAST_NAME,
            visitor.email,
        )
        apart(_write_history(self.stack.database_url, self.owner(visitor)))
        withdrawal_that_waits(self.stack, self.owner(visitor), _ON_HOLD_PAISE)
        return visitor

    @cached_property
    def saver(self) -> Visitor:
        """Takes money out; a saved account, and withdrawals that came to every end (`withdrawals`)."""
        visitor = self.signed_up()
        give(self.stack, _someone(self, visitor), LARGE_AMOUNT_PAISE)
        keep_account(self.stack, self.owner(visitor))
        return visitor

    @cached_property
    def patient(self) -> Visitor:
        """Has waited for a day for what their bank says."""
        visitor = self.signed_up()
        give(self.stack, _someone(self, visitor), LARGE_AMOUNT_PAISE)
        return visitor

    @cached_property
    def withdrawals(self) -> dict[str, str]:
        """The ids of the saver's, by how they stand."""
        return withdrawals_of_every_end(self.stack, self.owner(self.saver))

    def visitor(self) -> Visitor:
        self._made.append(Visitor(self.stack, self._browser))
        return self._made[-1]

    def signed_up(self) -> Visitor:
        visitor = self.visitor()
        visitor.sign_up_elsewhere()
        return visitor

    def owner(self, visitor: Visitor) -> uuid.UUID:
        return self.stack.rows("SELECT id FROM users WHERE email = %s", visitor.email)[0][0]

    def attempt(self, status: str, condition: str = "true") -> str:
        """The rich one's attempt that stands so."""
        rows = self.stack.rows(
            f"SELECT id::text FROM on_ramps WHERE user_id = %s AND status = %s AND {condition}",  # pyright: ignore[reportArgumentType] # the tests' own words
            self.owner(self.rich),
            status,
        )
        return rows[0][0]

    def close(self) -> None:
        for visitor in self._made:
            visitor.leave()


async def _write_history(url: str, owner: uuid.UUID) -> None:
    """By the ledger, so that the books stay right."""
    async with Books(url) as books:
        for paise in (LARGE_AMOUNT_PAISE, _ON_HOLD_PAISE):
            await books.credited(owner, paise)
        for bank in ("hdfc", "axis", "hdfc", "axis", "hdfc"):
            await books.on_ramp(owner, bank=bank, amount_paise=1_00_000_00)
        await books.ask(
            "UPDATE on_ramps SET settled_at = created_at + interval '40 seconds',"
            " bank_reference = 'HDFCN52026112000001' WHERE user_id = %s AND status = 'success'",
            owner,
        )
        changes = (
            "status = 'failure', settled_at = now(), next_enquiry_at = NULL",
            "status = 'expired', settled_at = now(), next_enquiry_at = NULL",
            "status = 'failure', settled_at = now(), late_success_at = now()",
            (
                "status = 'failure', settled_at = now(), next_enquiry_at = NULL, refund_decided_at = now(),"
                " refund_heard_at = now()"
            ),
            "redirect_url = 'http://localhost:1/hdfc/netbanking?token=x'",
        )
        pending = await books.ask(
            "SELECT id FROM on_ramps WHERE user_id = %s AND status = 'pending' ORDER BY id", owner
        )
        for change, (one,) in zip(changes, pending, strict=True):
            await books.ask(f"UPDATE on_ramps SET {change} WHERE id = %s", one)


def _someone(stage: Stage, visitor: Visitor) -> Someone:
    return Someone(stage.owner(visitor), visitor.email, visitor.cookie())


@dataclass(frozen=True)
class Scene:
    open: Callable[[Stage], Page]
    names: tuple[str, ...]
    """The contract's names that must be found here, each as often as it stands here; no other of them may be."""


_SIGNED_IN = ("Log out",)
_ADDING = ("Amount", "Bank", "Add money")
_WITHDRAWING = ("Amount", "Bank", "Account number", "IFSC", "Withdraw")
_TRANSFER = (*_SIGNED_IN, *_ADDING, *_WITHDRAWING, "balance", "locked")
_SIGN_UP = ("First name", "Last name", "Email", "Phone", "Password", "Sign up")
_LOG_IN = ("Email", "Password", "Log in")
_NEW_PASSWORD = ("Email", "Password")


def _public(path: str, said: str = "") -> Callable[[Stage], Page]:
    def open_it(stage: Stage) -> Page:
        page = stage.stranger.tab(path)
        page.wait_for_load_state("networkidle")
        if said:
            expect(page.get_by_text(said).first).to_be_visible()
        return page

    return open_it


def _nothing_yet(stage: Stage) -> Page:
    page = stage.newcomer.tab()
    shows_balance(page, "₹0.00")
    return page


def _history(stage: Stage) -> Page:
    page = stage.rich.tab()
    shows_balance(page, LARGE_BALANCE)
    return page


def _typed(stage: Stage) -> Page:
    page = _history(stage)
    amount_field(page).press_sequentially("98765.43")
    expect(page.get_by_text("Ninety-eight thousand")).to_be_visible()
    return page


def _refused_amount(stage: Stage) -> Page:
    page = _nothing_yet(stage)
    amount_field(page).fill("100001")
    expect(page.get_by_text("At most")).to_be_visible()
    return page


def _bank_away(stage: Stage) -> Page:
    page = _nothing_yet(stage)
    amount_field(page).fill("500")
    with stage.stack.frozen("dummy_bank"):
        add_money_button(page).click()
        expect(page.get_by_text("cannot be reached")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    return page


def _payment(status: str, title: str, condition: str = "true") -> Callable[[Stage], Page]:
    def open_it(stage: Stage) -> Page:
        page = stage.rich.tab(f"/on-ramp?id={stage.attempt(status, condition)}")
        expect(page.get_by_role("heading", name=title)).to_be_visible()
        return page

    return open_it


def _withdrawal(status: str, title: str) -> Callable[[Stage], Page]:
    def open_it(stage: Stage) -> Page:
        wanted = stage.withdrawals[status]
        page = stage.saver.tab(f"/withdrawal?id={wanted}")
        expect(page.get_by_role("heading", name=title)).to_be_visible()
        return page

    return open_it


def _needs_attention(stage: Stage) -> Page:
    wanted = withdrawal_that_needs_attention(stage.stack, stage.owner(stage.patient))
    page = stage.patient.tab(f"/withdrawal?id={wanted}")
    expect(page.get_by_role("heading", name="in person")).to_be_visible()
    return page


def _saved_account(stage: Stage) -> Page:
    page = stage.saver.tab()
    page.get_by_role("button", name="HDFC Bank ••••3456").click()
    expect(withdrawing(page).get_by_label("IFSC")).to_have_count(0)
    return page


def _refused_account(stage: Stage) -> Page:
    page = stage.saver.tab()
    expect(withdraw_button(page)).to_be_visible()
    withdrawing(page).get_by_label("Amount").fill("500")
    withdrawing(page).get_by_label("Account number").fill("12")
    withdraw_button(page).click()
    expect(withdrawing(page).get_by_label("Account number")).to_have_attribute("aria-invalid", "true")
    return page


def _looked_at_once_more(stage: Stage) -> Page:
    page = stage.saver.tab()
    expect(withdraw_button(page)).to_be_visible()
    withdrawing(page).get_by_label("Amount").fill("98765.43")
    withdrawing(page).get_by_label("Account number").fill("123456789012345678")
    withdrawing(page).get_by_label("IFSC").fill("HDFC0001234")
    withdraw_button(page).click()
    expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()
    return page


def _settings(stage: Stage) -> Page:
    page = stage.rich.tab("/settings")
    expect(page.get_by_label("Phone")).to_have_value("+919876512345")
    return page


def _settings_code(stage: Stage) -> Page:
    page = stage.newcomer.tab("/settings")
    page.get_by_role("button", name="Send a code to this email").click()
    page.get_by_label("Code").fill("12345")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_label("Code")).to_have_attribute("aria-invalid", "true")
    return page


def _settings_phone(stage: Stage) -> Page:
    page = stage.newcomer.tab("/settings")
    page.get_by_label("Phone").fill("12345")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Phone")).to_have_attribute("aria-invalid", "true")
    return page


def _ended(stage: Stage) -> Page:
    visitor = stage.signed_up()
    page = visitor.tab()
    shows_balance(page, "₹0.00")
    stage.stack.sql("UPDATE sessions SET ended_at = now() WHERE owner_id = %s", stage.owner(visitor))
    apart(_notice(stage.stack.database_url, stage.owner(visitor)))
    expect(page.get_by_role("alertdialog")).to_be_visible()
    return page


async def _notice(url: str, owner: uuid.UUID) -> None:
    async with Books(url) as books:
        books.notices.about([owner])


def before_data(path: str) -> Callable[[Stage], Page]:
    """The server is silent: what stands there before anything is known."""

    def open_it(stage: Stage) -> Page:
        page = stage.newcomer.context.new_page()
        page.route_web_socket("**/_event/**", lambda _: None)
        page.goto(stage.stack.user_url + path)
        expect(page.locator("[aria-busy=true]:visible")).to_have_count(1)
        expect(page.locator("form:visible")).to_have_count(1)  # to log out
        return page

    return open_it


def _server_away(stage: Stage) -> Page:
    """What was known stays to be read, and a line says that it may be old."""
    page = stage.newcomer.context.new_page()
    page.add_init_script(MAY_LOSE_THE_LINE)
    page.goto(stage.stack.user_url + "/transfer")
    shows_balance(page, "₹0.00")
    lose_the_line(page)
    return page


SCENES = {
    "landing": Scene(_public("/"), ()),
    "sign up": Scene(_public("/signup"), _SIGN_UP),
    "sign up, refused": Scene(_public("/signup?why=EmailTaken", "email"), _SIGN_UP),
    "log in": Scene(_public("/login"), _LOG_IN),
    "log in, refused": Scene(_public("/login?why=WrongSignIn", "password"), _LOG_IN),
    "log in, password changed": Scene(_public("/login?changed=1", "new password"), _LOG_IN),
    "reset": Scene(_public("/reset"), ("Email",)),
    "reset, refused": Scene(_public("/reset?why=EmailRefused", "email"), ("Email",)),
    "new password, code sent": Scene(_public("/new-password?sent=1", "a code is on its way"), _NEW_PASSWORD),
    "new password, refused": Scene(_public("/new-password?why=CodeRefused", "code"), _NEW_PASSWORD),
    "no such page": Scene(_public("/nothing-here"), ()),
    "transfer before data": Scene(before_data("/transfer"), _SIGNED_IN),
    "transfer, nothing yet": Scene(_nothing_yet, _TRANSFER),
    "transfer with a history": Scene(_history, _TRANSFER),
    "transfer, amount typed": Scene(_typed, _TRANSFER),
    "transfer, amount refused": Scene(_refused_amount, _TRANSFER),
    "transfer, bank away": Scene(_bank_away, _TRANSFER),
    "transfer, server away": Scene(_server_away, _TRANSFER),
    "transfer, saved account": Scene(
        _saved_account, (*_SIGNED_IN, *_ADDING, "Amount", "Withdraw", "balance", "locked")
    ),
    "transfer, account refused": Scene(_refused_account, _TRANSFER),
    "transfer, looked at once more": Scene(_looked_at_once_more, (*_TRANSFER, "Confirm")),
    "withdrawal before data": Scene(before_data("/withdrawal?id="), _SIGNED_IN),
    "withdrawal waiting": Scene(_withdrawal("unknown", "has not answered"), _SIGNED_IN),
    "withdrawal queued": Scene(_withdrawal("queued", "in the queue"), _SIGNED_IN),
    "withdrawal needs attention": Scene(_needs_attention, _SIGNED_IN),
    "withdrawal paid": Scene(_withdrawal("paid", "Paid to"), _SIGNED_IN),
    "withdrawal refused": Scene(_withdrawal("failed", "not paid"), _SIGNED_IN),
    "withdrawal cancelled": Scene(_withdrawal("cancelled", "cancelled"), _SIGNED_IN),
    "withdrawal sent back": Scene(_withdrawal("reversed", "sent it back"), _SIGNED_IN),
    "transactions before data": Scene(before_data("/transactions"), _SIGNED_IN),
    "payment before data": Scene(before_data("/on-ramp?id="), _SIGNED_IN),
    "payment done": Scene(_payment("success", "Added", "amount_paise = 1234567890"), _SIGNED_IN),
    "payment waiting": Scene(_payment("pending", "has not told us"), _SIGNED_IN),
    "payment refused": Scene(
        _payment("failure", "not added", "late_success_at IS NULL AND refund_decided_at IS NULL"), _SIGNED_IN
    ),
    "payment expired": Scene(_payment("expired", "not added"), _SIGNED_IN),
    "payment being asked about": Scene(
        _payment("failure", "asking your bank", "late_success_at IS NOT NULL"), _SIGNED_IN
    ),
    "payment given back": Scene(_payment("failure", "not added", "refund_heard_at IS NOT NULL"), _SIGNED_IN),
    "settings": Scene(_settings, settings_scenes.NAMES),
    "settings, code refused": Scene(_settings_code, (*settings_scenes.NAMES, "Confirm")),
    "settings, phone refused": Scene(_settings_phone, settings_scenes.NAMES),
    **{name: Scene(*scene) for name, scene in settings_scenes.SCENES.items()},
    "transfer, frozen": Scene(settings_scenes.frozen("/transfer"), _TRANSFER),
    "session ended": Scene(_ended, ()),
}
