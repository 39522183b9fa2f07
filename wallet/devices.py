"""A few words about a browser or a program, made of what it says of itself: `Chrome on Android`, `python-httpx`."""

from __future__ import annotations

import re

# The first that is found: many say they are others as well.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_PROGRAM = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,29}")
_LONGEST_READ = 500


def device_of(user_agent: str) -> str:
    """At most 40 characters, none of them odd; empty where it says nothing that we know how to read."""
    said = user_agent[:_LONGEST_READ]
    browser = next((name for sign, name in _BROWSERS if sign in said), "")
    if browser and said.startswith("Mozilla/"):
        system = next((name for sign, name in _SYSTEMS if sign in said), "")
        return f"{browser} on {system}" if system else browser
    program = _PROGRAM.match(said)
    return program[0] if program else ""
