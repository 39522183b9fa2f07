"""The embedded PostgreSQL keeps its data and comes back, whatever is done to it."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from shared_db.embedded import strays
from shared_db.embedded_postgres import DatabaseRefused, EmbeddedPostgres, ensure_running

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a password, with ' % and blanks"
USE_IT = """
import sys, pathlib
from shared_db.embedded_postgres import ensure_running
with ensure_running(pathlib.Path(sys.argv[1]), password=sys.argv[2], port=None) as server:
    print(server.port, flush=True)
    sys.stdin.readline()
"""

# Root inside a namespace of the usual numbers, in which no further namespace is allowed: a locked-down container.
NO_NAMESPACES = """
import ctypes, os, pathlib
parent = os.getpid()
entered, entry = os.pipe()
mapped, mapping = os.pipe()
if (helper := os.fork()) == 0:
    os.read(entered, 1)
    for name in ("uid_map", "gid_map"):
        pathlib.Path(f"/proc/{parent}/{name}").write_text("0 0 65536")
    os.write(mapping, b"x")
    os._exit(0)
assert ctypes.CDLL(None).unshare(0x10000000) == 0
os.write(entry, b"x")
os.read(mapped, 1)
os.waitpid(helper, 0)
pathlib.Path("/proc/sys/user/max_user_namespaces").write_text("0")
"""
# The interpreter may lie below root's closed home, so the server's keeper gets one that everybody may run.
AS_NOBODY = """
import os, pwd, sys
nobody = pwd.getpwnam("nobody")
import shared_db.embedded_postgres
sys.executable = EVERYBODYS_PYTHON
os.setgroups([])
os.setgid(nobody.pw_gid)
os.setuid(nobody.pw_uid)
""".replace(
    "EVERYBODYS_PYTHON", repr(shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable)
)

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose path is too long for a Unix socket and has a blank in it."""
    return tmp_path / "a folder" / ("deep" * 30) / "postgres"


def start(folder: Path, port: int | None = None) -> EmbeddedPostgres:
    return ensure_running(folder, password=PASSWORD, port=port)


def save(server: EmbeddedPostgres, *rows: int) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (row integer)")
        for row in rows:
            connection.execute("INSERT INTO kept VALUES (%s)", [row])


def saved(server: EmbeddedPostgres) -> list[int]:
    with psycopg.connect(server.url) as connection:
        return [row for (row,) in connection.execute("SELECT row FROM kept ORDER BY row")]


def cluster(folder: Path) -> Path:
    return folder.resolve() / "data"


def postmaster(folder: Path) -> int:
    return int((cluster(folder) / "postmaster.pid").read_text().split()[0])


def wait_until_gone(folder: Path, *, within_seconds: float = 10) -> float:
    started = time.monotonic()
    while strays.at_work_in(cluster(folder)):
        assert time.monotonic() - started < within_seconds, "PostgreSQL is still there"
        time.sleep(0.02)
    return time.monotonic() - started


