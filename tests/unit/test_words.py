"""Amounts in words: the Indian system, and no two amounts in the same words."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from money.rupees import LARGEST_PAISE
from money.words import in_words

SIZES = {"hundred": 10**2, "thousand": 10**3, "lakh": 10**5}
SMALL = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
]
LARGEST_CRORES = "Nine hundred twenty-two crore thirty-three lakh seventy-two thousand thirty-six crore"
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
WORTH = {word: number for number, word in enumerate(SMALL)} | {
    word: 10 * number for number, word in enumerate(TENS, 2)
}


@pytest.mark.parametrize(
    ("paise", "words"),
    [
        (1_20_000_00, "One lakh twenty thousand rupees"),
        (1_00, "One rupee"),
        (99_50, "Ninety-nine rupees and fifty paise"),
        (50, "Fifty paise"),
        (1, "One paisa"),
        (1_01, "One rupee and one paisa"),
        (0, "Zero rupees"),
        (13_00, "Thirteen rupees"),
        (40_00, "Forty rupees"),
        (105_00, "One hundred five rupees"),
        (
            12_34_567_89,
            "Twelve lakh thirty-four thousand five hundred sixty-seven rupees and eighty-nine paise",
        ),
        (1_00_00_000_00, "One crore rupees"),
        (1_00_000 * 10**7 * 100, "One lakh crore rupees"),
        (
            LARGEST_PAISE,
            f"{LARGEST_CRORES} eighty-five lakh forty-seven thousand seven hundred fifty-eight rupees and seven paise",
        ),
    ],
)
def test_an_amount_is_spoken_as_people_in_india_say_it(paise: int, words: str) -> None:
    assert in_words(paise) == words


@given(some.integers(min_value=0, max_value=LARGEST_PAISE) | some.integers(min_value=0, max_value=10**6))
def test_whoever_hears_the_words_writes_the_same_amount(paise: int) -> None:
    words = in_words(paise)

    assert heard(words) == paise
    assert words[0].isupper()
    assert words[1:] == words[1:].lower()


def heard(words: str) -> int:
    total = 0
    for part in words.lower().split(" and "):
        number, unit = part.rsplit(" ", 1)
        assert unit in (("rupee", "paisa") if number == "one" else ("rupees", "paise"))
        total += count(number) * (100 if unit.startswith("r") else 1)
    return total


def count(words: str) -> int:
    crores, crore, rest = words.rpartition("crore")
    total, last = 0, 0
    for word in rest.split():
        if word in SIZES:
            total, last = total + last * SIZES[word], 0
        else:
            last = sum(WORTH[part] for part in word.split("-"))
    return total + last + (count(crores) * 10**7 if crore else 0)
