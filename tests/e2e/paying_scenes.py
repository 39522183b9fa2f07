"""/pay and /scan in the states that a person can meet them in."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from playwright.sync_api import Page, expect

from tests.e2e.paying_page import (
    Counter,
    amount_of,
    handle_field,
    look,
    note_of,
    open_counter,
    pay_button,
)
from tests.e2e.scenes import LARGE_AMOUNT_PAISE, LONG_FIRST_NAME, LONG_LAST_NAME, Scene, Stage
from tests.e2e.sending_page import Friend, confirm_button, is_done, known_as, says
from tests.e2e.tab import give
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS

_LONG_NOTE = "For the tickets, the popcorn and " + "a" * 100 + " thanks"
_SHOWN = ("Log out", "balance", "locked")
_FORM = (*_SHOWN, "Amount", "Note", "Pay")


@cache
def _asha(stage: Stage) -> Friend:
    asha = known_as(stage.stack, stage.visitor(), LONG_LAST_NAME, LONG_FIRST_NAME)
    give(stage.stack, asha.who, LARGE_AMOUNT_PAISE)
    return asha


@cache
def _shop(stage: Stage) -> Counter:
    """Its name and its handle are as long as can be."""
    return open_counter(stage.stack, LONG_FIRST_NAME[:50], "w" * 30)


def _stranger(stage: Stage) -> Page:
    page = stage.stranger.tab(f"{_shop(stage).path}?amount=98765.43")
    expect(page.get_by_role("link", name="Log in to pay")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    return page


def _form(stage: Stage) -> Page:
    page = _asha(stage).visitor.tab(f"{_shop(stage).path}?amount=98765.43")
    page.wait_for_url(re.compile("intent="))
    expect(amount_of(page)).to_have_value("98,765.43", timeout=PATIENCE_MILLISECONDS)
    return page


def _refused_fields(stage: Stage) -> Page:
    page = _form(stage)
    note_of(page).fill("\u202e")
    pay_button(page).click()
    expect(note_of(page)).to_have_attribute("aria-invalid", "true", timeout=PATIENCE_MILLISECONDS)
    return page


def _looked_at(stage: Stage) -> Page:
    page = _form(stage)
    look(page, "98765.43", _LONG_NOTE)
    return page


def _done(stage: Stage) -> Page:
    page = _form(stage)
    look(page, "1", _LONG_NOTE)
    confirm_button(page).click()
    is_done(page, "Paid")
    return page


def _receipt(stage: Stage) -> Page:
    page = _done(stage)
    page.get_by_role("link", name="View receipt").click()
    expect(page.get_by_role("link", name="Pay this shop again")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    return page


def _scan(stage: Stage) -> Page:
    page = _asha(stage).visitor.tab("/scan")
    expect(handle_field(page)).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    return page


def _scan_refused(stage: Stage) -> Page:
    page = _scan(stage)
    handle_field(page).fill("nobody here")
    handle_field(page).press("Enter")
    says(page, "There is no shop with this handle")
    page.get_by_role("button", name="Use the camera").click()
    says(page, "type the shop's handle")
    return page


_SCENES: dict[str, tuple[Callable[[Stage], Page], tuple[str, ...]]] = {
    "pay, a stranger": (_stranger, ()),
    "pay, a shop with an amount": (_form, _FORM),
    "pay, note refused": (_refused_fields, _FORM),
    "pay, looked at once more": (_looked_at, (*_FORM, "Confirm")),
    "pay, done": (_done, _FORM),
    "receipt of a payment": (_receipt, ("Log out", "status")),
    "scan": (_scan, ("Log out",)),
    "scan, refused": (_scan_refused, ("Log out",)),
}
PAYING_SCENES = {name: Scene(*one) for name, one in _SCENES.items()}
