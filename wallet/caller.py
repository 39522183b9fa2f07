"""Who is speaking to us, known by a token or a cookie that we gave out."""

from __future__ import annotations

import uuid
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """A person, and the session in which they speak."""

    owner_id: uuid.UUID
    session_id: uuid.UUID
