"""The last two lines of a backup's file: what is in it and as of when, and a seal over each byte before."""

from __future__ import annotations

import hashlib
import json
import os
import re
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

_SEAL, _DIGITS = b"\nBatua backup, sha256 of all before this line: %s\n", 64
_INSIDE = b"\nBatua backup, what is inside: %s"
_READ_INSIDE = re.compile(rb"\nBatua backup, what is inside: (\{[^\n]*\})\Z")
_LONGEST_INSIDE = 4_096
_CHUNK_BYTES = 1_048_576


class Inside(NamedTuple):
    """What a backup holds, as it was told when it was made."""

    snapshot_at: datetime
    accounts: int
    transfers: int


def seal(file: BinaryIO, inside: Inside) -> None:
    """`pg_restore` does not see that the last bytes of a file are gone, nor that one of them is another."""
    told = inside._asdict() | {"snapshot_at": inside.snapshot_at.isoformat()}
    file.seek(0, os.SEEK_END)
    file.write(_INSIDE % json.dumps(told).encode())
    line = _SEAL % _digest_of(file, file.tell())
    file.seek(0, os.SEEK_END)
    file.write(line)
    file.flush()


def is_whole(path: Path) -> bool:
    """Whether each byte is as it was written: its seal is that of what stands before it."""
    with path.open("rb") as file:
        sealed = _start_of_seal(file)
        if sealed < 0:
            return False
        file.seek(sealed)
        line = file.read()
        return line == _SEAL % _digest_of(file, sealed)


def inside(path: Path) -> Inside | None:
    """What a whole file says of itself; None: it was made before backups did."""
    with path.open("rb") as file:
        sealed = _start_of_seal(file)
        file.seek(max(0, sealed - _LONGEST_INSIDE))
        found = _READ_INSIDE.search(file.read(sealed - file.tell()))
    if not found:
        return None
    told = json.loads(found[1])
    return Inside(datetime.fromisoformat(told["snapshot_at"]), told["accounts"], told["transfers"])


def fingerprint(path: Path) -> dict[str, object]:
    """Name, size and SHA-256 of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return {"file": str(path), "bytes": file.tell(), "sha256": digest.hexdigest()}


def _start_of_seal(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END) - len(_SEAL % b"") - _DIGITS


def _digest_of(file: BinaryIO, length: int) -> bytes:
    """The SHA-256 of the first bytes, in hexadecimal digits."""
    digest = hashlib.sha256()
    file.seek(0)
    while length and (chunk := file.read(min(length, _CHUNK_BYTES))):
        digest.update(chunk)
        length -= len(chunk)
    return digest.hexdigest().encode()
