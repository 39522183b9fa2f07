"""Shops for a measurement, opened by the thousand."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from shared_db.ids import new_id


def open_shops(url: str, count: int) -> Sequence[str]:
    """Their handles: so many merchants, each with an account of 0."""
    shops = {f"shop{number}": new_id() for number in range(count)}
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        with cursor.copy("COPY accounts (id, kind, name) FROM STDIN") as copy:
            for one in shops.values():
                copy.write_row((one, "merchant", "merchant"))
        with cursor.copy(
            "COPY balances (account_id, balance_paise, held_paise, last_number) FROM STDIN"
        ) as copy:
            for one in shops.values():
                copy.write_row((one, 0, 0, 0))
        with cursor.copy("COPY merchants (id, email, name, handle) FROM STDIN") as copy:
            for handle, one in shops.items():
                copy.write_row((one, f"{handle}@bench.example", "Bench Shop", handle))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE merchants, accounts, balances")
    return list(shops)
