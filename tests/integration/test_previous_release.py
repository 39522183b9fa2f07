"""The release before serves on while this one migrates, and beside it: processes of both, one database, real money."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from shared_db.embedded_postgres import EmbeddedPostgres
from tests.databases import LET_GO
from tests.previous_release import source
from tests.previous_release.lint import ROOT
from tests.previous_release.processes import Release
from tests.previous_release.source import NoHistory, export, previous_release
from tests.previous_release.walk import Walker, walk


@pytest.fixture
def empty_database(postgres_server: EmbeddedPostgres) -> Generator[str]:
    """Nobody has migrated it yet."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield urlunsplit(urlsplit(postgres_server.url)._replace(path=f"/{name}"))
        connection.execute(LET_GO, (name,))
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


@pytest.fixture
def releases(empty_database: str, tmp_path: Path) -> Generator[tuple[Release, Release]]:
    """The one before and this one. Nothing runs yet; all that was started is stopped afterwards."""
    try:
        commit = previous_release()
    except NoHistory as why:
        reason = f"The release before cannot be run: {why}."
        pytest.skip(reason)  # an archive or a shallow clone has no history to take it from
    export(commit, tmp_path / "before")
    data = tmp_path / "data"
    data.mkdir()
    before = Release(tmp_path / "before", data, empty_database, "before")
    now = Release(ROOT, data, empty_database, "now")
    yield before, now
    now.stop()
    before.stop()


def test_the_release_before_serves_on_while_this_one_migrates_and_beside_it(
    releases: tuple[Release, Release],
) -> None:
    before, now = releases
    before.command("migrate")
    before.command("demo")
    before.start("dummy_bank", "webhook_server", "withdraw_service", "user_app")
    bank = before.address("dummy_bank")
    early = walk(before.address("user_app"), "hdfc", at=bank)

    # Its processes keep their connections, and what they have prepared on them.
    now.command("migrate")

    assert early.balance() == 320
    walk(before.address("user_app"), "axis", at=bank)
    assert before.books_add_up()
    assert now.books_add_up()

    roll(before, now)

    doors = [(before.address("user_app"), "hdfc"), (now.address("user_app"), "axis")]
    with ThreadPoolExecutor(2) as both:
        pay_each_other(*both.map(lambda door: walk(*door, at=now.address("dummy_bank")), doors))
    assert before.books_add_up()
    assert now.books_add_up()
    assert before.complaints() + now.complaints() == []


def roll(before: Release, now: Release) -> None:
    """This release's processes stand beside the others; the banks call it from now on."""
    now.ports["dummy_bank"] = before.ports["dummy_bank"]
    now.start("webhook_server", "withdraw_service", "user_app")
    before.stop("dummy_bank")
    now.start("dummy_bank")


def pay_each_other(one: Walker, other: Walker) -> None:
    """Each at a door of another release, at the same time, to and fro."""

    def send(pair: tuple[Walker, Walker]) -> None:
        for _ in range(10):
            pair[0].sends(pair[1], 1)

    with ThreadPoolExecutor(2) as hands:
        list(hands.map(send, [(one, other), (other, one)]))
    assert (one.balance(), other.balance()) == (320, 320)


def test_a_copy_without_history_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "ROOT", tmp_path)
    with pytest.raises(NoHistory, match="no git repository"):
        previous_release()

    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    monkeypatch.setattr(source, "ROOT", tmp_path / "inside")
    (tmp_path / "inside").mkdir()
    with pytest.raises(NoHistory, match="another one"):
        previous_release()


class Repository:
    """A small one with migrations, in place of ours."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._versions = folder / "shared_db" / "migrations" / "versions"
        self._versions.mkdir(parents=True)
        self.git("init", "--quiet")

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=Asha", "-c", "user.email=asha@x.example", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *who, *words], cwd=self.folder, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commits(self, text: str, *, number: int = 1) -> str:
        """Its id; the migration of that number holds the text."""
        (self._versions / f"{number:04}_x.py").write_text(text)
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", text)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    folder = (tmp_path / "repository").resolve()
    monkeypatch.setattr(source, "ROOT", folder)
    return Repository(folder)


def test_without_a_tag_the_release_before_is_the_newest_that_lacks_a_migration(
    repository: Repository,
) -> None:
    repository.commits("a")
    newest_before = repository.commits("b")
    repository.commits("c", number=2)
    repository.commits("d", number=2)

    assert previous_release() == newest_before


def test_where_no_migration_is_new_the_release_before_is_the_commit_before(repository: Repository) -> None:
    repository.commits("a")
    with pytest.raises(NoHistory, match="first commit"):
        previous_release()
    before = repository.commits("b")
    repository.commits("c")

    assert previous_release() == before


def test_the_release_before_is_the_newest_tag_and_never_the_one_that_is_being_released(
    repository: Repository,
) -> None:
    tags = ("v0.9.0", "v0.10.0", "v0.11.0")
    commits = [repository.commits(tag, number=number) for number, tag in enumerate(tags, 1)]
    for tag, commit in zip(tags, commits, strict=True):
        repository.git("tag", tag, commit)

    assert previous_release() == commits[1]


def test_a_shallow_clone_says_so(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commits("a")
    repository.commits("b")
    shallow = (tmp_path / "shallow").resolve()
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.folder}", str(shallow))
    monkeypatch.setattr(source, "ROOT", shallow)

    with pytest.raises(NoHistory, match="shallow"):
        previous_release()


def test_what_is_committed_is_exported_and_nothing_else(repository: Repository, tmp_path: Path) -> None:
    commit = repository.commits("a")
    (repository.folder / "left_over.py").write_text("")

    export(commit, tmp_path / "there")

    files = [str(one.relative_to(tmp_path / "there")) for one in (tmp_path / "there").rglob("*.py")]
    assert files == ["shared_db/migrations/versions/0001_x.py"]
