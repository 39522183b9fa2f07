"""Where the database is: DATABASE_URL, or else the embedded one, started if need be."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from runtime.dev_secrets import fill_in, read
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
    here = settings()
    # Only this server is given the password, and only on this machine: it may be a generated one in prod as well.
    password = here.database_password.get_secret_value() or read(fill_in(here.folder))["DATABASE_PASSWORD"]
    return ensure_running(
        here.folder / "postgres",
        password=password,
        port=here.database_port,
    )
