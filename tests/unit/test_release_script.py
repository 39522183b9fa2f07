"""deploy/release.sh, with an engine that only keeps books: what runs after a release, and after one that fails."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NO_LINUX = not (shutil.which("flock") and shutil.which("bash"))
pytestmark = pytest.mark.skipif(NO_LINUX, reason="release.sh runs on Linux alone, with bash and util-linux")
SERVICES = ("webhook_server", "withdraw_service", "user_app", "merchant_app")

# A `docker` as far as release.sh speaks with it: containers in a file, made and ended at once.
_ENGINE = r"""import json, os, sys
from pathlib import Path

book = Path(os.environ["ENGINE"])
state = json.loads(book.read_text())
words = sys.argv[1:]
state["said"].append(" ".join(words))
image = os.environ.get("BATUA_IMAGE", "")
settings = Path(".env").read_text()
wanted = lambda service: f"{service}/{image}/{'new' if 'NEW_SETTING' in settings else 'old'}"
ends, says = 0, ""
if words[0] == "compose":
    words = words[words.index("--file") + 2:]
    if words[0] == state.get("fails"):
        ends = 1
    elif words[0] == "config":
        says = f"{words[-1]} {wanted(words[-1])}"
    elif words[0] == "ps":
        says = "\n".join(one for one, kept in state["there"].items() if kept["service"] == words[-1])
    elif words[0] == "up" and "--scale" in words:
        service, many = words[words.index("--scale") + 1].split("=")
        have = sum(kept["service"] == service for kept in state["there"].values())
        for _ in range(int(many) - have):
            state["made"] += 1
            well = f"{service}/{image}" not in state["ill"]
            state["there"][f"c{state['made']}"] = {
                "service": service, "hash": wanted(service), "health": "healthy" if well else "unhealthy"}
elif words[0] == "inspect":
    kept = state["there"][words[-1]]
    says = kept["health"] if "Health" in words[2] else kept["hash"]
elif words[0] == "rm":
    for one in words[2:]:
        del state["there"][one]
