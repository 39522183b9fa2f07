"""Letters that stand for a face."""

from __future__ import annotations

import pytest

from shared_ui.history import initials_of


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Asha Rao", "AR"),
        ("asha", "A"),
        ("Asha Devi Kumari Rao", "AR"),
        ("Asha (Rao) & Sons", "AS"),
        ("रवि कुमार", "रक"),
        ("  ", ""),
        ("(-)", ""),
    ],
)
def test_the_first_letters_of_the_first_and_the_last_word(name: str, letters: str):
    assert initials_of(name) == letters
