"""A receipt on paper: what the page says, with every step and its time."""

from __future__ import annotations

from datetime import datetime

from money.activity import Result
from money.rupees import format_rupees
from money.words import in_words
from shared_ui.history_words import signed, time_of
from shared_ui.paper import INK, LARGE, MARGIN, NORMAL, QUIET, SMALL, Sheet
from user_app.history_words import kind_of, standing_of, who_of
from user_app.receipt_reading import Receipt

_FACT, _NAMES, _LONGEST_STEP = 8.5, 45, 95
_COLOURS = {Result.DONE: (13, 107, 62), Result.WAITING: (138, 83, 0), Result.REFUSED: (173, 30, 45)}


def receipt_paper(receipt: Receipt, own_name: str, *, printed: datetime) -> bytes:
    """The whole file."""
    sheet = Sheet("Receipt", printed=printed, said_below="As it stood when it was printed.")
    _write_amount(sheet, receipt)
    for name, value in _facts(receipt, own_name):
        _write_fact(sheet, name, value)
    sheet.set_y(sheet.y + 8)
    _write_steps(sheet, receipt)
    return bytes(sheet.output())


def _write_amount(sheet: Sheet, receipt: Receipt) -> None:
    one, top = receipt.happened, sheet.y
    sheet.write_at(MARGIN, top + 5, kind_of(one), size=LARGE, is_strong=True)
    sheet.write_to(
        sheet.w - MARGIN,
        top + 5,
        receipt.standing or standing_of(one),
        size=NORMAL,
        ink=_COLOURS[one.result],
        is_strong=True,
    )
    sheet.write_at(MARGIN, top + 19, signed(one), size=28, is_strong=True)
    sheet.write_at(MARGIN, top + 26, in_words(abs(one.amount_paise)), ink=QUIET, width=sheet.inner_width)
    sheet.rule(top + 32)
    sheet.set_y(top + 32)


def _facts(receipt: Receipt, own_name: str) -> list[tuple[str, str]]:
    one = receipt.happened
    other = who_of(one)
    giver, taker = (other, own_name) if one.amount_paise > 0 else (own_name, other)
    facts = [
        ("From", giver),
        ("Paid to", taker),
        ("Amount", format_rupees(abs(one.amount_paise))),
        ("Refunded", receipt.refunded),
        ("Time", time_of(one.at)),
        ("Message", one.note or ""),
        ("Bank reference", one.reference or ""),
        ("Transaction id", str(one.id)),
    ]
    return [(name, value) for name, value in facts if value]


def _write_fact(sheet: Sheet, name: str, value: str) -> None:
    sheet.write_at(MARGIN, sheet.y + 5.7, name, ink=QUIET)
    for line in sheet.lines_of(value, sheet.inner_width - _NAMES):
        sheet.write_at(MARGIN + _NAMES, sheet.y + 5.7, line, ink=INK)
        sheet.set_y(sheet.y + 5.5)
    sheet.set_y(sheet.y - 5.5 + _FACT)
    sheet.rule(sheet.y)


def _write_steps(sheet: Sheet, receipt: Receipt) -> None:
    if not receipt.steps:
        return
    sheet.write_at(MARGIN, sheet.y + 4, "Step by step", size=LARGE, is_strong=True)
    sheet.set_y(sheet.y + 9)
    for step in receipt.steps:
        if sheet.y + 6 > sheet.lowest:
            sheet.add_page()
        sheet.write_at(MARGIN, sheet.y + 4, step.when or "Not yet", size=SMALL + 1, ink=QUIET, width=_NAMES)
        sheet.write_at(MARGIN + _NAMES, sheet.y + 4, step.title, width=_LONGEST_STEP + 38)
        sheet.set_y(sheet.y + 6.5)
