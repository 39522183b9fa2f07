"""What goes into a log stays one line of JSON, whoever wrote it."""

from __future__ import annotations

import json
import subprocess
import sys

from runtime.logs import accepted_correlation_id

_HOSTILE = 'asked\n{"event": "forged"}\r\x1b[31mred\x00\u2028\u202e'
_SAY = """
import logging, sys
from runtime.logs import configure, correlated, logger
configure("user_app")
hostile = sys.stdin.read()
with correlated("an-id-of-ours"):
    logger("x").warning("said", text=hostile, password="open sesame")
    logging.getLogger("a.library").warning("said %s", hostile)
"""


def test_what_somebody_writes_is_one_line_of_the_log() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SAY], input=_HOSTILE.encode(), capture_output=True, timeout=60, check=True
    )

    lines = done.stdout.split(b"\n")
    assert [bool(line) for line in lines] == [True, True, False]
    ours, librarys = (json.loads(line) for line in lines[:2])
    assert ours["text"].startswith("asked\n")
    assert ours["correlation_id"] == librarys["correlation_id"] == "an-id-of-ours"
    assert "forged" in librarys["event"]
    assert b"open sesame" not in done.stdout
    assert not any(code in done.stdout for code in (b"\x1b", b"\r", b"\x00"))


def test_an_id_that_is_none_is_replaced() -> None:
    for given in ("short", "x" * 65, "with blanks in it", "line\nbreak-line", 'quo"ted-one', "", None):
        assert accepted_correlation_id(given) != given

    assert accepted_correlation_id("an-id_of-1234") == "an-id_of-1234"
