"""Two of each on loopback, with Redis, PostgreSQL and the real proxy and its file: what compose.yaml describes.

Each process has an address of its own (127.0.0.2, 127.0.0.3, …; Linux has them all) and its service's port, and the
proxy finds them by name, through a DNS server that says who runs: so deploy/Caddyfile is used as it is, and a release
goes as deploy/release.sh does it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.children import stop_all, wait_for
from deploy.local.member import SERVICES, Member, member
from deploy.local.names import Names
from deploy.local.tools import caddy, redis_server
from runtime.child import Child
from runtime.dev_secrets import fill_in, read
from runtime.ports import can_listen
from settings import ROOT
from shared_db.embedded_postgres import EmbeddedPostgres

PROXIED = ("user_app", "merchant_app", "webhook_server")
_FIRST_HOST, _LAST_HOST = 2, 254
# The proxy asks every 2 s who is there (deploy/Caddyfile).
_UNTIL_NEWS_SPREAD_SECONDS = 2.5
# The bank is a foreign company: our database's password is none of its business.
_OURS_ALONE = {"DATABASE_URL", "REDIS_URL"}


@dataclass
class Fleet:
    """What runs. Addresses have no slash at the end."""

    folder: Path
    doors: Mapping[str, int]
    """The proxy's port for each service that it stands before, and the bank's own."""
    scheme: str
    database: EmbeddedPostgres
    redis_port: int
    given: Mapping[str, str]
    """The environment of every process, without what is the fleet's own to say."""
    ports: Mapping[str, int]
    """On which every process of a service listens, each under its own address."""
    _members: list[Member] = field(default_factory=list[Member])
    _leaving: list[Member] = field(default_factory=list[Member])
    _others: dict[str, Child] = field(default_factory=dict[str, Child])
    """The bank, Redis and the proxy: one of each."""
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def user_url(self) -> str:
        return self._door("user_app")

    @property
    def merchant_url(self) -> str:
        return self._door("merchant_app")

    @property
    def webhook_url(self) -> str:
        return self._door("webhook_server")

    @property
    def bank_url(self) -> str:
        return f"http://localhost:{self.doors['dummy_bank']}"

    @property
    def public(self) -> dict[str, str]:
        """The addresses that people and banks are told."""
        return {
            "PUBLIC_USER_URL": self.user_url,
            "PUBLIC_MERCHANT_URL": self.merchant_url,
            "PUBLIC_BANK_URL": self.bank_url,
        }

    @property
    def database_url(self) -> str:
        return self.database.url

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{self.redis_port}/0"

    @property
    def secrets(self) -> dict[str, str]:
        return read(fill_in(self.folder))

    @property
    def certificates(self) -> Path:
        """The proxy's own authority, with `tls`."""
        return self.folder / "proxy" / "caddy" / "pki" / "authorities" / "local" / "root.crt"

    def members(self, name: str) -> list[Member]:
        """The processes of one service, oldest first."""
        with self._lock:
            return [one for one in self._members if one.name == name]

    def other(self, name: str) -> Child:
        """`dummy_bank`, `redis` or `proxy`."""
        return self._others[name]

    def pids(self) -> list[int]:
        """Of every process that runs, the database's aside."""
        with self._lock:
            children = [*self._others.values(), *(one.child for one in self._members)]
            return [child.pid for child in children if child.pid]

    def environment(self) -> dict[str, str]:
        """What a process of ours is given, wherever it listens."""
        return {
            **self.given,
            "BATUA_DATA": str(self.folder),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "TRUSTED_PROXY_HOPS": "1",
            "DUMMY_BANK_PORT": str(self.doors["dummy_bank"]),
        }

    def add(self, name: str, *, code: Path = ROOT, folder: Path | None = None) -> Member:
        """Start one more process of a service; the proxy finds it by itself. `folder` holds its built pages."""
        with self._lock:
            taken = {one.host for one in (*self._members, *self._leaving) if one.name == name}
            port = self.ports[name]
            hosts = (f"127.0.0.{number}" for number in range(_FIRST_HOST, _LAST_HOST))
            host = next(host for host in hosts if host not in taken and can_listen(host, port))
            settings = self.environment() | self.public | {"BATUA_DATA": str(folder or self.folder)}
            one = member(name, host, port, code=code, logs=self.folder / "logs", environment=settings)
            one.child.start()
            self._members.append(one)
        return one

    def remove(self, leaving: Sequence[Member]) -> None:
        """Tell them to stop, all at once, and wait until they have. Until then their name leads to them."""
        with self._lock:
            for one in leaving:
                self._members.remove(one)
                self._leaving.append(one)
        stop_all([one.child for one in leaving])
        with self._lock:
            for one in leaving:
                self._leaving.remove(one)

    def roll(self, name: str, *, code: Path = ROOT, folder: Path | None = None) -> None:
        """Two new processes beside the old ones; when they are ready, the old ones go."""
        leaving = self.members(name)
        coming = [self.add(name, code=code, folder=folder) for _ in leaving]
        self.wait_until_ready(coming)
        # An engine's health check takes its time as well: until then the proxy has heard of the new ones.
        time.sleep(_UNTIL_NEWS_SPREAD_SECONDS)
        self.remove(leaving)

    def wait_until_ready(self, members: Sequence[Member] | None = None) -> None:
        """Until each of them, or every process there is, can do its work. Raises FleetRefused."""
        chosen = self._members if members is None else members
        wait_for([self._others["dummy_bank"], *(one.child for one in chosen)])

    def start(self, names: Names, each: int) -> None:
        """Start all processes; `names` is what the proxy asks."""
        logs = self.folder / "logs"
        doors = {name: (self.doors[name], self.ports[name]) for name in PROXIED}
        self._others["redis"] = redis_server(self.redis_port, logs=logs, folder=self.folder)
        self._others["proxy"] = caddy(
            doors, scheme=self.scheme, resolver=names.address, logs=logs, folder=self.folder
        )
        kept = {name: value for name, value in self.environment().items() if name not in _OURS_ALONE}
        bank = kept | self.public | {"BANK_WEBHOOK_URL": kept.get("BANK_WEBHOOK_URL", self.webhook_url)}
        self._others["dummy_bank"] = member(
            "dummy_bank", "127.0.0.1", self.doors["dummy_bank"], code=ROOT, logs=logs, environment=bank
        ).child
        for child in self._others.values():
            child.start()
        for name in SERVICES:
            for _ in range(each):
                self.add(name)

    def look_after(self) -> None:
        """Start again whatever has died."""
        with self._lock:
            for child in [*self._others.values(), *(one.child for one in self._members)]:
                child.crashed()
                child.start_when_due()

    def stop(self) -> None:
        """The processes, then what they stand between."""
        with self._lock:
            members, self._members = self._members, []
        stop_all([one.child for one in members])
        for name in ("proxy", "dummy_bank", "redis"):
            if name in self._others:
                stop_all([self._others.pop(name)])

    def _door(self, name: str) -> str:
        host = "localhost" if self.scheme == "http" else "127.0.0.1"
        return f"{self.scheme}://{host}:{self.doors[name]}"

    def there(self, name: str) -> list[str]:
        """The addresses of all that run, ready or not, as an engine's DNS tells them."""
        with self._lock:
            return [one.host for one in (*self._members, *self._leaving) if one.name == name and one.pid]
