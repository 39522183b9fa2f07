"""Where the database is: DATABASE_URL, or else the embedded one, started if need be."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from settings import settings
from shared_db.embedded_postgres import EmbeddedPostgres, ensure_running


@contextmanager
def database_address() -> Generator[str]:
    """The database's URL; an embedded server lives at least as long as the block. Raises DatabaseRefused."""
    given = settings().database_url
    if given is not None:
        yield given.get_secret_value()
        return
    with embedded_postgres() as server:
        yield server.url


def embedded_postgres() -> EmbeddedPostgres:
    """The embedded server of this BATUA_DATA, for whoever watches over it."""
    return ensure_running(
        settings().folder / "postgres",
        password=settings().database_password.get_secret_value(),
        port=settings().database_port,
    )
