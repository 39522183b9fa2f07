"""The supervisor of `up`: whoever dies comes back, everybody stops in order, and nothing is left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from runtime.ports import PortTaken, can_listen, free_port, refuse_taken_ports

ROOT = Path(__file__).resolve().parents[2]

# A process as small as can be: it says when it starts and stops, and answers every request with 200.
CHILD = """
import http.server, os, pathlib, signal, subprocess, sys, time
name, port, folder, manner = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3]), sys.argv[4]
def note(what):
    with (folder / "notes").open("a") as notes:
        notes.write(f"{what} {name} {os.getpid()}\\n")
def leave(*_):
    time.sleep(0.2)
    note("stopped")
    os._exit(0)
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if manner in ("waiting", "unready"):
            self.send_response(503)
            self.end_headers()
            self.wfile.write(b'{"status":"not ready","outgoing":"stopped"}' if manner == "waiting" else b"{}")
            return
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
signal.signal(signal.SIGTERM, signal.SIG_IGN if manner == "stubborn" else leave)
signal.signal(signal.SIGINT, signal.SIG_IGN)
if manner == "broken":
    sys.exit("this child is broken")
if manner == "parent":
    note(f"helper {subprocess.Popen(['sleep', '600']).pid}")
note("started")
http.server.ThreadingHTTPServer(("127.0.0.1", port), Answer).serve_forever()
"""

# The supervisor wants a main thread and its signals to itself, so it is a process of its own here as well.
SUPERVISOR = """
import pathlib, signal, sys
from runtime.child import ChildSpec
from runtime.supervisor import Foundation, StartRefused, Supervisor, alone_in
folder = pathlib.Path(sys.argv[1])
ground = folder / "ground"
def revive():
    if (folder / "no-ground").exists():
        raise OSError("still no ground")
    ground.touch()
ground.touch()
signal.signal(signal.SIGTERM, signal.default_int_handler)
specs = [
    ChildSpec(
        name=name,
        command=(sys.executable, "-c", sys.argv[2], name, port, str(folder), manner),
        ready_at=("127.0.0.1", int(port)),
        stop_stage=int(stage),
        stop_seconds=1.5,
    )
    for name, port, stage, manner in (one.split(":") for one in sys.argv[3:])
]
def say(text):
    print(text, flush=True)
try:
    with alone_in(folder):
        supervisor = Supervisor(
            specs, logs=folder / "logs", folder=folder, say=say, foundation=Foundation("ground", ground.exists, revive)
        )
        try:
            supervisor.start()
            say("ready")
            supervisor.watch()
        finally:
            supervisor.stop()
except StartRefused as error:
    sys.exit(str(error))
except KeyboardInterrupt:
    pass
"""


class Stack:
    """A running supervisor, and what its children noted."""

    def __init__(self, folder: Path, **manners: str) -> None:
        self.folder = folder
        self.ports = {name: free_port() for name in manners}
        stages = {name: manner.split("-") for name, manner in manners.items()}
        children = [f"{name}:{self.ports[name]}:{stage}:{how}" for name, (stage, how) in stages.items()]
        self.popen = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, str(folder), CHILD, *children],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )

    def wait_until_ready(self) -> None:
        assert self.popen.stdout
        assert self.popen.stdout.readline() == "ready\n", self.popen.communicate()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[float, str]:
        """How long it took, and what it had said."""
        started = time.monotonic()
        self.popen.send_signal(number)
        said, _ = self.popen.communicate(timeout=30)
        return time.monotonic() - started, said

    def notes(self, what: str) -> list[tuple[str, int]]:
        """Names and process numbers, in the order in which they noted it."""
        path = self.folder / "notes"
        lines = [line.rsplit(" ", 2) for line in path.read_text().splitlines()] if path.exists() else []
        return [(name, int(pid)) for noted, name, pid in lines if noted.startswith(what)]

    def kill_hard(self, name: str) -> None:
        os.kill(dict(self.notes("started"))[name], signal.SIGKILL)


@pytest.fixture
def run(tmp_path: Path) -> Generator[Callable[..., Stack]]:
    """Starts stacks, and ends them whatever the test made of them."""
    stacks: list[Stack] = []

    def start(**manners: str) -> Stack:
        stacks.append(Stack(tmp_path, **manners))
        return stacks[-1]

    yield start
    for stack in stacks:
        stack.popen.kill()
        stack.popen.communicate()
        for _, pid in stack.notes("started"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def until(holds: Callable[[], object], *, within_seconds: float = 5) -> float:
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < within_seconds, "it does not come to hold"
        time.sleep(0.02)
    return time.monotonic() - started


def is_gone(pid: int) -> bool:
    """Ended; a zombie that nobody has reaped yet counts as well."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def test_a_killed_process_is_back_within_five_seconds_and_the_others_never_notice(
    run: Callable[..., Stack],
) -> None:
    stack = run(web="0-kind", worker="1-kind")
    stack.wait_until_ready()

    stack.kill_hard("worker")
    until(lambda: len(stack.notes("started")) == 3)
    until(lambda: answers(stack.ports["worker"]))
    _, said = stack.stop()

    assert [name for name, _ in stack.notes("started")].count("web") == 1
    assert "worker ended (signal SIGKILL)" in said
    assert "worker started again" in said


def test_a_worker_that_may_send_nothing_keeps_nobody_from_coming_up(run: Callable[..., Stack]) -> None:
    stack = run(web="0-kind", worker="1-waiting")

    stack.wait_until_ready()
    _, said = stack.stop()

    assert "worker ended" not in said


