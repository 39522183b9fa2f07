"""HDFC Bank."""

from datetime import timedelta

from bank_api.adapters.adapter import Adapter
from bank_api.messages import parse_event

ADAPTER = Adapter(
    name="hdfc",
    display_name="HDFC Bank",
    ifsc_prefix="HDFC0",
    parse_event=parse_event,
    references_are_idempotent=True,
    not_found_is_final_after=timedelta(hours=24),
)
