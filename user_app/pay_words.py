"""How paying a shop speaks: where it is paid, what a link suggests, and the words of its own."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from money.errors import (
    AmountAboveLimit,
    DayLimitAtShopsReached,
    NotAnAmount,
    NotEnoughMoney,
    ShopNotFound,
    TooManyTries,
)
from money.rupees import Paise, format_rupees, parse_rupees
from shared_db.merchants import Shop
from shared_ui.history import initials_of
from shared_ui.people import PersonRow
from user_app.spending_words import Words

PAGES = "/pay/"
PAYING_WORDS = Words[Shop](
    done="Paid",
    refused="It was not paid",
    unknown="We do not know yet whether it was paid",
    done_before="This was paid already, and was not paid again.",
    not_done_yet="Nothing has been paid here yet. If you had confirmed it, do so once more: it is paid once.",
    stood_long="This has stood here for a while, so it was not paid. Please look once more and confirm.",
    again="You paid {name} {amount} at {when} already. This would pay it again.",
    advice={
        NotEnoughMoney: "Add money to your wallet, or pay less.",
        AmountAboveLimit: "Pay less.",
        DayLimitAtShopsReached: "Pay less, or come back tomorrow.",
        ShopNotFound: "Ask the shop how else you can pay.",
        TooManyTries: "You can confirm it again in a minute.",
    },
    known_as=lambda shop: f"{shop.name}, @{shop.handle}",
)


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
