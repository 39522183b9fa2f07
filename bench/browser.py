"""What a browser's tab paints and receives, and when."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

_CLOCK_READINGS = 20

# Notes when the balance was first seen (without one, a history's first row), and each new one when its frame has
# been painted.
_WATCH = """
window.painted = [];
let shown = "";
new MutationObserver(() => {
  const text = document.querySelector("[data-testid=balance], [data-testid=transaction]")?.textContent ?? "";
  if (!text || text === shown) return;
  shown = text;
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => painted.push([text, performance.now()]);
    port2.postMessage(0);
  });
}).observe(document, { subtree: true, childList: true, characterData: true });
"""
_PAINTED_AT = """async text => {
  const deadline = performance.now() + 20000;
  for (;;) {
    const found = painted.find(([one]) => text === "" || one === text);
    if (found) return found[1];
    if (performance.now() > deadline) throw new Error(`never painted: ${text}`);
    await new Promise(done => setTimeout(done, 5));
  }
}"""
_PRESS_UNTIL = """async ([pressed, heading]) => {
  const button = [...document.querySelectorAll("button")].find(one => one.textContent.startsWith(pressed));
  const painted = new Promise(done => {
    const watch = new MutationObserver(() => {
      if (![...document.querySelectorAll("h2")].some(one => one.textContent === heading)) return;
      watch.disconnect();
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => done(performance.now());
        port2.postMessage(0);
      });
    });
    watch.observe(document, { subtree: true, childList: true, characterData: true });
  });
  const at = performance.now();
  button.click();
  return [at, await painted];
}"""
_FIRST_PAINT = """async () => {
  for (;;) {
    const [found] = performance.getEntriesByName("first-contentful-paint");
    if (found) return found.startTime;
    await new Promise(done => setTimeout(done, 5));
  }
}"""


@contextmanager
def first_tab(browser: Browser, url: str, cookie: str) -> Generator[Page]:
    """A phone's only tab, with an empty cache and this cookie, given as its header has it."""
    name, _, value = cookie.partition("=")
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        context.add_cookies([{"name": name, "value": value, "url": url}])
        page = context.new_page()
        page.add_init_script(_WATCH)
        yield page


def first_paint(page: Page) -> float:
    """When anything was painted first, in milliseconds since the visit began."""
    return page.evaluate(_FIRST_PAINT)


def painted_at(page: Page, balance: str = "") -> float:
    """When this balance was painted, or without one the first, in milliseconds since the visit began."""
    return page.evaluate(_PAINTED_AT, balance)


def press_until(page: Page, button: str, heading: str) -> tuple[float, float]:
    """When the button that begins so was pressed and when the heading was painted, in milliseconds of the page."""
    pressed, painted = page.evaluate(_PRESS_UNTIL, [button, heading])
    return pressed, painted


def clock_ahead(page: Page) -> float:
    """By how many seconds the page's clock, which counts from the visit's beginning, is ahead of ours."""
    readings: list[tuple[float, float]] = []
    for _ in range(_CLOCK_READINGS):
        before = time.time()
        there = page.evaluate("performance.now()") / 1000
        after = time.time()
        readings.append((after - before, there - (before + after) / 2))
    return min(readings)[1]


def listen(page: Page) -> Counter[str]:
    """Counts the bytes that the browser receives from now on, as they travel, by what they are."""
    received: Counter[str] = Counter()
    kinds: dict[str, str] = {}

    def begins(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = event["type"]

    def came(event: dict[str, Any]) -> None:
        received[kinds.get(event["requestId"], "Other")] += int(event["encodedDataLength"])

    def frame_came(event: dict[str, Any]) -> None:
        received["Frames"] += len(event["response"]["payloadData"].encode())

    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.responseReceived", begins)
    network.on("Network.loadingFinished", came)
    network.on("Network.webSocketFrameReceived", frame_came)
    return received
