"""Who asks for a free port gets one of their own, also while somebody else has not begun to listen on theirs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASK = (
    "import sys; from runtime.ports import free_port; print(*(free_port() for _ in range(int(sys.argv[1]))))"
)


def asking(temporary: Path, count: int) -> subprocess.Popen[str]:
    """A process that asks for so many ports and listens on none."""
    return subprocess.Popen(
        [sys.executable, "-c", ASK, str(count)],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        text=True,
    )


def answered(process: subprocess.Popen[str]) -> list[int]:
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return [int(port) for port in said.split()]


def test_processes_that_ask_at_once_are_never_given_the_same_port(tmp_path: Path) -> None:
    crowd = [asking(tmp_path, 100) for _ in range(4)]

    given = [port for process in crowd for port in answered(process)]

    assert len(given) == 400
    assert len(set(given)) == 400


def test_after_the_last_port_comes_the_first(tmp_path: Path) -> None:
    (tmp_path / f"batua-port-{os.getuid()}").write_text("29999")

    first, *others = answered(asking(tmp_path, 3))

    assert 15_000 <= first < 15_200
    assert others == sorted(others)


@pytest.mark.parametrize("written", [b"", b"x", b"-7", b"99999", b"15000\n16000", b"\xff\xfe"])
def test_whatever_stands_where_the_last_port_is_kept_ports_are_given(tmp_path: Path, written: bytes) -> None:
    (tmp_path / f"batua-port-{os.getuid()}").write_bytes(written)

    given = answered(asking(tmp_path, 2))

    assert len(set(given)) == 2
    assert all(15_000 <= port < 30_000 for port in given)


def test_where_nothing_can_be_kept_ports_are_given_all_the_same(tmp_path: Path) -> None:
    (tmp_path / f"batua-port-{os.getuid()}").mkdir()

    assert len(answered(asking(tmp_path, 2))) == 2