@pytest.fixture
def listener() -> Generator[socket.socket]:
    """A stranger on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        yield stranger


def test_a_second_start_finds_the_data_and_the_port_of_the_first(folder: Path) -> None:
    with start(folder) as first:
        save(first, 1, 2)
        port = first.port

    with start(folder) as second:
        assert saved(second) == [1, 2]
        assert second.port == port
    assert strays.at_work_in(cluster(folder)) == []


def test_it_sorts_and_folds_text_alike_everywhere_and_is_durable(folder: Path) -> None:
    with start(folder) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT lower('ÄÉ'), 'B' < 'a'").fetchone() == ("äé", True)
        for name, value in {
            "fsync": "on", "synchronous_commit": "on", "server_encoding": "UTF8", "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "", "TimeZone": "UTC", "is_superuser": "off",
        }.items():  # fmt: skip
            assert connection.execute(f"SHOW {name}").fetchone() == (value,)  # pyright: ignore[reportArgumentType]
        assert connection.execute("SELECT count(*) > 0 FROM pg_stat_statements").fetchone() == (True,)


def test_nobody_comes_in_without_the_password(folder: Path) -> None:
    with start(folder) as server:
        for user in ("batua", "postgres"):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(
                    host="127.0.0.1", port=server.port, user=user, dbname="batua", password="guess"
                )


def test_new_secrets_open_old_data(folder: Path) -> None:
    with start(folder) as server:
        save(server, 1)

    with ensure_running(folder, password="another", port=None) as server:
        assert saved(server) == [1]


def test_other_secrets_never_end_a_server_in_use(folder: Path) -> None:
    with start(folder) as server:
        save(server, 1)

        with pytest.raises(DatabaseRefused, match="DATABASE_PASSWORD"):
            ensure_running(folder, password="another", port=None)

        assert saved(server) == [1]


def test_two_starts_at_once_share_one_server(folder: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        servers = list(pool.map(lambda _: start(folder), range(4)))

    save(servers[0], 1)
    assert {server.port for server in servers} == {servers[0].port}
    assert saved(servers[3]) == [1]
    for server in servers:
        server.stop()
    assert strays.at_work_in(cluster(folder)) == []


def test_the_last_one_out_stops_it_and_no_sooner(folder: Path) -> None:
    first = start(folder)
    second = start(folder)

    first.stop()
    time.sleep(0.6)

    assert second.is_alive()
    second.stop()
    assert strays.at_work_in(cluster(folder)) == []


def test_it_outlives_the_process_that_started_it_while_another_uses_it(folder: Path) -> None:
    starter = run_user(folder)
    with start(folder) as server:
        save(server, 1)
        starter.kill()
        starter.communicate()
        time.sleep(0.6)

        assert saved(server) == [1]
    assert strays.at_work_in(cluster(folder)) == []


def test_it_stops_when_its_only_user_is_killed(folder: Path) -> None:
    user = run_user(folder)

    user.kill()
    user.communicate()

    assert wait_until_gone(folder) < 5
    with start(folder) as server:
        assert server.is_alive()


def test_the_postmaster_is_killed_and_comes_back_with_everything_on_the_same_port(folder: Path) -> None:
    with start(folder) as server:
        save(server, *range(100))
        port = server.port
        os.kill(postmaster(folder), signal.SIGKILL)
        started = time.monotonic()

        while server.is_alive():
            time.sleep(0.02)
        server.restart_if_dead()

        assert time.monotonic() - started < 5
        assert server.port == port
        assert saved(server) == list(range(100))


def test_a_busy_back_end_does_not_keep_a_killed_server_from_coming_back(folder: Path) -> None:
    with start(folder) as server:
        save(server, 1)
        busy = threading.Thread(target=be_busy, args=[server.url])
        busy.start()
        while len(busy_back_ends(server)) == 0:
            time.sleep(0.02)
        os.kill(postmaster(folder), signal.SIGKILL)
        started = time.monotonic()

        server.restart_if_dead()

        assert time.monotonic() - started < 5
        assert saved(server) == [1]
        busy.join()


def test_a_back_end_is_killed_and_the_server_recovers_by_itself(folder: Path) -> None:
    with start(folder) as server:
        save(server, 1)
        busy = threading.Thread(target=be_busy, args=[server.url])
        busy.start()
        while not (back_ends := busy_back_ends(server)):
            time.sleep(0.02)

        os.kill(back_ends[0], signal.SIGKILL)
        busy.join()
        server.restart_if_dead()

        assert saved(server) == [1]


def test_everything_is_killed_at_once_and_the_next_start_recovers(folder: Path) -> None:
    user = run_user(folder)
    with start(folder) as server:
        save(server, 1, 2, 3)
    keeper = parent_of(postmaster(folder))

    for process in (keeper, user.pid, *strays.at_work_in(cluster(folder))):
        with contextlib.suppress(ProcessLookupError):  # a back end may just have ended by itself
            os.kill(process, signal.SIGKILL)
    user.communicate()
    started = time.monotonic()

    with start(folder) as server:
        assert time.monotonic() - started < 5
        assert saved(server) == [1, 2, 3]


def test_the_keeper_is_killed_and_the_server_is_started_again(folder: Path) -> None:
    with start(folder) as server:
        save(server, 1)
        os.kill(parent_of(postmaster(folder)), signal.SIGKILL)
        wait_until_gone(folder)

        server.restart_if_dead()

        assert saved(server) == [1]


def test_a_first_start_that_was_interrupted_is_done_again(folder: Path) -> None:
    (folder / "data.new" / "base").mkdir(parents=True)
    (folder / "data.new" / "PG_VERSION").write_text("18\n")

    with start(folder) as server:
        save(server, 1)

        assert saved(server) == [1]


def test_a_stranger_took_our_port_and_we_take_another(folder: Path, listener: socket.socket) -> None:
    with start(folder) as server:
        save(server, 1)
    taken = listener.getsockname()[1]
    (folder / "port").write_text(f"{taken}\n")

    with start(folder) as server:
        assert server.port != taken
        assert saved(server) == [1]


def test_another_postgres_on_our_port_is_not_taken_for_ours(folder: Path, tmp_path: Path) -> None:
    with start(tmp_path / "other") as other:
        folder.mkdir(parents=True)
        (folder / "port").write_text(f"{other.port}\n")

        with start(folder) as server:
            assert server.port != other.port


def test_a_taken_database_port_is_refused_by_its_name(folder: Path, listener: socket.socket) -> None:
    with pytest.raises(DatabaseRefused, match="DATABASE_PORT"):
        start(folder, listener.getsockname()[1])

    assert strays.at_work_in(cluster(folder)) == []


def test_data_of_another_major_version_is_refused_in_a_sentence(folder: Path) -> None:
    cluster(folder).mkdir(parents=True)
    (cluster(folder) / "PG_VERSION").write_text("9\n")

    with pytest.raises(DatabaseRefused, match="BATUA_DATA"):
        start(folder)


@needs_root
def test_as_root_where_namespaces_are_forbidden_it_runs_as_another_user(folder: Path) -> None:
    user = run_user(folder, NO_NAMESPACES + USE_IT)
    elsewhere = Path((folder / "elsewhere").read_text().strip())

    runs_as = Path(f"/proc/{postmaster(elsewhere)}").owner()
    user.communicate(b"\n", timeout=20)
    again = run_user(folder, NO_NAMESPACES + USE_IT)
    again.communicate(b"\n", timeout=20)

    assert runs_as in ("postgres", "nobody")
    assert (user.returncode, again.returncode) == (0, 0)
    assert strays.at_work_in(cluster(elsewhere)) == []
    shutil.rmtree(elsewhere)


@needs_root
def test_a_plain_user_needs_nothing_special() -> None:
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as home:
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
        folder = Path(home) / "postgres"

        user = run_user(folder, AS_NOBODY + USE_IT)

        assert cluster(folder).owner() == "nobody"
        user.communicate(b"\n", timeout=20)
        assert user.returncode == 0
        assert strays.at_work_in(cluster(folder)) == []


def run_user(folder: Path, program: str = USE_IT) -> subprocess.Popen[bytes]:
    """Another process that uses the server until its standard input ends."""
    user = subprocess.Popen(
        [sys.executable, "-c", program, str(folder), PASSWORD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert user.stdout
    assert user.stdout.readline().strip().isdigit()
    return user


def be_busy(url: str) -> None:
    with pytest.raises(psycopg.OperationalError), psycopg.connect(url) as connection:
        connection.execute("SELECT count(*) FROM generate_series(1, 2000000000)")


def busy_back_ends(server: EmbeddedPostgres) -> list[int]:
    with psycopg.connect(server.url) as connection:
        found = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND usename = 'batua'"
        )
        return [pid for (pid,) in found]


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[1])
