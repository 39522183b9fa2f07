"""A sheet of A4 as both apps print it: their name above, page numbers below, text of any script that we can draw."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from money.times import ist
from shared_ui.letters import LATIN, OTHERS, drawable, font_files, is_plain, strong_file

MARGIN = 16
INK, QUIET, LINE = (28, 28, 40), (96, 98, 115), (216, 218, 228)
TITLE, LARGE, NORMAL, SMALL = 18, 13, 9.5, 7.5
_BOTTOM = 22
_BRAND = "Batua"
_CUT = "…"
_MARKS = {"Mn", "Mc", "Cf"}


class Sheet(FPDF):
    """Millimetres from the top left. `said_below` stands at the foot of each page."""

    def __init__(self, title: str, *, printed: datetime, said_below: str) -> None:
        super().__init__(format="A4")
        for name, file in font_files().items():
            self.add_font(name, fname=file)
        self.add_font(LATIN, style="B", fname=strong_file())
        self.set_fallback_fonts([name.lower() for name in OTHERS], exact_match=False)
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(auto=False)
        self.set_title(title)
        self.set_author(_BRAND)
        self.set_lang("en-IN")
        self.set_creation_date(printed)
        self._title = title
        self._below = f"{said_below} Printed {ist(printed)} IST."
        self.add_page()

    @property
    def inner_width(self) -> float:
        return self.w - 2 * MARGIN

    @property
    def lowest(self) -> float:
        """Below this, the foot begins."""
        return self.h - _BOTTOM

    def header(self) -> None:
        self.write_at(MARGIN, 20, _BRAND, size=TITLE, is_strong=True)
        self.write_to(self.w - MARGIN, 20, self._title, size=LARGE, ink=QUIET)
        self.rule(24)
        self.set_y(32)

    def footer(self) -> None:
        self.rule(self.h - 16)
        self.write_at(MARGIN, self.h - 11, self._below, size=SMALL, ink=QUIET, width=140)
        self.use(SMALL, QUIET)
        # The width of the last number is not known yet, so this one begins where it stands instead of ending there.
        self.set_xy(self.w - MARGIN - 24, self.h - 13.4)
        self.cell(24, 3, f"Page {self.page_no()} of {{nb}}")

    def rule(self, at: float) -> None:
        self.set_draw_color(*LINE)
        self.line(MARGIN, at, self.w - MARGIN, at)

    def use(self, size: float, ink: tuple[int, int, int] = INK, *, is_strong: bool = False) -> None:
        self.set_font(LATIN, style="B" if is_strong else "", size=size)
        self.set_text_color(*ink)

    def write_at(
        self,
        left: float,
        base: float,
        text: str,
        *,
        size: float = NORMAL,
        ink: tuple[int, int, int] = INK,
        is_strong: bool = False,
        width: float | None = None,
    ) -> None:
        """One line that begins here; what is wider than `width` is cut, and says so."""
        self.use(size, ink, is_strong=is_strong)
        self._draw(left, base, self._fitting(drawable(text), width))

    def write_to(
        self,
        right: float,
        base: float,
        text: str,
        *,
        size: float = NORMAL,
        ink: tuple[int, int, int] = INK,
        is_strong: bool = False,
    ) -> None:
        """One line that ends here."""
        self.use(size, ink, is_strong=is_strong)
        shown = drawable(text)
        self._draw(right - self._width(shown), base, shown)

    def lines_of(self, text: str, width: float, *, size: float = NORMAL) -> list[str]:
        """The text in as many lines as it needs; words are broken only where they are too long."""
        self.use(size)
        lines, left = [], drawable(text)
        while self._width(left) > width:
            fits = self._longest_fitting(left, width)
            cut = left.rfind(" ", 1, fits + 1)
            cut = cut if cut > 0 else max(1, fits)
            lines.append(left[:cut].rstrip())
            left = left[cut:].lstrip()
        return [*lines, left]

    def _draw(self, left: float, base: float, text: str) -> None:
        if is_plain(text):
            self.text(left, base, text)
            return
        before = self.x, self.y
        self.set_text_shaping(use_shaping_engine=True)
        height = self.font_size
        self.set_xy(left - self.c_margin, base - 0.8 * height)
        self.cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.TOP)
        self.set_text_shaping(use_shaping_engine=False)
        self.set_xy(*before)

    def _width(self, text: str) -> float:
        if is_plain(text):
            return self.get_string_width(text)
        self.set_text_shaping(use_shaping_engine=True)
        width = self.get_string_width(text)
        self.set_text_shaping(use_shaping_engine=False)
        return width

    def _fitting(self, text: str, width: float | None) -> str:
        if width is None or self._width(text) <= width:
            return text
        return text[: self._longest_fitting(text, width - self._width(_CUT))].rstrip() + _CUT

    def _longest_fitting(self, text: str, width: float) -> int:
        """So many characters at most, and no letter without its marks."""
        fits, too_many = 0, len(text)
        while too_many - fits > 1:
            middle = (fits + too_many) // 2
            if self._width(text[:middle]) <= width:
                fits = middle
            else:
                too_many = middle
        while 0 < fits < len(text) and unicodedata.category(text[fits]) in _MARKS:
            fits -= 1
        return fits
