"""What a counter says aloud, in two languages; and no two amounts in the same words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some

from money.announcements import received_in_english, received_in_hindi
from money.hindi_words import in_hindi
from money.rupees import LARGEST_PAISE

SIZES = {"सौ": 10**2, "हज़ार": 10**3, "लाख": 10**5}
BELOW_A_HUNDRED = {in_hindi(number * 100).partition(" ")[0]: number for number in range(100)}


@pytest.mark.parametrize(
    ("paise", "english", "hindi"),
    [
        (120_00, "Received one hundred twenty rupees", "एक सौ बीस रुपये प्राप्त हुए"),
        (1_00, "Received one rupee", "एक रुपया प्राप्त हुआ"),
        (1, "Received one paisa", "एक पैसा प्राप्त हुआ"),
        (1_01, "Received one rupee and one paisa", "एक रुपया और एक पैसा प्राप्त हुए"),
        (50, "Received fifty paise", "पचास पैसे प्राप्त हुए"),
        (20_00, "Received twenty rupees", "बीस रुपये प्राप्त हुए"),
        (99_50, "Received ninety-nine rupees and fifty paise", "निन्यानवे रुपये और पचास पैसे प्राप्त हुए"),
        (1_250_00, "Received one thousand two hundred fifty rupees", "एक हज़ार दो सौ पचास रुपये प्राप्त हुए"),
        (1_20_000_00, "Received one lakh twenty thousand rupees", "एक लाख बीस हज़ार रुपये प्राप्त हुए"),
        (1_00_00_000_00, "Received one crore rupees", "एक करोड़ रुपये प्राप्त हुए"),
        (
            12_34_567_89,
            "Received twelve lakh thirty-four thousand five hundred sixty-seven rupees and eighty-nine paise",
            "बारह लाख चौंतीस हज़ार पाँच सौ सड़सठ रुपये और नवासी पैसे प्राप्त हुए",
        ),
        (1_00_000 * 10**7 * 100, "Received one lakh crore rupees", "एक लाख करोड़ रुपये प्राप्त हुए"),
    ],
)
def test_the_counter_says_what_has_arrived(paise: int, english: str, hindi: str) -> None:
    assert received_in_english(paise) == english
    assert received_in_hindi(paise) == hindi


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (0, "शून्य"),
        (5, "पाँच"),
        (6, "छह"),
        (11, "ग्यारह"),
        (18, "अठारह"),
        (19, "उन्नीस"),
        (25, "पच्चीस"),
        (29, "उनतीस"),
        (33, "तैंतीस"),
        (36, "छत्तीस"),
        (39, "उनतालीस"),
        (42, "बयालीस"),
        (49, "उनचास"),
        (55, "पचपन"),
        (59, "उनसठ"),
        (64, "चौंसठ"),
        (67, "सड़सठ"),
        (69, "उनहत्तर"),
        (75, "पचहत्तर"),
        (79, "उनासी"),
        (84, "चौरासी"),
        (89, "नवासी"),
        (90, "नब्बे"),
        (95, "पंचानवे"),
        (99, "निन्यानवे"),
    ],
)
def test_each_number_below_a_hundred_has_a_word_of_its_own(number: int, word: str) -> None:
    assert in_hindi(number * 100) == f"{word} {'रुपया' if number == 1 else 'रुपये'}"


def test_no_word_stands_for_two_numbers_and_none_is_written_in_two_ways() -> None:
    assert len(BELOW_A_HUNDRED) == 100
    assert all(word == unicodedata.normalize("NFC", word) for word in BELOW_A_HUNDRED)


@given(some.integers(min_value=0, max_value=LARGEST_PAISE) | some.integers(min_value=0, max_value=10**6))
def test_whoever_hears_the_hindi_words_writes_the_same_amount(paise: int) -> None:
    assert heard(in_hindi(paise)) == paise


def heard(words: str) -> int:
    total = 0
    for part in words.split(" और "):
        number, unit = part.rsplit(" ", 1)
        assert unit in (("रुपया", "पैसा") if number == "एक" else ("रुपये", "पैसे"))
        total += count(number) * (100 if unit.startswith("र") else 1)
    return total


def count(words: str) -> int:
    crores, crore, rest = words.rpartition("करोड़")
    total, last = 0, 0
    for word in rest.split():
        if word in SIZES:
            total, last = total + last * SIZES[word], 0
        else:
            last = BELOW_A_HUNDRED[word]
    return total + last + (count(crores) * 10**7 if crore else 0)
