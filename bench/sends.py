"""Sending money on the page: from the press on *Confirm* until it is painted, at who sends and at who receives."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import NamedTuple

from playwright.sync_api import Browser, Page

from bench.browser import clock_ahead, first_tab, painted_at, press_until
from bench.figures import percentile
from bench.tabs import open_tabs
from money.rupees import Paise, format_rupees

_AMOUNT_PAISE = Paise(1_00)
_PATIENCE_MILLISECONDS = 20_000


class Ends(NamedTuple):
    """Two people: cookies as their headers have them, and what the second has by now."""

    sender_cookie: str
    receiver_cookie: str
    receiver_id: uuid.UUID
    receiver_paise: int


def sends(browser: Browser, url: str, ends: Ends, elsewhere: Sequence[str], count: int) -> dict[str, object]:
    """So many transfers, one after the other, while the tabs of people elsewhere stay connected."""
    at_sender: list[float] = []
    at_receiver: list[float] = []
    with (
        open_tabs(url, elsewhere),
        first_tab(browser, url, ends.sender_cookie) as sender,
        first_tab(browser, url, ends.receiver_cookie) as receiver,
    ):
        receiver.goto(f"{url}/transfer")
        painted_at(receiver)
        receivers_clock = clock_ahead(receiver)
        for number in range(1, count + 1):
            _look(sender, f"{url}/p2ptransfer?to={ends.receiver_id}")
            senders_clock = clock_ahead(sender)
            pressed, painted = press_until(sender, "Confirm", "Sent")
            at_sender.append(painted - pressed)
            there = painted_at(receiver, format_rupees(ends.receiver_paise + number * _AMOUNT_PAISE))
            at_receiver.append(there - pressed - (receivers_clock - senders_clock) * 1000)
    return {
        "send_painted_p50_ms": percentile(at_sender, 0.5),
        "send_painted_p95_ms": percentile(at_sender, 0.95),
        "receive_painted_p50_ms": percentile(at_receiver, 0.5),
        "receive_painted_p95_ms": percentile(at_receiver, 0.95),
        "sends": count,
        "tabs": len(elsewhere) + 2,
    }


def _look(page: Page, address: str) -> None:
    """As far as one look more."""
    page.set_default_timeout(_PATIENCE_MILLISECONDS)
    page.goto(address)
    page.get_by_label("Amount", exact=True).fill("1")
    page.get_by_role("button", name="Send money", exact=True).click()
    page.get_by_role("heading", name="Is this right?").wait_for()
