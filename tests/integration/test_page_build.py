"""When the pages are built, when they are not, and what a failed or killed build leaves behind.

The builder here is a stand-in for Reflex of a few lines, found first because a build runs in the project's root.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runtime.page_build import PageBuildFailed, build_if_needed, is_fresh
from runtime.page_sources import fingerprint

APP = "user_app"
BUILDER = """\
import json, os, pathlib, sys, time
work = pathlib.Path(os.environ["REFLEX_WEB_WORKDIR"])
(work / "build" / "client").mkdir(parents=True, exist_ok=True)
(work / "node_modules").mkdir(exist_ok=True)
with open("builds.txt", "a") as builds:
    builds.write("x")
(work / "build" / "client" / "index.html").write_text(pathlib.Path("user_app/page.py").read_text())
(work / "environment.json").write_text(json.dumps(dict(os.environ)))
if "slow" in sys.argv or pathlib.Path("slow").exists():
    time.sleep(60)
if pathlib.Path("broken").exists():
    sys.exit("The page has an open bracket.")
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    files = {
        "rxconfig.py": "from shared_ui import theme",
        "settings.py": "",
        "requirements.txt": "reflex==0",
        "user_app/__init__.py": "",
        "user_app/page.py": "from wallet import send_money",
        "shared_ui/theme.py": "INK = 1",
        "wallet/send_money.py": "import money.rupees",
        "money/rupees.py": "",
        "withdraw_service/worker.py": "",
        "assets/icon.svg": "<svg/>",
        "reflex.lock/package.json": "{}",
        "reflex/__init__.py": "",
        "reflex/__main__.py": BUILDER,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def builds(root: Path) -> int:
    return len((root / "builds.txt").read_text())


def served(data: Path) -> str:
    return (data / APP / "web" / "build" / "client" / "index.html").read_text()


@pytest.mark.parametrize(
    "source",
    [
        "rxconfig.py",
        "settings.py",
        "requirements.txt",
        "user_app/page.py",
        "user_app/new.py",
        "shared_ui/theme.py",
        "wallet/send_money.py",
        "money/rupees.py",
        "assets/icon.svg",
        "reflex.lock/package.json",
    ],
)
def test_a_changed_source_means_other_pages(root: Path, source: str):
    before = fingerprint(APP, root=root)

    (root / source).write_text("# changed")

    assert fingerprint(APP, root=root) != before


@pytest.mark.parametrize(
    "other", ["withdraw_service/worker.py", "README.md", "user_app/__pycache__/page.pyc"]
)
def test_what_no_page_is_made_from_changes_nothing(root: Path, other: str):
    before = fingerprint(APP, root=root)

    (root / other).parent.mkdir(exist_ok=True)
    (root / other).write_text("changed")

    assert fingerprint(APP, root=root) == before


def test_the_same_sources_in_another_place_are_the_same(root: Path):
    before = fingerprint(APP, root=root)

    moved = root.rename(root.with_name("moved"))

    assert fingerprint(APP, root=moved) == before


def test_unchanged_pages_are_built_once(root: Path, data: Path):
    first = build_if_needed(APP, data=data, root=root)
    second = build_if_needed(APP, data=data, root=root)

    assert (first, second) == (True, False)
    assert builds(root) == 1


def test_a_changed_page_is_built_anew_and_the_running_server_keeps_its_own(root: Path, data: Path):
    build_if_needed(APP, data=data, root=root)
    running = (data / APP / "web").resolve()

    (root / "user_app" / "page.py").write_text("# second")
    build_if_needed(APP, data=data, root=root)

    assert served(data) == "# second"
    assert (running / "build" / "client" / "index.html").exists()
    assert not (data / APP / "web" / "node_modules").exists()


def test_a_first_build_that_writes_the_lock_files_is_not_repeated(root: Path, data: Path):
    (root / "reflex" / "__main__.py").write_text(
        BUILDER + 'pathlib.Path("reflex.lock/package.json").write_text("{1}")'
    )

    build_if_needed(APP, data=data, root=root)

    assert is_fresh(APP, data=data, root=root)


def test_a_failed_build_says_why_and_leaves_the_old_pages(root: Path, data: Path):
    build_if_needed(APP, data=data, root=root)
    (root / "broken").touch()
    (root / "user_app" / "page.py").write_text("# broken")

    with pytest.raises(PageBuildFailed, match="open bracket"):
        build_if_needed(APP, data=data, root=root)

    assert served(data) == "from wallet import send_money"


def test_a_build_sees_none_of_our_secrets(root: Path, data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JWT_SECRET", "not-for-install-scripts")
    monkeypatch.setenv("DATABASE_URL", "postgresql://not-for-install-scripts")

    build_if_needed(APP, data=data, root=root)

    assert "not-for-install-scripts" not in (data / APP / "web" / "environment.json").read_text()


def build_elsewhere(root: Path, data: Path) -> subprocess.Popen[bytes]:
    code = (
        "import sys; from pathlib import Path; from runtime.page_build import build_if_needed; "
        "build_if_needed(sys.argv[1], data=Path(sys.argv[2]), root=Path(sys.argv[3]))"
    )
    here = Path(__file__).resolve().parents[2]
    return subprocess.Popen([sys.executable, "-c", code, APP, str(data), str(root)], cwd=here)


def test_two_processes_at_once_build_once(root: Path, data: Path):
    both = [build_elsewhere(root, data) for _ in range(2)]

    codes = [process.wait(30) for process in both]

    assert codes == [0, 0]
    assert builds(root) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_build_leaves_the_old_pages_and_the_next_one_works(root: Path, data: Path, number: int):
    build_if_needed(APP, data=data, root=root)
    (root / "user_app" / "page.py").write_text("# third")
    (root / "slow").touch()
    killed = build_elsewhere(root, data)
    deadline = time.monotonic() + 10
    while builds(root) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)

    killed.send_signal(number)
    killed.wait(10)
    kept = served(data)
    end_orphan(data)
    (root / "slow").unlink()
    build_if_needed(APP, data=data, root=root)

    assert kept == "from wallet import send_money"
    assert served(data) == "# third"


def end_orphan(data: Path) -> None:
    """After kill -9 the builder itself still runs and keeps the lock until it ends: here it ends now."""
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            is_builder = f"REFLEX_WEB_WORKDIR={data}".encode() in environment.read_bytes()
        except OSError:
            continue
        if is_builder:
            os.kill(int(environment.parent.name), signal.SIGKILL)
