"""While an amount is typed it is grouped the Indian way, and nothing else of what was typed is changed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from shared_ui.in_browser import GROUPING

NODE = Path(sys.executable).with_name("node")
# A field as far as the code knows one. A key is a character, a whole text put in, or the name of one of two keys.
FIELD = """
const field = { value: "", selectionStart: 0, dataset: {}, setSelectionRange(at) { this.selectionStart = at; } };
const put = (text, from, to, inputType, data) => {
  field.value = field.value.slice(0, from) + text + field.value.slice(to);
  field.selectionStart = from + text.length;
  groupAmount({ currentTarget: field, nativeEvent: { isComposing: false, inputType, data } });
};
const press = (key) => {
  const at = field.selectionStart;
  if (key === "Backspace") put("", Math.max(at - 1, 0), at, "deleteContentBackward", null);
  else if (key === "Delete") put("", at, at + 1, "deleteContentForward", null);
  else if (typeof key === "number") field.selectionStart = key;
  else put(key, at, at, "insertText", key);
};
JSON.parse(process.argv[1]).forEach(press);
const { value, selectionStart } = field;
console.log(JSON.stringify([value.slice(0, selectionStart) + "|" + value.slice(selectionStart), plainAmount(value)]));
"""


@pytest.mark.parametrize(
    ("keys", "shown", "sent"),
    [
        ("100", "100|", "100"),
        ("1000", "1,000|", "1000"),
        ("1234567.5", "12,34,567.5|", "1234567.5"),
        ("1,00,000", "1,00,000|", "100000"),
        (["₹ 5000"], "5,000|", "5000"),
        (["1,00,000.50"], "1,00,000.50|", "100000.50"),
    ],
)
def test_an_amount_is_grouped_and_sent_without_commas(keys: str | list[str], shown: str, sent: str):
    assert typing(keys) == (shown, sent)


@pytest.mark.parametrize(
    "text", ["abc", "-5", "1e5", "5.999", "1,50", "100,000", "1,234,567", "1.2.3", "१००", "5 0"]
)
def test_what_is_no_amount_stays_as_it_was_typed_and_is_sent_so(text: str):
    assert typing([text]) == (f"{text}|", text)


def test_a_wrong_comma_typed_by_hand_stays():
    assert typing("100,000") == ("100,000|", "100,000")


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ([*"100000", 4, "9"], "10,09|,000"),
        ([*"100000", 2, "Backspace"], "1|,00,000"),
        ([*"100000", 2, "Backspace", "Backspace"], "|00,000"),
        ([*"100000", 1, "Delete"], "1,|00,000"),
        ([*"100000", 1, "Delete", "Delete"], "1|0,000"),
        ([*"1000", "Backspace"], "100|"),
    ],
)
def test_the_caret_stays_with_the_digit_it_stood_at(keys: list[str | int], shown: str):
    assert typing(keys)[0] == shown


def typing(keys: str | list[str] | list[str | int]) -> tuple[str, str]:
    done = subprocess.run(
        [NODE, "-e", GROUPING + FIELD, json.dumps(list(keys))],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    shown, sent = json.loads(done.stdout)
    return shown, sent
