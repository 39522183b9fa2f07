"""`python -m tests.bank_test`: one JSON object on standard output, and exit code 0 if all the money is there."""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from shared_db.embedded_postgres import EmbeddedPostgres, ensure_running
from shared_db.verify import verify
from tests.bank_test.broken import Broken
from tests.bank_test.check import check
from tests.bank_test.crew import Crew
from tests.bank_test.opening import open_the_bank
from tests.bank_test.plan import Plan
from tests.bank_test.storm import rage, say

_INTERRUPTED = 130
_MOST_TOLD = 10
_LOOK_EVERY_SECONDS = 0.1
_AT_WORK = """
SELECT FROM pg_stat_activity WHERE application_name = 'batua' AND state <> 'idle' AND datname = current_database()
"""


@dataclass(frozen=True)
class Result:
    """What is printed."""

    acknowledged: int
    snapshots: int
    bad_snapshots: int
    acknowledged_lost: int
    applied_twice: int
    process_kills: int
    database_kills: int


def main() -> int:
    """The exit code."""
    # A SIGTERM is as good as a Ctrl-C: every block below ends cleanly.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(prog="python -m tests.bank_test", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--broken", type=Broken, choices=list(Broken), help=argparse.SUPPRESS)
    given = parser.parse_args()
    say(f"seed {given.seed}")
    try:
        with tempfile.TemporaryDirectory(prefix="batua-bank-test-") as name:
            folder = Path(name)
            database = folder / "postgres"
            with ensure_running(database, password="only-for-the-bank-test", port=None) as server:
                plan = open_the_bank(server.url, folder, seed=given.seed, broken=given.broken)
                return run(plan, server, database, given.seconds)
    except KeyboardInterrupt:
        return _INTERRUPTED


def run(plan: Plan, server: EmbeddedPostgres, database: Path, seconds: float) -> int:
    """The storm, and the judgement after it."""
    crew = Crew(plan)
    try:
        crew.start()
        database_kills = rage(crew, server, database, seconds)
        say("closing: whatever has no answer yet is asked again")
        all_done = close_the_bank(plan, crew)
        snapshots, bad_snapshots, wrongs = crew.what_the_reader_saw()
    finally:
        crew.end_all()
    found, verified = check(plan), verify(plan.url)
    for sentence in [*wrongs, *found.lost, *found.twice, *found.unanswered][:_MOST_TOLD]:
        say(sentence)
    say(f"verify: {verified}")
    say(
        f"{found.refused} refused, {found.asked_again} asked again after a kill, {len(found.unanswered)} without "
        f"an answer, {crew.accidents} workers that ended by themselves"
    )
    result = Result(
        acknowledged=found.acknowledged,
        snapshots=snapshots,
        bad_snapshots=bad_snapshots,
        acknowledged_lost=len(found.lost),
        applied_twice=len(found.twice),
        process_kills=crew.kills,
        database_kills=database_kills,
    )
    sys.stdout.write(f"{json.dumps(asdict(result))}\n")
    is_right = not (bad_snapshots or found.lost or found.twice) and bool(verified["ok"])
    return 0 if is_right and all_done and not found.unanswered and not crew.accidents else 1


def close_the_bank(plan: Plan, crew: Crew) -> bool:
    """Let every worker come to its end, then let the leases of the dead pass, and ask for what is still open."""
    plan.closing.touch()
    first = crew.wait_until_done()
    with psycopg.connect(plan.url, autocommit=True) as connection:
        # A question of a killed process may still run; a lease is longer than that can take.
        while connection.execute(_AT_WORK).fetchone():
            time.sleep(_LOOK_EVERY_SECONDS)
        connection.execute("UPDATE idempotency_keys SET begun_at = begun_at - interval '1 hour'")
    crew.start_workers()
    return crew.wait_until_done() and first


if __name__ == "__main__":
    sys.exit(main())
