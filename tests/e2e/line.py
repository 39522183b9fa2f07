"""The line between one open page and its server: lost and found again, without anybody else noticing."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.wallet_page import PATIENCE_MILLISECONDS

# Before a page is opened. Closed sockets are opened again at once, so while the line is lost they lead nowhere.
MAY_LOSE_THE_LINE = """
const Real = WebSocket, sockets = [];
let isLost = false;
window.WebSocket = class extends Real {
  constructor(address, ...others) { super(isLost ? "ws://localhost:1" : address, ...others); sockets.push(this); }
};
window.loseTheLine = () => { isLost = true; for (const socket of sockets) socket.close(); };
window.findTheLine = () => { isLost = false; };
"""
_AWAY = "Connecting again"


def lose_the_line(page: Page) -> None:
    page.evaluate("loseTheLine()")
    expect(page.get_by_text(_AWAY)).to_be_visible(timeout=PATIENCE_MILLISECONDS)


def find_the_line(page: Page) -> None:
    page.evaluate("findTheLine()")
    expect(page.get_by_text(_AWAY)).to_have_count(0, timeout=PATIENCE_MILLISECONDS)