book.write_text(json.dumps(state))
print(says)
sys.exit(ends)
"""


class Machine:
    """A machine with the files of a release, and an engine."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "batua"
        self._book, tools = folder / "engine.json", folder / "tools"
        for made in (self.home / "next", tools):
            made.mkdir(parents=True)
        (tools / "docker").write_text(f"#!{sys.executable} -ISu\n{_ENGINE}")
        (tools / "docker").chmod(0o755)
        self._book.write_text(json.dumps({"there": {}, "made": 0, "said": [], "ill": []}))
        self._path = f"{tools}:{os.environ['PATH']}"
        for place in (self.home, self.home / "next"):
            for name in ("compose.yaml", "Caddyfile", "release.sh"):
                shutil.copy(ROOT / "deploy" / name, place)
        (self.home / ".env").write_text("BATUA_IMAGE=\n")

    def engine(self) -> dict[str, Any]:
        return json.loads(self._book.read_text())

    def tell_engine(self, **changes: object) -> None:
        self._book.write_text(json.dumps(self.engine() | changes))

    def releases(self, image: str, *, place: str = ".") -> tuple[int, str]:
        """The exit code, and what was said."""
        done = subprocess.run(
            [self.home / place / "release.sh", image],
            env={"PATH": self._path, "ENGINE": str(self._book), "PATIENCE_SECONDS": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr

    def runs(self) -> Mapping[str, list[str]]:
        """For each service the images of its containers."""
        there = self.engine()["there"].values()
        return {
            name: [one["hash"].split("/")[1] for one in there if one["service"] == name] for name in SERVICES
        }

    def ids(self) -> set[str]:
        return set(self.engine()["there"])

    def image(self) -> str:
        return (self.home / ".env").read_text().splitlines()[0]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def all_run(image: str, *, each: int = 2) -> dict[str, list[str]]:
    return {name: [image] * each for name in SERVICES}


def test_the_first_release_starts_two_of_each(machine: Machine) -> None:
    assert machine.releases("one")[0] == 0
    assert (machine.runs(), machine.image()) == (all_run("one"), "BATUA_IMAGE=one")


def test_a_release_replaces_all_and_going_back_by_hand_as_well(machine: Machine) -> None:
    machine.releases("one")
    before = machine.ids()

    assert machine.releases("two")[0] == 0
    assert (machine.runs(), machine.image(), before & machine.ids()) == (
        all_run("two"),
        "BATUA_IMAGE=two",
        set(),
    )
    assert machine.releases("one")[0] == 0
    assert machine.runs() == all_run("one")


def test_the_image_that_runs_already_touches_nothing(machine: Machine) -> None:
    machine.releases("one")
    before = machine.ids()

    assert machine.releases("one")[0] == 0
    assert machine.ids() == before


def test_what_was_set_anew_is_rolled(machine: Machine) -> None:
    machine.releases("one")
    before = machine.ids()
    with (machine.home / ".env").open("a") as settings:
        settings.write("NEW_SETTING=1\n")

    assert machine.releases("one")[0] == 0
    assert (machine.runs(), before & machine.ids()) == (all_run("one"), set())


@pytest.mark.parametrize("ill", ["webhook_server", "user_app"])
def test_a_service_that_does_not_get_ready_takes_all_back_and_touches_no_other(
    machine: Machine, ill: str
) -> None:
    machine.releases("one")
    before = machine.engine()["there"]
    machine.tell_engine(ill=[f"{ill}/two"])

    code, said = machine.releases("two")

    assert (code, machine.runs(), machine.image()) == (1, all_run("one"), "BATUA_IMAGE=one")
    assert "going back to one" in said
    later = SERVICES[SERVICES.index(ill) :]
    assert {one for one, kept in before.items() if kept["service"] in later} <= machine.ids()


def test_the_first_release_that_does_not_get_ready_leaves_its_containers_to_be_looked_at(
    machine: Machine,
) -> None:
    machine.tell_engine(ill=["user_app/one"])

    code, said = machine.releases("one")

    assert (code, machine.image()) == (1, "BATUA_IMAGE=")
    assert "there is no release before" in said
    assert machine.runs()["user_app"] == ["one", "one"]


@pytest.mark.parametrize("fails", ["pull", "run", "ps", "config"])
def test_whatever_fails_before_anything_was_started_changes_nothing(machine: Machine, fails: str) -> None:
    machine.releases("one")
    before = machine.ids()
    machine.tell_engine(fails=fails)

    assert machine.releases("two")[0] != 0
    assert (machine.ids(), machine.image()) == (before, "BATUA_IMAGE=one")


def test_as_many_as_there_were_there_are(machine: Machine) -> None:
    machine.releases("one")
    there = machine.engine()["there"]
    more = {f"m{number}": {**one} for number, one in enumerate(there.values())}
    machine.tell_engine(there=there | more)

    assert machine.releases("two")[0] == 0
    assert machine.runs() == all_run("two", each=4)


def test_the_files_of_a_release_stay_beside_until_it_serves(machine: Machine) -> None:
    machine.releases("one")
    compose, coming = machine.home / "compose.yaml", machine.home / "next" / "compose.yaml"
    coming.write_text(coming.read_text() + "# of two\n")
    machine.tell_engine(ill=["user_app/two"])

    failed, kept = machine.releases("two", place="next")[0], compose.read_text()
    machine.tell_engine(ill=[])
    done = machine.releases("two", place="next")[0]

    assert (failed, kept) == (1, (ROOT / "deploy" / "compose.yaml").read_text())
    assert (done, compose.read_text()) == (0, coming.read_text())


def test_two_at_once_are_one(machine: Machine) -> None:
    with (machine.home / ".release.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, said = machine.releases("one")

    assert (code, machine.ids()) == (1, set())
    assert "another release is under way" in said
