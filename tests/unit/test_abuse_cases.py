"""docs/abuse_cases.md is true: each test that it names exists, and no secret is in the repository."""

from __future__ import annotations

import re

from tests.test_tidy import ROOT, files, text_of

_COMES_LATER = "comes with merchants"
_SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bwhsec_[A-Za-z0-9+/]{32,}={0,2}"
    r"|\b(?:ghp|gho|github_pat)_[A-Za-z0-9_]{20,}"
    r"|\bAKIA[0-9A-Z]{16}\b"
    r"|\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}"
)


def test_each_abuse_case_is_tried_by_a_test_that_exists() -> None:
    table = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (ROOT / "docs/abuse_cases.md").read_text().splitlines()
        if re.match(r"\| A\d", line)
    ]
    written = {
        name
        for path in files(".py")
        if path.startswith("tests/")
        for name in re.findall(r"^(?:async )?def (test_\w+)", text_of(path), re.MULTILINE)
    }

    named = {case: re.findall(r"`(test_\w+)`", tests) for case, _, _, tests in table}
    later = {case for case, _, happens, _ in table if happens == _COMES_LATER}

    assert len(table) == len(named) > 40
    assert [(case, one) for case, tests in named.items() for one in tests if one not in written] == []
    assert [case for case, tests in named.items() if not tests and case not in later] == []


def test_no_secret_is_in_the_repository() -> None:
    found = [
        f"{path}:{number}"
        for path in files()
        # What tests sign with is made up there, from parts.
        if not path.startswith("tests/")
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if _SECRETS.search(line)
    ]

    assert found == []
