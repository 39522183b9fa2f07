"""What differs from one bank to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bank_api.messages import Event
from money.breaker import STANDARD, BreakerRules
from money.withdrawal import PayoutContract


@dataclass(frozen=True, slots=True)
class Adapter:
    """One bank: its names, its way of writing events, and what its contract with us promises."""

    name: str
    """As it stands in addresses, settings and the database."""
    display_name: str
    ifsc_prefix: str
    """The first five characters of the IFSC of every branch."""
    parse_event: Callable[[bytes], Event]
    """A webhook's body as our event; raises NotAnEvent."""
    references_are_idempotent: bool
    """May we send a payout again under the same reference without its being paid twice?"""
    not_found_is_final_after: timedelta
    """From when on "we know no such payout" means that it never will be one."""
    breaker_rules: BreakerRules = STANDARD
    """When we stop calling it for a while."""

    @property
    def payout_contract(self) -> PayoutContract:
        return PayoutContract(self.references_are_idempotent, self.not_found_is_final_after)
