"""`python -m tests.withdraw_storm.worker [BROKEN] [not-idempotent]`: withdraw_service with other banks or wrong rules.

The sound one at banks as they are is `python -m withdraw_service` itself.
"""

from __future__ import annotations

import sys

from tests.withdraw_storm.broken import know_that_references_are_not_idempotent, spoil_this_worker
from tests.withdraw_storm.plan import Broken
from withdraw_service.__main__ import main

NOT_IDEMPOTENT = "not-idempotent"

if __name__ == "__main__":
    for word in sys.argv[1:]:
        if word == NOT_IDEMPOTENT:
            know_that_references_are_not_idempotent()
        else:
            spoil_this_worker(Broken(word))
    main()
