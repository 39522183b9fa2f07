"""The house as production has it: two of each behind the proxy, with a Redis. The same stories are told in it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local.fleet import Fleet, running_fleet
from deploy.local.member import SERVICES
from runtime.ports import free_port
from tests.e2e.bad_weather import bad_weather
from tests.e2e.postman import Postman
from tests.e2e.stack import Stack


@dataclass
class FleetStack(Stack):
    """What a test asks of a house, answered by a fleet. `ports` are the proxy's and the bank's."""

    fleet: Fleet
    is_fleet = True

    @property
    def database_url(self) -> str:
        return self.fleet.database_url

    def children(self, name: str) -> list[psutil.Process]:
        """Both processes of a service."""
        pids = (
            [one.pid for one in self.fleet.members(name)]
            if name in SERVICES
            else [self.fleet.other(name).pid]
        )
        return [psutil.Process(pid) for pid in pids if pid]

    def inside(self, name: str) -> str:
        return self.fleet.members(name)[0].url

    def wait_until_ready(self) -> None:
        self.fleet.wait_until_ready()

    def environment(self) -> dict[str, str]:
        return self.fleet.environment()


@contextmanager
def running_fleet_stack(folder: Path, *, weather: bool = False) -> Generator[FleetStack]:
    """Start a fleet on free ports with its data in `folder`; stop it, and see that nothing is left.

    With `weather` one process of each pair is killed or replaced all the time.
    """
    door = free_port()
    with Postman(door) as postman:
        settings = {"RATE_LIMIT_FACTOR": "1000", "BANK_WEBHOOK_URL": postman.url}
        with running_fleet(folder, settings=settings, doors={"webhook_server": door}, demo=True) as fleet:
            stack = FleetStack(
                process=None,  # pyright: ignore[reportArgumentType] # there are many, and the fleet looks after them
                folder=folder,
                ports=dict(fleet.doors),
                postman=postman,
                fleet=fleet,
            )
            with bad_weather(fleet) if weather else nullcontext():
                yield stack
            if weather:
                stack.wait_until_ready()
                assert stack.verify()["ok"] is True
            running = [psutil.Process(pid) for pid in fleet.pids()]
        _, left = psutil.wait_procs(running, timeout=5)
        assert not left, f"left behind: {left}"
