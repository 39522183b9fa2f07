"""A shop's QR code: its own address for customers, large enough to be read off a counter or a wall."""

from __future__ import annotations

import io
from urllib.parse import urlencode

import segno

from money.rupees import Paise, decimal_rupees

_QUIET_MODULES = 4  # around the code, as its standard wants it
_PIXELS_OF_A_MODULE = 25


def address_of(public_user_url: str, handle: str, amount_paise: Paise | None) -> str:
    """Where this shop is paid; an amount in it is only suggested to whoever pays."""
    asked = f"?{urlencode({'amount': decimal_rupees(amount_paise)})}" if amount_paise else ""
    return f"{public_user_url}/pay/{handle}{asked}"


def svg_of(address: str) -> bytes:
    """Sharp at every size."""
    return _drawn(address, "svg")


def png_of(address: str) -> bytes:
    """About a thousand pixels wide."""
    return _drawn(address, "png")


def _drawn(address: str, kind: str) -> bytes:
    # A quarter of it may be scratched or stained. Black on white in the dark, too: cameras look for that.
    code = segno.make_qr(address, error="Q")
    file = io.BytesIO()
    code.save(
        file, kind=kind, scale=_PIXELS_OF_A_MODULE, border=_QUIET_MODULES, dark="#000000", light="#ffffff"
    )
    return file.getvalue()
