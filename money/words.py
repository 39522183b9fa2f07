"""Amounts in English words, counted the Indian way: what stands below an amount while a person types it."""

from __future__ import annotations

from money.rupees import rupees_and_paise

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_LARGE = ((10**7, "crore"), (10**5, "lakh"), (10**3, "thousand"), (10**2, "hundred"))


def in_words(paise: int) -> str:
    """`One lakh twenty thousand rupees`, `Ninety-nine rupees and fifty paise`, `Fifty paise`."""
    assert paise >= 0, "a sign is shown, not spoken"
    rupees, rest = rupees_and_paise(paise)
    spoken: list[str] = []
    if rupees or not rest:
        spoken.append(_counted(rupees, "rupee", "rupees"))
    if rest:
        spoken.append(_counted(rest, "paisa", "paise"))
    return " and ".join(spoken).capitalize()


def _counted(number: int, one: str, many: str) -> str:
    return f"{_number(number)} {one if number == 1 else many}"


def _number(number: int) -> str:
    """Beyond a crore the crores are counted in the same words: `one lakh crore`."""
    for size, name in _LARGE:
        if number >= size:
            count, rest = divmod(number, size)
            return f"{_number(count)} {name}" + (f" {_number(rest)}" if rest else "")
    if number < len(_SMALL):
        return _SMALL[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens] + (f"-{_SMALL[ones]}" if ones else "")
