"""A payment's page of a shop in the states that a merchant can meet it in."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import cache

from playwright.sync_api import Page, expect

from tests.e2e.refund_page import (
    amount_of,
    confirm_button,
    ends,
    look,
    pays,
    reason_of,
    refund_button,
    says,
    shop_opened,
    status,
)
from tests.e2e.scenes import LARGE_AMOUNT_PAISE, LONG_FIRST_NAME, LONG_LAST_NAME, Scene, Stage
from tests.e2e.tab import Someone, give, signed_up
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS, Visitor

_LONG_REASON = "The tickets, the popcorn and " + "a" * 100 + " sold out"
_SHOWN = ("Log out", "status")
_FORM = (*_SHOWN, "Amount")


@cache
def _shop(stage: Stage) -> tuple[Visitor, Someone]:
    shop, visitor = shop_opened(stage.stack, LONG_LAST_NAME), stage.visitor()
    name, _, value = shop.cookie.partition("=")
    visitor.context.add_cookies([{"name": name, "value": value, "url": stage.stack.merchant_url}])
    return visitor, shop


@cache
def _payer(stage: Stage) -> Someone:
    payer = signed_up(stage.stack)
    rename = "UPDATE users SET first_name = %s, last_name = %s WHERE id = %s"
    stage.stack.sql(rename, LONG_FIRST_NAME, LONG_LAST_NAME, payer.owner_id)
    give(stage.stack, payer, 10 * LARGE_AMOUNT_PAISE)
    return payer


def _open(stage: Stage, transaction: uuid.UUID) -> Page:
    page = _shop(stage)[0].context.new_page()
    page.goto(f"{stage.stack.merchant_url}/transactions/{transaction}")
    expect(status(page)).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    return page


def _paid(stage: Stage) -> Page:
    page = _open(
        stage, pays(stage.stack, _payer(stage), _shop(stage)[1], LARGE_AMOUNT_PAISE, note=_LONG_REASON)
    )
    expect(refund_button(page)).to_be_visible()
    return page


def _refused_fields(stage: Stage) -> Page:
    page = _paid(stage)
    amount_of(page).fill("9,99,99,999")
    says(page, "At most")
    reason_of(page).fill("\u202e")
    refund_button(page).click()
    expect(amount_of(page)).to_have_attribute("aria-invalid", "true")
    return page


def _looked_at(stage: Stage) -> Page:
    page = _paid(stage)
    look(page, "98765.43", _LONG_REASON)
    return page


def _partly_refunded(stage: Stage) -> Page:
    page = _looked_at(stage)
    confirm_button(page).click()
    ends(page)
    expect(status(page)).to_have_text("Partly refunded")
    return page


def _payer_is_gone(stage: Stage) -> Page:
    payer = signed_up(stage.stack)
    give(stage.stack, payer, 5_00)
    payment = pays(stage.stack, payer, _shop(stage)[1], 5_00)
    stage.stack.sql("UPDATE balances SET closed_at = now() WHERE account_id = %s", payer.owner_id)
    page = _open(stage, payment)
    says(page, "closed their wallet")
    return page


def _receipt_of_refund(stage: Stage) -> Page:
    _partly_refunded(stage).close()
    [(refund,)] = stage.stack.rows(
        "SELECT r.id FROM refunds r JOIN refunded_payments p ON p.payment_id = r.payment_id WHERE p.merchant_id = %s"
        " ORDER BY r.created_at DESC LIMIT 1",
        _shop(stage)[1].owner_id,
    )
    return _open(stage, refund)


_SCENES: dict[str, tuple[Callable[[Stage], Page], tuple[str, ...]]] = {
    "payment": (_paid, _FORM),
    "payment, refund refused": (_refused_fields, _FORM),
    "payment, refund looked at once more": (_looked_at, (*_FORM, "Confirm")),
    "payment, partly refunded": (_partly_refunded, _FORM),
    "payment of somebody who is gone": (_payer_is_gone, _SHOWN),
    "receipt of a refund": (_receipt_of_refund, _SHOWN),
}
REFUND_SCENES = {name: Scene(*one) for name, one in _SCENES.items()}
