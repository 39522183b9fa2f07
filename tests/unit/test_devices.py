"""The few words about a device: known browsers by name, programs by theirs, and nothing odd of what anybody sends."""

from __future__ import annotations

import pytest

from wallet.devices import device_of

_LIKE_GECKO = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0"


@pytest.mark.parametrize(
    ("said", "device"),
    [
        (f"Mozilla/5.0 (Linux; Android 10; K) {_LIKE_GECKO} Mobile Safari/537.36", "Chrome on Android"),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_LIKE_GECKO} Safari/537.36 Edg/142.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 Version/26.0 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0",
            "Firefox on Mac",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
        ("python-httpx/0.28.1", "python-httpx"),
        ("okhttp/5.0.0", "okhttp"),
        ("curl/8.5.0", "curl"),
    ],
)
def test_what_is_known_is_named(said: str, device: str) -> None:
    assert device_of(said) == device


@pytest.mark.parametrize(
    "said",
    [
        "",
        " ",
        "<script>alert(1)</script>",
        "\u202egnp.exe",
        "\x00",
        "é",
        "x" * 100_000,
        "Mozilla/5.0 " + "Chrome/" * 9999,
    ],
)
def test_whatever_is_said_it_is_short_and_plain(said: str) -> None:
    device = device_of(said)

    assert len(device) <= 40
    assert device.isascii()
    assert not set(device) & set("<>\"'&\x00\n")
