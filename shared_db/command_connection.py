"""A command's own connection: what a person can put right about it is said in a sentence."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import psycopg

from shared_db.embedded.errors import DatabaseRefused
from shared_db.postgres_tools import libpq

NO_BATUA = (
    "This database holds no Batua, or that of an earlier release. `manage.py migrate` makes its tables; "
    "if it was just brought back, then `manage.py hold` before anything else uses it."
)


@contextmanager
def connected(url: str) -> Generator[psycopg.Connection]:
    """One transaction. Raises DatabaseRefused where there is no database, or no Batua in it."""
    try:
        with psycopg.connect(libpq(url)) as connection:
            yield connection
    except psycopg.errors.UndefinedTable as error:
        raise DatabaseRefused(NO_BATUA) from error
    except psycopg.OperationalError as error:
        raise DatabaseRefused(f"The database cannot be reached: {error}") from error
