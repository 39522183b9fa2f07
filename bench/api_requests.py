"""Whole HTTP messages to the REST API, prepared before anything is measured."""

from __future__ import annotations

import json
from collections.abc import Mapping

from bench.people import Person


def balance(port: int, caller: Person) -> bytes:
    return _message(port, "GET", "/api/v1/account/balance", caller)


def transfer(port: int, sender: Person, to: Person, key: str | None = None) -> bytes:
    """One rupee."""
    body = {"to": str(to.id), "amount": 1}
    return _post(port, "/api/v1/account/transfer", sender, body, {"Idempotency-Key": key} if key else {})


def payment(port: int, payer: Person, handle: str) -> bytes:
    """One rupee."""
    return _post(port, "/api/v1/account/payments", payer, {"merchant": handle, "amount": 1})


def withdrawal(port: int, owner: Person, bank: str, account_number: str) -> bytes:
    """One rupee."""
    body = {"bank": bank, "accountNumber": account_number, "ifsc": "HDFC0ABC123", "amount": 1}
    return _post(port, "/api/v1/account/withdrawals", owner, body)


def page(port: int, path: str) -> bytes:
    """As anybody gets it."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()


def _post(
    port: int, path: str, caller: Person, body: Mapping[str, object], more: Mapping[str, str] | None = None
) -> bytes:
    content = json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(content)), **(more or {})}
    return _message(port, "POST", path, caller, headers) + content


def _message(
    port: int, method: str, path: str, caller: Person, headers: Mapping[str, str] | None = None
) -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Authorization: Bearer {caller.token}",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"
