"""What people write, in any script: which characters cannot be seen, and so may hide something."""

from __future__ import annotations

import unicodedata

_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = {"\u200c", "\u200d"}
"""Zero-width joiners: Indian scripts need them inside words."""


def hides_something(text: str) -> bool:
    """Whether there is a control character, a change of direction, half a character or the like in it."""
    return any(unicodedata.category(one) in _INVISIBLE and one not in _JOINERS for one in text)
