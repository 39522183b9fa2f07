"""One person's way through the product, by REST: money comes in, moves, and goes out, and a session ends."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable
from typing import Any

import httpx

BANK_CUSTOMER = "9876500001"
_SHOP = "chaipoint"
_WITHIN_SECONDS = 60


class Walker:
    """Somebody new at one release's door."""

    def __init__(self, door: str) -> None:
        self._door = f"{door}/api/v1"
        self._token = ""
        self.email = f"{secrets.token_hex(6)}@x.example"
        self._password = "first-password"
        names = {"firstName": "Asha", "lastName": "Rao"}
        self._enter("signup", 200, **names)

    @property
    def id(self) -> str:
        payload = self._token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["userId"]

    def balance(self) -> float:
        return self._call("GET", "account/balance", 200)["balance"]

    def adds(self, bank: str, rupees: int, at: str) -> None:
        """And approves at the bank, whose webhook is waited for."""
        before = self.balance()
        started = self._call("POST", "account/on-ramps", 201, bank=bank, amount=rupees)
        pressed = {"action": "approve", "customer": BANK_CUSTOMER}
        answer = httpx.post(f"{at}/{bank}/control/payments/{started['token']}", json=pressed, trust_env=False)
        assert answer.is_success, answer.text
        path = f"account/on-ramps/{started['id']}"
        until(lambda: self._call("GET", path, 200)["status"] == "success", f"the {bank}'s webhook")
        assert self.balance() == before + rupees

    def sends(self, to: Walker, rupees: int) -> None:
        done = self._call("POST", "account/transfer", 200, to=to.id, amount=rupees)
        assert done["message"] == "Transfer successful"

    def pays_the_shop(self, rupees: int) -> None:
        paid = self._call("POST", "account/payments", 201, merchant=_SHOP, amount=rupees)
        assert paid["status"] == "success"

    def knows(self, path: str) -> bool:
        """Whether this release has such a route."""
        return f"/api/v1/{path}" in self._call("GET", "openapi.json", 200)["paths"]

    def withdraws(self, bank: str, rupees: int) -> None:
        """And it is paid."""
        wish = {
            "bank": bank,
            "accountNumber": "123456789012",
            "ifsc": f"{bank.upper()}0ABC123",
            "amount": rupees,
        }
        path = f"account/withdrawals/{self._call('POST', 'account/withdrawals', 201, **wish)['id']}"
        until(lambda: self._call("GET", path, 200)["status"] == "paid", f"a withdrawal by {bank}")
        assert self._call("GET", path, 200)["utr"]

    def kinds(self) -> list[str]:
        """Of all that happened, the newest first."""
        listed = self._call("GET", "account/transactions?limit=100", 200)["transactions"]
        assert {one["status"] for one in listed} <= {"success", "paid"}
        return [one["type"] for one in listed]

    def changes_the_password(self) -> None:
        """Which ends every other session."""
        older = self._token
        self._enter("signin", 200)
        self._call("PUT", "user", 200, password="second-password")
        newer, self._token = self._token, older
        self._call("GET", "account/balance", 403)
        self._token = newer
        self._enter("signin", 411)
        self._password = "second-password"
        self._enter("signin", 200)

    def _enter(self, way: str, wanted: int, **names: str) -> None:
        body = {"username": self.email, "password": self._password, **names}
        answer = self._call("POST", f"user/{way}", wanted, **body)
        if wanted == 200:
            self._token = answer["token"]

    def _call(self, method: str, path: str, wanted: int, **body: object) -> Any:
        answer = httpx.request(
            method,
            f"{self._door}/{path}",
            json=body or None,
            headers={"Authorization": f"Bearer {self._token}"} if self._token else {},
            timeout=60,
            trust_env=False,
        )
        assert answer.status_code == wanted, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()


def walk(door: str, bank: str, *, at: str) -> Walker:
    """All of it, and every rupee is where it belongs. `at` is the banks' address."""
    asha, ravi = Walker(door), Walker(door)
    asha.adds(bank, 500, at)
    asha.sends(ravi, 120)
    ravi.sends(asha, 20)
    if can_pay := asha.knows("account/payments"):
        asha.pays_the_shop(30)
    else:
        asha.sends(ravi, 30)
    asha.withdraws(bank, 50)
    asha.changes_the_password()

    assert (asha.balance(), ravi.balance()) == (320, 100 if can_pay else 130)
    assert asha.kinds() == [
        "withdrawal",
        "payment" if can_pay else "transfer",
        "transfer",
        "transfer",
        "on_ramp",
    ]
    return asha


def until(is_so: Callable[[], bool], what: str) -> None:
    """Waits for it; raises where it does not come."""
    end = time.monotonic() + _WITHIN_SECONDS
    while not is_so():
        assert time.monotonic() < end, f"waited {_WITHIN_SECONDS} s for {what}"
        time.sleep(0.1)
