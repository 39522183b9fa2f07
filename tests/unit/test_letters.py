"""Which letters stand on paper: those of the fonts as they are, others in Latin, and never an empty box."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_ui.letters import _FILES, _drawn_by, drawable, is_plain


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("Asha Rao", "Asha Rao"),
        ("₹12,34,567.89", "₹12,34,567.89"),
        ("अशोक", "अशोक"),
        ("তানভীর", "তানভীর"),
        ("தமிழ்ச்செல்வி", "தமிழ்ச்செல்வி"),
        ("శ్రీనివాస్", "శ్రీనివాస్"),
        ("محمد علی", "محمد علی"),
        ("ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ", "Gurapreet Singh"),
        ("નરેન્દ્ર પટેલ", "Narendra Patel"),
        ("ಶ್ರೀನಿವಾಸ ಗೌಡ", "Shreenivaasa Gauda"),
        ("ലക്ഷ്മി നായർ", "Lakshmi Naayar"),
        ("ସୁଭାଷ ପଟ୍ଟନାୟକ", "Subhaasha Pattanaayaka"),
        ("Kṛṣṇa Śāstrī", "Krsna Śāstrī"),
        ("王小明", "???"),
        ("A\u202eB", "AB"),
    ],
)
def test_a_name_stands_on_paper_so_that_it_can_be_read(name: str, drawn: str) -> None:
    assert drawable(name) == drawn


@given(st.text(max_size=40))
def test_whatever_is_written_every_letter_of_it_is_in_a_font(text: str) -> None:
    known = frozenset[int]().union(*(_drawn_by(name) for name in _FILES))

    assert {ord(one) for one in drawable(text)} <= known


def test_letters_that_join_are_not_drawn_one_by_one() -> None:
    assert is_plain("₹500 to Śāstrī")
    assert not is_plain("अशोक")
    assert not is_plain("محمد")
