"""/p2ptransfer in the states that a person can meet it in."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from playwright.sync_api import Page, expect

from tests.e2e.scenes import LARGE_AMOUNT_PAISE, LONG_FIRST_NAME, LONG_LAST_NAME, Scene, Stage
from tests.e2e.sending_page import (
    PAGE,
    Friend,
    amount_of,
    confirm_button,
    is_done,
    known_as,
    look,
    note_of,
    says,
    send_button,
    to_field,
)
from tests.e2e.tab import give
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS

_LONG_NOTE = "For the tickets, the popcorn and " + "a" * 100 + " thanks"
_SHOWN = ("Log out", "balance", "locked")
_PEOPLE = (*_SHOWN, "To")
_FORM = (*_SHOWN, "Amount", "Note", "Send money")


@cache
def _asha(stage: Stage) -> Friend:
    """She has a lot, and has just sent some of it to somebody with a long name."""
    asha = known_as(stage.stack, stage.visitor(), LONG_LAST_NAME, LONG_FIRST_NAME)
    give(stage.stack, asha.who, LARGE_AMOUNT_PAISE)
    page = asha.visitor.tab(f"{PAGE}?to={_ravi(stage).who.owner_id}")
    look(page, "98765.43", _LONG_NOTE)
    confirm_button(page).click()
    is_done(page)
    page.close()
    return asha


@cache
def _ravi(stage: Stage) -> Friend:
    return known_as(stage.stack, stage.visitor(), LONG_FIRST_NAME, LONG_LAST_NAME)


def _people(stage: Stage) -> Page:
    page = _asha(stage).visitor.tab(PAGE)
    expect(page.get_by_role("heading", name="Recent")).to_be_visible()
    return page


def _found(stage: Stage) -> Page:
    page = _people(stage)
    to_field(page).fill(LONG_FIRST_NAME)
    expect(page.get_by_role("heading", name="Found")).to_be_visible()
    return page


def _nobody(stage: Stage) -> Page:
    page = _people(stage)
    to_field(page).fill("%_.*")
    expect(page.get_by_role("heading", name="Nobody is found")).to_be_visible()
    return page


def _nobody_there(stage: Stage) -> Page:
    page = _asha(stage).visitor.tab(f"{PAGE}?to=nobody")
    says(page, "nobody here")
    return page


def _form(stage: Stage) -> Page:
    page = _asha(stage).visitor.tab(f"{PAGE}?to={_ravi(stage).who.owner_id}")
    expect(amount_of(page)).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    page.wait_for_url(re.compile("intent="))
    return page


def _refused_fields(stage: Stage) -> Page:
    page = _form(stage)
    note_of(page).fill("\u202e")
    amount_of(page).fill("1")
    send_button(page).click()
    expect(note_of(page)).to_have_attribute("aria-invalid", "true")
    return page


def _refused_amount(stage: Stage) -> Page:
    page = _form(stage)
    amount_of(page).fill("9999999")
    says(page, "At most ₹1,00,000.00")
    return page


def _frozen(stage: Stage) -> Page:
    frozen = known_as(stage.stack, stage.visitor(), "Meera", "Nair")
    stage.stack.sql("UPDATE balances SET frozen_at = now() WHERE account_id = %s", frozen.who.owner_id)
    page = frozen.visitor.tab(f"{PAGE}?to={_ravi(stage).who.owner_id}")
    says(page, "Your wallet is frozen")
    return page


def _looked_at(stage: Stage) -> Page:
    page = _form(stage)
    look(page, "98765.43", _LONG_NOTE)
    says(page, "This would send it again")
    return page


def _done(stage: Stage) -> Page:
    page = _form(stage)
    look(page, "1", _LONG_NOTE)
    confirm_button(page).click()
    is_done(page)
    return page


def _not_done(stage: Stage) -> Page:
    page = _form(stage)
    look(page, "2")
    freeze = "UPDATE balances SET frozen_at = now() WHERE account_id = %s"
    stage.stack.sql(freeze, _asha(stage).who.owner_id)
    confirm_button(page).click()
    is_done(page, "It was not sent")
    stage.stack.sql("UPDATE balances SET frozen_at = NULL WHERE account_id = %s", _asha(stage).who.owner_id)
    return page


def _before_data(stage: Stage) -> Page:
    page = _asha(stage).visitor.context.new_page()
    page.route_web_socket("**/_event/**", lambda _: None)
    page.goto(stage.stack.user_url + PAGE)
    expect(page.locator("[aria-busy=true]:visible")).to_have_count(1)
    return page


def _receipt(stage: Stage) -> Page:
    page = _done(stage)
    page.get_by_role("link", name="View receipt").click()
    expect(page.get_by_role("link", name="Send again")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    return page


_SCENES: dict[str, tuple[Callable[[Stage], Page], tuple[str, ...]]] = {
    "send before data": (_before_data, ("Log out",)),
    "send, people": (_people, _PEOPLE),
    "send, found": (_found, _PEOPLE),
    "send, nobody found": (_nobody, _PEOPLE),
    "send, to nobody": (_nobody_there, _PEOPLE),
    "send, somebody chosen": (_form, _FORM),
    "send, amount refused": (_refused_amount, _FORM),
    "send, note refused": (_refused_fields, _FORM),
    "send, frozen": (_frozen, _FORM),
    "send, looked at once more": (_looked_at, (*_FORM, "Confirm")),
    "send, done": (_done, _FORM),
    "send, not done": (_not_done, _FORM),
    "receipt of a transfer": (_receipt, ("Log out", "status")),
}
SENDING_SCENES = {name: Scene(*one) for name, one in _SCENES.items()}
