"""Whose signature we know, and what we do with everything else."""

import base64
import hashlib
import hmac
import time
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from bank_api.signing import BadSignature, Verifier, sign, verify

NOW = 1_795_000_000
OLD, NEW = ("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
BODY = '{"note": "चाय"}'.encode()


def signed(
    body: bytes = BODY, *, secret: str = NEW, event_id: str = "evt_1", timestamp: int = NOW
) -> dict[str, str]:
    return sign(secret, event_id=event_id, timestamp=timestamp, body=body)


def test_what_the_bank_signed_is_known_by_its_id() -> None:
    assert verify(signed(), BODY, [NEW], now=NOW) == "evt_1"


def test_the_signature_is_the_one_of_the_standard() -> None:
    right = hmac.new(bytes([2]) * 32, b"evt_1.%d." % NOW + BODY, hashlib.sha256).digest()

    assert signed()["webhook-signature"] == "v1," + base64.b64encode(right).decode()


def test_the_standards_own_library_and_we_know_each_others_signatures() -> None:
    moment = datetime.now(UTC).replace(microsecond=0)
    library = Webhook(NEW)
    theirs = {
        "Webhook-Id": "evt_1",
        "Webhook-Timestamp": str(int(moment.timestamp())),
        "Webhook-Signature": library.sign("evt_1", moment, BODY.decode()),
    }

    assert verify(theirs, BODY, [NEW], now=moment) == "evt_1"
    library.verify(BODY, sign(NEW, event_id="evt_1", timestamp=moment, body=BODY), json_parse=False)


def test_while_a_secret_changes_both_are_known() -> None:
    verifier = Verifier([NEW, OLD])

    assert verifier.verify(signed(secret=OLD), BODY, now=NOW) == "evt_1"
    assert verifier.verify(signed(secret=NEW), BODY, now=NOW) == "evt_1"


def test_one_of_several_signatures_is_enough() -> None:
    headers = signed()
    headers["webhook-signature"] = "v1a,abc v1,AAAA nonsense, " + headers["webhook-signature"]

    assert verify(headers, BODY, [NEW], now=NOW) == "evt_1"


def test_another_banks_secret_is_not_known() -> None:
    with pytest.raises(BadSignature):
        verify(signed(secret=OLD), BODY, [NEW], now=NOW)


@pytest.mark.parametrize("changed", [BODY + b" ", BODY[:-1], b"", BODY.replace(b"note", b"Note")])
def test_a_body_changed_by_one_byte_is_not_known(changed: bytes) -> None:
    with pytest.raises(BadSignature):
        verify(signed(), changed, [NEW], now=NOW)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_clocks_may_differ_by_five_minutes(seconds: int) -> None:
    assert verify(signed(timestamp=NOW + seconds), BODY, [NEW], now=NOW) == "evt_1"


@pytest.mark.parametrize("seconds", [-301, 301, -360, 360])
def test_and_not_by_more(seconds: int) -> None:
    with pytest.raises(BadSignature):
        verify(signed(timestamp=NOW + seconds), BODY, [NEW], now=datetime.fromtimestamp(NOW, UTC))


def _headers(event_id: str, timestamp: str, signature: str) -> dict[str, str]:
    return {"webhook-id": event_id, "webhook-timestamp": timestamp, "webhook-signature": signature}


def _rightly(event_id: str, timestamp: str, body: bytes = BODY) -> dict[str, str]:
    """A right signature over a header that is none."""
    content = f"{event_id}.{timestamp}.".encode() + body
    mac = base64.b64encode(hmac.digest(bytes([2]) * 32, content, "sha256")).decode()
    return _headers(event_id, timestamp, "v1," + mac)


RIGHT = signed()["webhook-signature"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"webhook-id": "evt_1"},
        _headers("evt_1", str(NOW), ""),
        _headers("evt_1", str(NOW), "v1"),
        _headers("evt_1", str(NOW), RIGHT.replace("v1,", "")),
        _headers("evt_1", str(NOW), RIGHT.replace("v1,", "v1,,")),
        _headers("evt_1", str(NOW), RIGHT.replace("v1,", "v2,")),
        _headers("evt_1", str(NOW), "v1,!!!not base64!!!"),
        _headers("evt_1", str(NOW), "v1,a"),
        _headers("evt_1", str(NOW), RIGHT.rstrip("=")),
        _headers("evt_1", str(NOW), "v1,é" + RIGHT),
        _headers("evt_1", str(NOW), "v1,\ud800"),
        _headers("evt_1", str(NOW), "v1,AAAA " * 8 + RIGHT),
        _headers("evt_1", str(NOW), "v1,AAAA " * 100_000),
        _rightly("", str(NOW)),
        _rightly("e" * 257, str(NOW)),
        _rightly("evt 1", str(NOW)),
        _rightly("evt\n1", str(NOW)),
        _rightly("évt", str(NOW)),
        _rightly("evt_1", ""),
        _rightly("evt_1", f"{NOW}.9"),
        _rightly("evt_1", f" {NOW}"),
        _rightly("evt_1", f"{NOW}\n"),
        _rightly("evt_1", "1_795_000"),
        _rightly("evt_1", f"+{NOW}"),
        _rightly("evt_1", f"-{NOW}"),
        _rightly("evt_1", "१७९५००००००"),
        _rightly("evt_1", "nan"),
        _rightly("evt_1", "1e9"),
        _rightly("evt_1", "9" * 400),
    ],
    ids=range(30),
)
def test_whatever_is_no_signature_ends_in_one_error(headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        verify(headers, BODY, [NEW], now=NOW)


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"[" * 16_000, b"", b"not json"])
def test_a_body_of_any_bytes_is_only_weighed_never_read(body: bytes) -> None:
    assert verify(_rightly("evt_1", str(NOW), body), body, [NEW], now=NOW) == "evt_1"


@pytest.mark.parametrize("secrets", [[], [""], ["whsec_"], ["whsec_!!!"], [NEW, "whsec_ü"], ["whsec_a"]])
def test_a_bank_without_a_proper_secret_is_refused_when_we_start(secrets: list[str]) -> None:
    with pytest.raises(ValueError) as caught:
        Verifier(secrets)

    assert "!!!" not in str(caught.value)


def test_a_verification_takes_microseconds() -> None:
    verifier, headers = Verifier([NEW, OLD]), signed()

    started = time.perf_counter()
    for _ in range(2_000):
        verifier.verify(headers, BODY, now=NOW)

    assert (time.perf_counter() - started) / 2_000 < 100e-6
