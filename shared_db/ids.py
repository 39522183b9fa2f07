"""Ids are made by the application and ordered by time, so an index grows at its end and a shard needs no sequence."""

from __future__ import annotations

import uuid

from uuid_utils import compat


def new_id() -> uuid.UUID:
    """A UUID version 7 (RFC 9562)."""
    return compat.uuid7()
