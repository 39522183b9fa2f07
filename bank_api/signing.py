"""Standard Webhooks: sign what a bank sends, and know its signature when it arrives.

The sender signs with the `standardwebhooks` library. The receiver verifies by HMAC directly, because the
library decodes the body and the signatures before judging them: a signature without a comma, bad base64 or a
body that is not UTF-8 escapes from it as ValueError, binascii.Error or UnicodeDecodeError, it takes
timestamps such as ` 17_69…` and `….9`, and it can neither be given the time nor several secrets.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

TOLERANCE_SECONDS = 300
MOST_SIGNATURES = 8
_PREFIX = "whsec_"
_TIMESTAMP = re.compile(r"[0-9]{10}")
_EVENT_ID = re.compile(r"[\x21-\x7e]{1,256}")


class BadSignature(Exception):
    """The message is unsigned, wrongly signed, or too old or too new. Which of them is for our log only."""


def sign(secret: str, *, event_id: str, timestamp: datetime | int, body: bytes) -> dict[str, str]:
    """The three headers for one attempt at delivering `body` (UTF-8); sign each attempt anew."""
    moment = (
        datetime.fromtimestamp(timestamp, UTC) if isinstance(timestamp, int) else timestamp.astimezone(UTC)
    )
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, moment, body.decode()),
    }


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], *, now: datetime | int) -> str:
    """The event's id. Raises BadSignature. Where many messages arrive, keep a `Verifier`."""
    return Verifier(secrets).verify(headers, body, now=now)


class Verifier:
    """Knows one bank's secrets, newest first; a message that any of them signed is the bank's."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """Raises ValueError for no secret, or one that is not base64 (with or without `whsec_`)."""
        if not secrets:
            raise ValueError("a bank needs at least one webhook secret")
        self._keys = tuple(_key(secret) for secret in secrets)

    def verify(self, headers: Mapping[str, str], body: bytes, *, now: datetime | int) -> str:
        """The event's id (1 to 256 printable characters). Raises BadSignature, and nothing else."""
        try:
            event_id = headers["webhook-id"]
            timestamp = headers["webhook-timestamp"]
            signatures = headers["webhook-signature"]
        except KeyError:
            lower = {name.lower(): value for name, value in headers.items()}
            event_id = lower.get("webhook-id", "")
            timestamp = lower.get("webhook-timestamp", "")
            signatures = lower.get("webhook-signature", "")
        return self.verify_parts(event_id, timestamp, signatures, body, now=now)

    def verify_parts(
        self, event_id: str, timestamp: str, signatures: str, body: bytes, *, now: datetime | int
    ) -> str:
        """The same for the three headers' values."""
        if not _EVENT_ID.fullmatch(event_id):
            raise BadSignature("webhook-id is missing or not 1 to 256 printable characters")
        if not _TIMESTAMP.fullmatch(timestamp):
            raise BadSignature("webhook-timestamp is missing or not ten digits")
        seconds_now = now if isinstance(now, int) else int(now.timestamp())
        if abs(seconds_now - int(timestamp)) > TOLERANCE_SECONDS:
            raise BadSignature("webhook-timestamp is more than five minutes away")
        if not signatures.isascii() or signatures.count(" ") >= MOST_SIGNATURES:
            raise BadSignature("webhook-signature holds more than eight signatures, or more than ASCII")
        if not self._signed_by_us(
            f"{event_id}.{timestamp}.".encode() + body, signatures.encode().split(b" ")
        ):
            raise BadSignature("no signature matches")
        return event_id

    def _signed_by_us(self, content: bytes, given: list[bytes]) -> bool:
        # The texts are compared, not the decoded bytes: there is one base64 of a signature, and nothing
        # hostile is ever decoded.
        for key in self._keys:
            right = b"v1," + binascii.b2a_base64(hmac.digest(key, content, "sha256"), newline=False)
            for one in given:
                if hmac.compare_digest(right, one):
                    return True
        return False


def _key(secret: str) -> bytes:
    text = secret.removeprefix(_PREFIX).rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:  # its text might show the secret
        key = b""
    if not key:
        raise ValueError("a webhook secret is whsec_ followed by base64")
    return key
