"""What a scanned code says: a shop's own address here, or its bare handle. Everything else is refused unopened."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from money.errors import NotShopsCode, ShopNotFound
from user_app.pay_words import PAGES
from wallet.pay_merchant import written_handle

PAGE = "/scan"
_LONGEST = 300


class ShopsCode(NamedTuple):
    handle: str
    amount: str
    """As it is written there, or empty: only a suggestion."""


def read_code(text: str, *, public_url: str) -> ShopsCode:
    """Raises NotShopsCode. `public_url` is where our own pages are, as the browser sees them."""
    text = text.strip()
    with suppress(ShopNotFound):
        return ShopsCode(written_handle(text), "")
    # Browsers and urllib read an address alike only where it holds nothing unusual.
    if len(text) > _LONGEST or not text.isascii() or not text.isprintable() or "\\" in text or " " in text:
        raise NotShopsCode
    try:
        asked, ours = urlsplit(text), urlsplit(public_url)
        if (asked.scheme, asked.netloc.lower()) != (ours.scheme, ours.netloc.lower()):
            raise NotShopsCode
        if not asked.path.startswith(PAGES):
            raise NotShopsCode
        handle = written_handle(asked.path.removeprefix(PAGES))
        amount = parse_qs(asked.query, max_num_fields=10).get("amount", [""])[0]
    except (ValueError, ShopNotFound) as error:
        raise NotShopsCode from error
    return ShopsCode(handle, amount)
