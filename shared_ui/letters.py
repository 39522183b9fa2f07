"""Fonts for paper: which scripts they can draw, and Latin letters for what they cannot. Nothing becomes an empty box.

Drawn as they are: Latin with the rupee sign, and Devanagari, Bengali, Tamil, Telugu and Arabic (Urdu), joined as each
script wants it. Gujarati, Gurmukhi, Kannada, Malayalam and Odia are written in Latin letters: their blocks of Unicode
lie in the same order as Devanagari's, so one table reads all five. What is left stands as a question mark.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files

from fontTools.ttLib import TTFont

from wallet.written import hides_something

LATIN = "Hind"
_FILES = {
    LATIN: ("fontpkg_hind", "Hind-Regular.ttf"),
    "Hind Siliguri": ("fontpkg_hind_siliguri", "HindSiliguri-Regular.ttf"),
    "Noto Sans Tamil": ("fontpkg_noto_sans_tamil", "NotoSansTamil[wdth,wght].ttf"),
    "Noto Sans Telugu": ("fontpkg_noto_sans_telugu", "NotoSansTelugu[wdth,wght].ttf"),
    "Noto Sans Arabic": ("fontpkg_noto_sans_arabic", "NotoSansArabic[wdth,wght].ttf"),
}
OTHERS = tuple(name for name in _FILES if name != LATIN)
_STRONG = ("fontpkg_hind", "Hind-SemiBold.ttf")
_UNKNOWN = "?"
_BLOCK = 0x80
_LIKE_DEVANAGARI = (0x0A00, 0x0A80, 0x0B00, 0x0C80, 0x0D00)
_VOWELS = dict(
    zip(range(0x05, 0x15), ("a", "aa", "i", "ee", "u", "oo", "ri", "li", *"eeeeoooo"), strict=True)
) | {0x10: "ai", 0x14: "au"}
_SIGNS = {0x3E: "aa", 0x3F: "i", 0x40: "ee", 0x41: "u", 0x42: "oo", 0x43: "ri", 0x44: "ri"} | {
    **dict.fromkeys(range(0x45, 0x49), "e"),
    **dict.fromkeys(range(0x49, 0x4D), "o"),
    0x48: "ai",
    0x4C: "au",
}
_CONSONANTS = dict(
    enumerate(
        (
            *("k", "kh", "g", "gh", "ng", "ch", "chh", "j", "jh", "ny"),
            *("t", "th", "d", "dh", "n", "t", "th", "d", "dh", "n", "n"),
            *("p", "ph", "b", "bh", "m", "y", "r", "r", "l", "l", "l", "v", "sh", "sh", "s", "h"),
        ),
        0x15,
    )
) | {0x5C: "r", 0x5D: "rh", 0x5F: "y"}
_NASALS = {0x01: "n", 0x02: "n", 0x03: "h", 0x70: "n"}
_WITHOUT_VOWEL = dict(zip(range(0x7A, 0x80), "nnrllk", strict=True))
_VIRAMA, _DIGITS = 0x4D, range(0x66, 0x70)
_FIRST_THAT_SPEAKS_THE_LAST = 0x0B00
_JOINED = range(0x0300, 0x2000)
"""Accents of their own, and every script whose letters change with their neighbours."""


def font_files() -> dict[str, str]:
    """Each font's file, by its name."""
    return {name: _path(*where) for name, where in _FILES.items()}


def strong_file() -> str:
    """The heavier cut of the Latin one."""
    return _path(*_STRONG)


def drawable(text: str) -> str:
    """The text as our fonts can draw it, on one line."""
    whole = unicodedata.normalize("NFC", text)
    if all(ord(one) in _drawn_by(LATIN) for one in whole):
        return whole
    return " ".join(_drawable(word) for word in whole.split(" "))


def is_plain(text: str) -> bool:
    """Whether the Latin font draws it, letter after letter."""
    return all(ord(one) in _drawn_by(LATIN) and ord(one) not in _JOINED for one in text)


def _drawable(word: str) -> str:
    places = [_in_devanagaris_order(one) for one in word]
    if not any(places):
        return "".join(map(_letter, word))
    said = [
        _letter(one) if place is None else _in_latin(place, following)
        for one, place, following in zip(word, places, [*places[1:], None], strict=True)
    ]
    # Gujarati and Punjabi do not speak the vowel that ends a word and is not written.
    is_silent = (
        len(word) > 1
        and places[-1] in _CONSONANTS
        and places[-2] != _VIRAMA
        and ord(word[-1]) < _FIRST_THAT_SPEAKS_THE_LAST
    )
    return "".join(said).removesuffix("a" if is_silent else "").capitalize()


def _letter(one: str) -> str:
    if any(ord(one) in _drawn_by(name) for name in _FILES):
        return one
    if hides_something(one):
        return ""
    parts = unicodedata.normalize("NFKD", one)
    return "".join(part for part in parts if ord(part) in _drawn_by(LATIN)) or _UNKNOWN


def _in_devanagaris_order(one: str) -> int | None:
    """Where it stands in its block, for scripts that we have no font of."""
    block, place = divmod(ord(one), _BLOCK)
    return place if block * _BLOCK in _LIKE_DEVANAGARI else None


def _in_latin(place: int, following: int | None) -> str:
    if place in _CONSONANTS:
        is_bare = following in _SIGNS or following == _VIRAMA
        return _CONSONANTS[place] + ("" if is_bare else "a")
    if place in _DIGITS:
        return str(_DIGITS.index(place))
    return (_VOWELS | _SIGNS | _NASALS | _WITHOUT_VOWEL).get(place, "")


@cache
def _drawn_by(name: str) -> frozenset[int]:
    with TTFont(font_files()[name]) as font:
        return frozenset(font.getBestCmap() or ())


def _path(package: str, file: str) -> str:
    return str(files(package) / "files" / file)
