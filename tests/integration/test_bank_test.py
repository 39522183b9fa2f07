"""The bank test in short, and that it has teeth: `python -m tests.bank_test`."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psutil
import pytest

from tests.bank_test.check import Findings, Transfer, compare
from tests.bank_test.journal import Story, read
from tests.bank_test.operations import Answer, Operation, What
from tests.bank_test.plan import CASH, IN_FLIGHT, RECEIVABLE, WORKERS

ROOT = Path(__file__).resolve().parents[2]
WITHIN_SECONDS = 400
"""For a machine that does other things as well."""
ASHA, RAVI = uuid.uuid4(), uuid.uuid4()
DONE, REFUSED = Answer(done=True, word=str(uuid.uuid4())), Answer(done=False, word="NotEnoughMoney")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tests.bank_test", *arguments]


def figures_of(*arguments: str) -> tuple[int, dict[str, int]]:
    """The exit code and the figures."""
    done = subprocess.run(
        command(*arguments), cwd=ROOT, capture_output=True, text=True, check=False, timeout=WITHIN_SECONDS
    )
    sys.stdout.write(done.stderr)
    [line] = done.stdout.splitlines()
    return done.returncode, json.loads(line)


def test_no_money_is_lost_or_made_while_workers_and_the_database_are_killed() -> None:
    code, figures = figures_of("--seconds", "12")

    assert code == 0
    assert list(figures) == [
        "acknowledged",
        "snapshots",
        "bad_snapshots",
        "acknowledged_lost",
        "applied_twice",
        "process_kills",
        "database_kills",
    ]
    assert (figures["bad_snapshots"], figures["acknowledged_lost"], figures["applied_twice"]) == (0, 0, 0)
    assert (figures["process_kills"], figures["database_kills"]) == (23, 1)
    assert figures["acknowledged"]
    assert figures["snapshots"]


@pytest.mark.parametrize(("broken", "found"), [("unlocked", "bad_snapshots"), ("forgetful", "applied_twice")])
def test_a_bank_that_is_broken_on_purpose_is_found_out(broken: str, found: str) -> None:
    code, figures = figures_of("--seconds", "3", "--broken", broken)

    assert code == 1
    assert figures[found]


def test_ctrl_c_leaves_nobody_behind() -> None:
    started = subprocess.Popen(
        command("--seconds", "300"), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with started:
        everybody = family_of(started.pid, at_least=WORKERS + 2)
        started.send_signal(signal.SIGINT)
        said, _ = started.communicate(timeout=WITHIN_SECONDS)

    gone, alive = psutil.wait_procs(everybody, timeout=60)

    assert (started.returncode, said) == (130, "")
    assert alive == []
    assert len(gone) > WORKERS


def family_of(pid: int, *, at_least: int) -> list[psutil.Process]:
    """Its children and theirs, once the workers are among them: those of the database, too."""
    until = time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(psutil.NoSuchProcess):
            everybody = psutil.Process(pid).children(recursive=True)
            names = " ".join(" ".join(one.cmdline()) for one in everybody)
            if names.count("forkserver") >= at_least and "postgres" in names:
                return everybody
        time.sleep(0.1)
    raise AssertionError("the workers never started")


# The judgement, on logs and rows written by hand


def send(name: str = "0-1", what: What = What.SEND) -> Operation:
    return Operation(name, what, ASHA, RAVI, 100)


def told(*answers: Answer, one: Operation | None = None, was_lost: bool = False) -> Story:
    return Story(one or send(), list(answers), was_lost)


def row(one: Operation | None = None, **changes: object) -> Transfer:
    one = one or send()
    source, target = one.sides
    reference = one.mark if one.what is What.ADD else f"bank_test:{one.id}"
    note = None if one.what is What.ADD else one.id
    return Transfer(uuid.UUID(DONE.word), reference, source, target, one.paise, note)._replace(**changes)  # pyright: ignore[reportArgumentType] # a test's own words


def judged(*stories: Story, rows: list[Transfer]) -> tuple[int, int]:
    found = compare(list(stories), rows)
    return len(found.lost), len(found.twice)


def test_what_stands_as_it_was_told_is_right() -> None:
    hold, added = send("0-2", What.HOLD), send("0-3", What.ADD)
    release, capture = send("0-4", What.RELEASE), send("0-5", What.CAPTURE)
    operations = [send(), hold, added, release, capture]

    found = compare([told(DONE, DONE, one=one) for one in operations], [row(one) for one in operations])

    assert found == Findings(acknowledged=5)
    assert [one.sides for one in operations] == [
        (ASHA, RAVI),
        (ASHA, IN_FLIGHT),
        (RECEIVABLE, RAVI),
        (IN_FLIGHT, ASHA),
        (IN_FLIGHT, CASH),
    ]


@pytest.mark.parametrize(
    "standing",
    [
        [],
        [row(paise=99)],
        [row(paise=101)],
        [row(source=RAVI, target=ASHA)],
        [row(target=CASH)],
        [row(id=uuid.uuid4())],
    ],
    ids=["nothing", "less", "more", "the other way", "to another", "another id"],
)
def test_what_was_acknowledged_and_stands_otherwise_is_lost(standing: list[Transfer]) -> None:
    assert judged(told(DONE), rows=standing) == (1, 0)


def test_what_was_refused_and_stands_is_lost() -> None:
    under_a_key = send(what=What.SEND_UNDER_A_KEY)

    assert judged(told(REFUSED), rows=[row()]) == (1, 0)
    assert judged(told(REFUSED, one=under_a_key, was_lost=True), rows=[row(under_a_key)]) == (1, 0)
    assert judged(told(REFUSED, one=send(what=What.RELEASE)), rows=[]) == (1, 0), "it was on hold"


def test_a_refusal_may_stand_only_where_an_earlier_question_was_still_on_its_way() -> None:
    assert judged(told(REFUSED, was_lost=True), rows=[row()]) == (0, 0)


def test_an_answer_that_changes_is_lost() -> None:
    assert judged(told(REFUSED, DONE), rows=[row()]) == (1, 0)
    assert judged(told(DONE, REFUSED), rows=[row()]) == (1, 0)


def test_what_stands_more_often_than_it_was_asked_was_applied_twice() -> None:
    again = row(id=uuid.uuid4(), reference="bank_test:another")

    assert judged(told(DONE), rows=[row(), again]) == (0, 1)
    assert judged(told(), rows=[row(), again]) == (0, 1)
    assert judged(rows=[row()]) == (0, 1), "nobody asked for it"
    other = send("0-2")
    stolen = row(other, reference=row().reference)
    assert judged(told(DONE), told(DONE, one=other), rows=[row(), stolen]) == (0, 1)


def test_what_has_no_answer_may_stand_or_not() -> None:
    assert judged(told(), rows=[row()]) == (0, 0)
    assert judged(told(), rows=[]) == (0, 0)
    assert len(compare([told()], []).unanswered) == 1


def test_a_log_that_was_cut_off_in_the_middle_of_a_line_is_read_up_to_there(tmp_path: Path) -> None:
    log = tmp_path / "worker-0.log"
    asked = json.dumps({"ask": send()}, default=str)
    log.write_text(f'{asked}\n{{"got": "0-1", "do\n{{"lost": "0-1"}}\n')

    [story] = read(log).values()

    assert (story.operation, story.answers, story.was_lost) == (send(), [], True)
