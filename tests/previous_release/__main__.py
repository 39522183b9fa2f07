"""`python -m tests.previous_release`: write down what the release of this tree may rely on; right after its tag."""

from __future__ import annotations

from bench.scratch import scratch_database
from tests.previous_release.leaving import LEAVING
from tests.previous_release.schema import facts_of, write_down

if __name__ == "__main__":
    with scratch_database() as (_, server):
        write_down(facts_of(server.url), LEAVING)