def test_a_process_that_is_not_ready_for_another_reason_is_waited_for(run: Callable[..., Stack]) -> None:
    stack = run(web="0-kind", worker="1-unready")

    until(lambda: answers(stack.ports["worker"]))
    time.sleep(0.5)
    _, said = stack.stop()

    assert "ready" not in said.splitlines()


def test_a_process_that_dies_again_and_again_is_started_again_and_again(run: Callable[..., Stack]) -> None:
    stack = run(worker="0-kind")
    stack.wait_until_ready()

    pauses = []
    for times in range(2, 5):
        stack.kill_hard("worker")
        pauses.append(until(lambda times=times: len(stack.notes("started")) == times))

    assert max(pauses) < 5


def test_everybody_stops_in_order_and_nothing_is_left(run: Callable[..., Stack]) -> None:
    stack = run(bank="3-kind", worker="2-kind", hooks="1-kind", web="0-kind", shop="0-kind")
    stack.wait_until_ready()

    seconds, _ = stack.stop()

    stopped = [name for name, _ in stack.notes("stopped")]
    assert set(stopped[:2]) == {"web", "shop"}
    assert stopped[2:] == ["hooks", "worker", "bank"]
    assert stack.popen.returncode == 0
    assert seconds < 4
    assert all(is_gone(pid) for _, pid in stack.notes("started"))
    assert all(can_listen("127.0.0.1", port) for port in stack.ports.values())


def test_ctrl_c_stops_as_well_as_sigterm(run: Callable[..., Stack]) -> None:
    stack = run(web="0-kind")
    stack.wait_until_ready()

    stack.stop(signal.SIGINT)

    assert stack.popen.returncode == 0
    assert len(stack.notes("stopped")) == 1


def test_a_process_deaf_to_sigterm_is_killed_in_its_time(run: Callable[..., Stack]) -> None:
    stack = run(web="0-kind", deaf="1-stubborn")
    stack.wait_until_ready()

    seconds, _ = stack.stop()

    assert 1.5 < seconds < 5
    assert all(is_gone(pid) for _, pid in stack.notes("started"))
    assert stack.popen.returncode == 0


def test_a_second_ctrl_c_hurries(run: Callable[..., Stack]) -> None:
    stack = run(one="0-stubborn", two="1-stubborn", three="2-stubborn")
    stack.wait_until_ready()

    stack.popen.send_signal(signal.SIGINT)
    time.sleep(0.3)
    seconds, _ = stack.stop(signal.SIGINT)

    assert seconds < 1.5
    assert all(is_gone(pid) for _, pid in stack.notes("started"))


def test_what_a_child_started_goes_with_it(run: Callable[..., Stack]) -> None:
    stack = run(web="0-parent")
    stack.wait_until_ready()

    stack.kill_hard("web")
    until(lambda: len(stack.notes("started")) == 2)
    stack.stop()

    helpers = [int(line.split()[1]) for line in notes_of_helpers(stack)]
    assert len(helpers) == 2
    assert all(is_gone(pid) for pid in helpers)


def test_a_killed_supervisor_leaves_nobody(run: Callable[..., Stack]) -> None:
    stack = run(web="0-kind", worker="1-kind")
    stack.wait_until_ready()

    stack.popen.kill()

    until(lambda: all(is_gone(pid) for _, pid in stack.notes("started")))


def test_the_ground_gives_way_and_is_laid_again(run: Callable[..., Stack]) -> None:
    stack = run(web="0-kind")
    stack.wait_until_ready()

    (stack.folder / "no-ground").touch()
    (stack.folder / "ground").unlink()
    time.sleep(1.5)
    (stack.folder / "no-ground").unlink()
    until((stack.folder / "ground").exists)
    _, said = stack.stop()

    assert "still no ground" in said
    assert "ground answers again" in said
    assert len(stack.notes("started")) == 1


def test_a_second_up_with_the_same_folder_is_refused(run: Callable[..., Stack]) -> None:
    first = run(web="0-kind")
    first.wait_until_ready()

    second = run(web="0-kind")
    _, error = second.popen.communicate(timeout=10)

    assert second.popen.returncode == 1
    assert "BATUA_DATA" in error
    assert str(first.popen.pid) in error
    assert len(first.notes("started")) == 1


def test_a_process_that_never_starts_is_shown_with_the_end_of_its_log(run: Callable[..., Stack]) -> None:
    stack = run(web="0-kind", worker="1-broken")

    _, error = stack.popen.communicate(timeout=10)

    assert stack.popen.returncode == 1
    assert "worker does not start" in error
    assert "this child is broken" in error
    assert all(is_gone(pid) for _, pid in stack.notes("started"))


def test_taken_ports_are_refused_by_the_names_of_their_settings() -> None:
    free = free_port()
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        taken = stranger.getsockname()[1]

        with pytest.raises(PortTaken) as refusal:
            refuse_taken_ports(
                "127.0.0.1", {"USER_APP_PORT": taken, "DUMMY_BANK_PORT": free, "OTHER_PORT": free}
            )

    assert "Set USER_APP_PORT" in str(refusal.value)
    assert "DUMMY_BANK_PORT and OTHER_PORT are both" in str(refusal.value)


def notes_of_helpers(stack: Stack) -> list[str]:
    return [line for line in (stack.folder / "notes").read_text().splitlines() if line.startswith("helper")]
