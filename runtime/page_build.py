"""Build the pages of a web app when its sources have changed, and say where the built ones stand.

`BATUA_DATA/<app>/` holds three things: `work` (where Reflex builds; kept, so that the next build is warm),
`builds/<fingerprint>` (what came out, complete or absent) and `web`, a link to the one that is served. The link
is replaced in one step, so a build that fails or is killed leaves the old pages as they were, and a running
server keeps the build it started with.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path
from types import FrameType

from runtime.page_sources import fingerprint, sources_digest, with_locks

_STAMP = "sources.sha256"
_KEPT_BUILDS = 2
_LONGEST_SECONDS = 600
_LOG_LINES_SHOWN = 25
# A build runs the install scripts of other people's packages: it sees the tools' settings, never ours.
_BUILD_SEES = re.compile(
    r"PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|TEMP|TMP|XDG_\w+|NODE_\w+|npm_config_\w+|SSL_CERT_\w+"
    r"|(?:https?|all|no)_proxy",
    re.IGNORECASE,
)


class PageBuildFailed(Exception):
    """The pages could not be built; the text ends with what the builder said last."""


def build_if_needed(app: str, *, data: Path, root: Path) -> bool:
    """Make sure that `data/<app>/web` holds pages built from the sources in `root`; whether it had to build.

    Safe to call from several processes at once: one builds, the others wait and find it done. Raises
    PageBuildFailed.
    """
    home = data / app
    if is_fresh(app, data=data, root=root):
        return False
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    _say(f"{app}: its pages are not built yet or have changed; building (up to half a minute)")
    with _one_at_a_time(root) as lock:
        if is_fresh(app, data=data, root=root):
            return False
        started = time.monotonic()
        sources = sources_digest(app, root)
        _export(app, home=home, root=root, lock=lock)
        _publish(home, with_locks(sources, root))
    _say(f"{app}: pages built in {time.monotonic() - started:.1f} s")
    return True


def is_fresh(app: str, *, data: Path, root: Path) -> bool:
    """Whether the pages in `data/<app>/web` were built from exactly these sources."""
    stamp = data / app / "web" / _STAMP
    try:
        return stamp.read_text() == fingerprint(app, root=root)
    except FileNotFoundError:
        return False


def enter_built_pages(app: str, *, data: Path) -> Path:
    """Tell Reflex, which must not be imported yet, to serve the built pages as they are; their folder."""
    assert "reflex" not in sys.modules, "Reflex reads its environment when it is first imported"
    web = (data / app / "web").resolve()
    os.environ.update(
        _reflex_environment(app, home=data / app, web=web)
        | {
            "REFLEX_ENV_MODE": "prod",
            "__REFLEX_SKIP_COMPILE": "true",
            "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
        }
    )
    return web / "build" / "client"


def _reflex_environment(app: str, *, home: Path, web: Path) -> dict[str, str]:
    return {
        "WALLET_APP": app,
        "REFLEX_DIR": str(home.parent / "reflex"),
        "REFLEX_WEB_WORKDIR": str(web),
        "REFLEX_STATES_WORKDIR": str(home / "states"),
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
    }


def _export(app: str, *, home: Path, root: Path, lock: int) -> None:
    """Build in the work folder; one that a killed build left unusable is thrown away and built anew."""
    work = home / "work"
    was_warm = work.exists()
    try:
        _run_reflex(app, home=home, root=root, lock=lock)
    except PageBuildFailed:
        if not was_warm:
            raise
        _say(f"{app}: the build failed; once more from an empty folder")
        shutil.rmtree(work)
        _run_reflex(app, home=home, root=root, lock=lock)


def _run_reflex(app: str, *, home: Path, root: Path, lock: int) -> None:
    tools = Path(sys.executable).parent
    environment = {name: value for name, value in os.environ.items() if _BUILD_SEES.fullmatch(name)}
    environment |= _reflex_environment(app, home=home, web=home / "work")
    environment["PATH"] = f"{tools}{os.pathsep}{environment.get('PATH', os.defpath)}"
    environment |= {
        "PYTHONDONTWRITEBYTECODE": "1",
        "REFLEX_USE_NPM": "1",
        # The committed lock files carry versions and hashes, and no registry's address.
        "npm_config_omit_lockfile_registry_resolved": "true",
        "npm_config_ignore_scripts": "true",
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_update_notifier": "false",
    }
    environment["NPM_CONFIG_REGISTRY"] = _registry(environment)
    log = home / "build.log"
    with log.open("wb") as output, _leaving_on_sigterm():
        build = subprocess.Popen(
            [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Held by the build too: if we are killed, nobody else starts before it has ended.
            pass_fds=(lock,),
        )
        try:
            code = build.wait(_LONGEST_SECONDS)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(build.pid, signal.SIGKILL)
            build.wait()
            raise
    if code != 0 or not (home / "work" / "build" / "client" / "index.html").exists():
        said = log.read_text(errors="replace").splitlines()[-_LOG_LINES_SHOWN:]
        raise PageBuildFailed(f"Building the pages of {app} failed (exit code {code}):\n" + "\n".join(said))


def _registry(environment: dict[str, str]) -> str:
    """The registry this machine's npm uses. Left to itself, Reflex picks the quickest of two public ones."""
    asked = subprocess.run(  # noqa: S603 # our own npm, nothing of it from outside
        [Path(sys.executable).with_name("npm"), "config", "get", "registry"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or environment.get("NPM_CONFIG_REGISTRY", "")


def _publish(home: Path, stamp: str) -> None:
    builds = home / "builds"
    draft, complete = builds / "draft", builds / stamp[:16]
    for leftover in (draft, complete):
        if leftover.exists():
            shutil.rmtree(leftover)
    shutil.copytree(home / "work", draft, symlinks=True, ignore=shutil.ignore_patterns("node_modules"))
    (draft / _STAMP).write_text(stamp)
    draft.rename(complete)
    link = home / "web.new"
    link.unlink(missing_ok=True)
    link.symlink_to(complete.relative_to(home))
    link.replace(home / "web")
    newest_first = sorted(builds.iterdir(), key=lambda build: build.stat().st_ctime, reverse=True)
    for outdated in newest_first[_KEPT_BUILDS:]:
        shutil.rmtree(outdated)


@contextlib.contextmanager
def _one_at_a_time(root: Path) -> Generator[int]:
    """All builds of one checkout wait for each other, whatever their data folder: all write `reflex.lock/`."""
    descriptor = os.open(root / "rxconfig.py", os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _leaving_on_sigterm() -> Generator[None]:
    """A process that is told to stop while it builds leaves as quietly as later, and takes the build along."""
    is_ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    if is_ours:
        signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        if is_ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
