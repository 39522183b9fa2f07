"""Structured logs: one JSON object a line, with the correlation id that follows a payment across processes.

The id is made at the first door a request meets, kept in the payment's own row, and bound again by every
process that touches the payment, so `grep` for one id tells the whole walk.
"""

from __future__ import annotations

import functools
import logging
import random
import re
import sys
from collections.abc import Generator, MutableMapping
from contextlib import contextmanager
from typing import Any, cast

import structlog
from structlog.typing import FilteringBoundLogger, Processor

_SECRET_KEY = re.compile(r"password|secret|authorization|cookie|api_key|\botp\b", re.IGNORECASE)
_GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


def configure(process: str) -> None:
    """Send this process's logs, and those of its libraries, to standard output as JSON lines."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    foreign = logging.StreamHandler(sys.stdout)
    foreign.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[foreign], level=logging.WARNING, force=True)
    # Says several times a second that the database is away; our own retries say it once.
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    structlog.contextvars.bind_contextvars(process=process)


def logger(name: str) -> FilteringBoundLogger:
    """A logger for one module: `log.info("what happened", key=value)`."""
    return cast("FilteringBoundLogger", structlog.get_logger(module=name))


def new_correlation_id() -> str:
    """16 characters, random; no meaning of its own, and no secret: a system call for each would be wasted."""
    return f"{random.getrandbits(64):016x}"


def accepted_correlation_id(given: str | None) -> str:
    """The caller's id where it is a harmless one, else a new one (log injection, endless ids)."""
    return given if given and _GIVEN_ID.fullmatch(given) else new_correlation_id()


def current_correlation_id() -> str:
    """The id bound to the running task, or a new one."""
    bound = structlog.contextvars.get_contextvars().get("correlation_id")
    return bound if isinstance(bound, str) else new_correlation_id()


@contextmanager
def correlated(correlation_id: str) -> Generator[None]:
    """Everything logged inside carries this id."""
    with structlog.contextvars.bound_contextvars(correlation_id=correlation_id):
        yield


def _redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in event:
        if _is_secret(key):
            event[key] = "[redacted]"
    return event


@functools.lru_cache(maxsize=4096)
def _is_secret(key: str) -> bool:
    return _SECRET_KEY.search(key) is not None
