"""Amounts in Hindi words. Every number below a hundred has a word of its own."""

from __future__ import annotations

from money.rupees import rupees_and_paise

_SMALL = (
    *("शून्य", "एक", "दो", "तीन", "चार", "पाँच", "छह", "सात", "आठ", "नौ"),
    *("दस", "ग्यारह", "बारह", "तेरह", "चौदह", "पंद्रह", "सोलह", "सत्रह", "अठारह", "उन्नीस"),
    *("बीस", "इक्कीस", "बाईस", "तेईस", "चौबीस", "पच्चीस", "छब्बीस", "सत्ताईस", "अट्ठाईस", "उनतीस"),
    *("तीस", "इकतीस", "बत्तीस", "तैंतीस", "चौंतीस", "पैंतीस", "छत्तीस", "सैंतीस", "अड़तीस", "उनतालीस"),
    *("चालीस", "इकतालीस", "बयालीस", "तैंतालीस", "चौवालीस", "पैंतालीस", "छियालीस", "सैंतालीस", "अड़तालीस", "उनचास"),
    *("पचास", "इक्यावन", "बावन", "तिरपन", "चौवन", "पचपन", "छप्पन", "सत्तावन", "अट्ठावन", "उनसठ"),
    *("साठ", "इकसठ", "बासठ", "तिरसठ", "चौंसठ", "पैंसठ", "छियासठ", "सड़सठ", "अड़सठ", "उनहत्तर"),
    *("सत्तर", "इकहत्तर", "बहत्तर", "तिहत्तर", "चौहत्तर", "पचहत्तर", "छिहत्तर", "सतहत्तर", "अठहत्तर", "उनासी"),
    *("अस्सी", "इक्यासी", "बयासी", "तिरासी", "चौरासी", "पचासी", "छियासी", "सत्तासी", "अट्ठासी", "नवासी"),
    *("नब्बे", "इक्यानवे", "बानवे", "तिरानवे", "चौरानवे", "पंचानवे", "छियानवे", "सत्तानवे", "अट्ठानवे", "निन्यानवे"),
)
_LARGE = ((10**7, "करोड़"), (10**5, "लाख"), (10**3, "हज़ार"), (10**2, "सौ"))


def in_hindi(paise: int) -> str:
    """`एक लाख बीस हज़ार रुपये`, `निन्यानवे रुपये और पचास पैसे`, `पचास पैसे`."""
    assert paise >= 0, "a sign is shown, not spoken"
    rupees, rest = rupees_and_paise(paise)
    spoken: list[str] = []
    if rupees or not rest:
        spoken.append(f"{_number(rupees)} {'रुपया' if rupees == 1 else 'रुपये'}")
    if rest:
        spoken.append(f"{_number(rest)} {'पैसा' if rest == 1 else 'पैसे'}")
    return " और ".join(spoken)


def _number(number: int) -> str:
    """Beyond a crore the crores are counted in the same words: `एक लाख करोड़`."""
    for size, name in _LARGE:
        if number >= size:
            count, rest = divmod(number, size)
            return f"{_number(count)} {name}" + (f" {_number(rest)}" if rest else "")
    return _SMALL[number]
