"""What the page for paying a shop says: what the link suggests, what is about to happen, what became of it."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote, urlencode

from money.errors import (
    AmountAboveLimit,
    DayLimitAtShopsReached,
    NotAnAmount,
    NotEnoughMoney,
    Refusal,
    ShopNotFound,
    TooManyTries,
    WalletFrozen,
)
from money.rupees import Paise, format_rupees, parse_rupees
from money.times import ist_minute
from money.words import in_words
from shared_db.allowances import Allowance
from shared_db.history_rows import Happened
from shared_db.ids import new_id
from shared_db.merchants import Shop
from shared_ui.history import initials_of
from shared_ui.history_words import time_of
from shared_ui.people import PersonRow
from user_app.history_words import who_of
from user_app.paying import Order
from user_app.send_words import Ended, Review

PAGES = "/pay/"
FROZEN = WalletFrozen().sentence
PAID_BEFORE = "This was paid already, and was not paid again."
NOT_PAID_YET = "Nothing has been paid here yet. If you had confirmed it, do so once more: it is paid once."
LOST_TOUCH = "We were away for a moment. Nothing has left your wallet; please look once more and confirm."
STOOD_LONG = "This has stood here for a while, so it was not paid. Please look once more and confirm."
_ADVICE: dict[type[Refusal], str] = {
    NotEnoughMoney: "Add money to your wallet, or pay less.",
    AmountAboveLimit: "Pay less.",
    DayLimitAtShopsReached: "Pay less, or come back tomorrow.",
    ShopNotFound: "Ask the shop how else you can pay.",
    TooManyTries: "You can confirm it again in a minute.",
}


def page_of_shop(handle: str, **asked: object) -> str:
    """Where this shop is paid."""
    given = {name: value for name, value in asked.items() if value}
    return f"{PAGES}{handle}" + (f"?{urlencode(given)}" if given else "")


def log_in_and_come_back(handle: str, amount: str) -> str:
    """Through the login page, and back to the same shop with the same suggestion."""
    return f"/login?next={quote(page_of_shop(handle, amount=amount), safe='/')}"


def shop_row_of(shop: Shop) -> PersonRow:
    return PersonRow(
        id=str(shop.id), name=shop.name, contact=f"@{shop.handle}", initials=initials_of(shop.name)
    )


def suggested_by(text: str) -> Paise | None:
    """The amount in an address, if it is one; whoever wrote it may not be the shop."""
    try:
        return parse_rupees(text)
    except NotAnAmount:
        return None


def suggestion_line(suggested: Paise | None) -> str:
    if suggested is None:
        return ""
    return f"Suggested by the link: {format_rupees(suggested)}; change it if it is wrong."


def plain(amount_paise: int) -> str:
    """As it stands in a field: `120` or `99.50`, grouped."""
    return format_rupees(amount_paise).removeprefix("₹").removesuffix(".00")


def review_of(order: Order, has: Allowance, alike: datetime | None) -> Review:
    amount = format_rupees(order.amount_paise)
    return Review(
        amount=amount,
        words=in_words(order.amount_paise),
        note=order.note or "",
        balance_after=format_rupees(has.balance_paise - order.amount_paise),
        confirm=f"Confirm, {amount} to {order.to.name}",
        again=f"You paid {order.to.name} {amount} at {ist_minute(alike)} already. This would pay it again."
        if alike
        else "",
        look=str(new_id()),
        intent=str(order.intent),
        plain_amount=amount.removeprefix("₹"),
    )


def paid(one: Happened, *, reason: str = "") -> Ended:
    return Ended(
        title="Paid",
        amount=format_rupees(-one.amount_paise),
        who=f"To {who_of(one)}",
        when=time_of(one.at),
        reference=str(one.id),
        note=one.note or "",
        receipt=f"/transactions/{one.id}",
        reason=reason,
    )


def refused(order: Order, refusal: Refusal) -> Ended:
    return Ended(
        title="It was not paid",
        amount=format_rupees(order.amount_paise),
        who=f"To {order.to.name}, @{order.to.handle}",
        reason=refusal.sentence,
        advice=_ADVICE.get(type(refusal), ""),
    )


def unknown(order: Order) -> Ended:
    return Ended(
        title="We do not know yet whether it was paid",
        amount=format_rupees(order.amount_paise),
        who=f"To {order.to.name}",
    )
