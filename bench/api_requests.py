"""Whole HTTP messages to the REST API, prepared before anything is measured; one rupee where no amount is given."""

from __future__ import annotations

import json
from collections.abc import Mapping

from bench.people import Person


def balance(port: int, caller: Person) -> bytes:
    return _message(port, "GET", "/api/v1/account/balance", caller)


def transactions(port: int, caller: Person) -> bytes:
    """The newest twenty."""
    return _message(port, "GET", "/api/v1/account/transactions?limit=20", caller)


def transfer(port: int, sender: Person, to: Person, key: str | None = None, *, rupees: int = 1) -> bytes:
    body = {"to": str(to.id), "amount": rupees}
    return _post(port, "/api/v1/account/transfer", sender, body, key)


def payment(port: int, payer: Person, handle: str, key: str | None = None, *, rupees: int = 1) -> bytes:
    body = {"merchant": handle, "amount": rupees}
    return _post(port, "/api/v1/account/payments", payer, body, key)


def withdrawal(
    port: int, owner: Person, bank: str, account_number: str, key: str | None = None, *, rupees: int = 1
) -> bytes:
    body = {"bank": bank, "accountNumber": account_number, "ifsc": "HDFC0ABC123", "amount": rupees}
    return _post(port, "/api/v1/account/withdrawals", owner, body, key)


def on_ramp(port: int, owner: Person, bank: str, key: str, *, rupees: int) -> bytes:
    return _post(port, "/api/v1/account/on-ramps", owner, {"bank": bank, "amount": rupees}, key)


def approval(port: int, bank: str, token: str, customer: str) -> bytes:
    """At the dummy bank, as its *Approve* button does it."""
    return _post(port, f"/{bank}/control/payments/{token}", None, {"action": "approve", "customer": customer})


def sign_in(port: int, email: str, password: str) -> bytes:
    return _post(port, "/api/v1/user/signin", None, {"username": email, "password": password})


def page(port: int, path: str) -> bytes:
    """As anybody gets it."""
    return _message(port, "GET", path, None)


def _post(
    port: int, path: str, caller: Person | None, body: Mapping[str, object], key: str | None = None
) -> bytes:
    content = json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(content))}
    return _message(port, "POST", path, caller, headers | ({"Idempotency-Key": key} if key else {})) + content


def _message(
    port: int, method: str, path: str, caller: Person | None, headers: Mapping[str, str] | None = None
) -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        *([f"Authorization: Bearer {caller.token}"] if caller else []),
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"
