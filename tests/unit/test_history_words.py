"""What happened to money is called by names that are true of how it stands."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from money.activity import Activity, Result
from shared_db.history_rows import Happened
from shared_db.ids import new_id
from user_app.history_words import kind_of


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (Result.DONE, "Added from your bank"),
        (Result.WAITING, "From your bank"),
        (Result.REFUSED, "From your bank"),
    ],
)
def test_money_that_has_not_come_from_a_bank_is_not_called_added(result: Result, kind: str) -> None:
    at = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)

    assert kind_of(Happened(new_id(), Activity.ON_RAMP, 500_00, None, at, "any", result)) == kind
