"""The source of the release before this tree, taken from git."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

from tests.previous_release.lint import ROOT, VERSIONS

_VERSIONS = str(VERSIONS.relative_to(ROOT))


class NoHistory(Exception):
    """There is no release before to be had here; the text says why, for a test that is left out."""


def previous_release() -> str:
    """Its commit: the newest tag `v…` before HEAD; without tags the newest commit that lacks one of our migrations,
    and where none lacks one the commit before HEAD. Raises NoHistory."""
    _refuse_what_has_no_history()
    tags = _git(
        "tag", "--list", "v*", "--merged", "HEAD", "--no-contains", "HEAD", "--sort=-v:refname"
    ).split()
    if tags:
        return _git("rev-parse", f"{tags[0]}^{{commit}}")
    ours = {path.name for path in (ROOT / _VERSIONS).glob("*.py")}
    commits = _git("rev-list", "--first-parent", "HEAD").split()
    for commit in commits:
        there = {Path(name).name for name in _git("ls-tree", "--name-only", commit, f"{_VERSIONS}/").split()}
        if there < ours:
            if not there:
                break
            return commit
    if len(commits) == 1:
        raise NoHistory("this is the first commit")
    return commits[1]


def export(commit: str, folder: Path) -> None:
    """The files of a commit into a new folder, as they are."""
    folder.mkdir(parents=True)
    packed = folder.with_suffix(".tar")
    _git("archive", "--format=tar", f"--output={packed}", commit)
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    packed.unlink()


def _refuse_what_has_no_history() -> None:
    try:
        top = _git("rev-parse", "--show-toplevel")
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoHistory("this is no git repository, or git is not installed") from error
    # A source archive that was unpacked somewhere inside another repository.
    if Path(top).resolve() != ROOT:
        raise NoHistory(f"the repository at {top} is another one")
    if _git("rev-parse", "--is-shallow-repository") == "true":
        raise NoHistory("this is a shallow clone: git fetch --unshallow --tags")


def _git(*words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()
