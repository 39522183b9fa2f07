"""A table for whoever sits at the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table


def print_table(title: str, headings: tuple[str, ...], *rows: tuple[str, ...]) -> None:
    """On standard output; each row has a cell per heading, and no cell is broken."""
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    for row in rows:
        table.add_row(*row)
    Console(width=120, highlight=False).print(table)
