"""The judgement: what owners were told, what our ledger says and what stands in the bank's books, held together."""

from __future__ import annotations

import itertools
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.withdraw_storm.books import Balance, BankBooks, Ours, Payout
from tests.withdraw_storm.owners import EACH_HAS_PAISE, Wish

_OUT = {"paid", "reversed"}
_FINAL = {"paid", "reversed", "failed", "cancelled"}


@dataclass
class Findings:
    """Each list holds sentences, and is empty when all is well."""

    not_final: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    """Told to its owner, and not so."""
    unasked: list[str] = field(default_factory=list)
    """Here or at the bank, and nobody asked for it."""
    paid_twice: list[str] = field(default_factory=list)
    books_differ: list[str] = field(default_factory=list)
    """The bank's and ours."""
    out_of_order: list[str] = field(default_factory=list)
    two_in_flight: list[str] = field(default_factory=list)
    called_for_again: list[str] = field(default_factory=list)
    """It was settled, and somebody forgot that: these banks never contradict themselves."""
    wrong_balances: list[str] = field(default_factory=list)
    untold_reversals: list[str] = field(default_factory=list)
    """Paid here and reversed there, and every letter about it was lost: the statement alone shows it."""

    @property
    def wrongs(self) -> dict[str, list[str]]:
        """All but what no message could have told us."""
        return {name: found for name, found in vars(self).items() if name != "untold_reversals"}


def judge(
    wishes: Sequence[Wish], here: Sequence[Ours], bank: BankBooks, balances: Sequence[Balance]
) -> Findings:
    """Whatever is wrong, in words."""
    found = Findings()
    of_bank = defaultdict[str, list[Payout]](list)
    for payout in bank.payouts:
        of_bank[payout.reference].append(payout)
    found.not_final = [
        f"{one.id} is {one.status} since {one.settled_at}"
        for one in here
        if one.status not in _FINAL or one.settled_at is None
    ]
    found.called_for_again = [
        f"{one.id} is {one.status} since {one.settled_at} and was called for at {one.last_call_at}"
        for one in here
        if one.settled_at and one.last_call_at and one.last_call_at > one.settled_at
    ]
    _promises(wishes, here, found)
    for one in here:
        _compare(one, of_bank.get(str(one.id), []), found)
    known = {str(one.id) for one in here}
    found.unasked += [f"the bank has {reference}" for reference in of_bank if reference not in known]
    _order(here, bank, found)
    _balances(wishes, here, of_bank, balances, found)
    return found


def _promises(wishes: Sequence[Wish], here: Sequence[Ours], found: Findings) -> None:
    standing = {one.reference: one for one in here}
    for wish in wishes:
        one = standing.get(wish.reference)
        found.lost += [f"{wish.key} was answered {answer}" for answer in wish.surprises]
        if not wish.is_answered:
            found.lost.append(f"{wish.key} has no answer")
        elif wish.is_refused:
            if one:
                found.lost.append(f"{wish.key} was refused and is {one.status}")
        elif one is None or (one.id, one.owner_id, one.amount_paise, one.bank, one.account_number, one.ifsc) != (
            wish.accepted, wish.owner.id, wish.amount_paise, wish.bank, wish.account_number, wish.ifsc,
        ):  # fmt: skip
            found.lost.append(f"{wish.key} was accepted as {wish.accepted} and stands as {one}")
        elif (one.status == "cancelled") is not bool(wish.is_cancelled):
            found.lost.append(f"{wish.key} was told cancelled: {wish.is_cancelled}, and is {one.status}")
    asked = {wish.reference for wish in wishes}
    found.unasked += [f"{one.id} of {one.reference}" for one in here if one.reference not in asked]


def _compare(one: Ours, there: Sequence[Payout], found: Findings) -> None:
    paid = [payout for payout in there if payout.paid_paise]
    if len(paid) > 1 or any(payout.paid_paise != payout.amount_paise for payout in paid):
        found.paid_twice.append(f"{one.id} was paid {len(paid)} times")
        return
    wanted = (one.bank, one.account_number, one.ifsc, one.amount_paise)
    for payout in there:
        if (payout.bank, payout.account_number, payout.ifsc, payout.amount_paise) != wanted:
            found.books_differ.append(f"{one} is there {payout}")
    if not paid:
        if one.status in _OUT or one.correction == "taken_back":
            found.books_differ.append(f"{one.id} is {one.status} here and was not paid there")
        return
    [payout] = paid
    is_out = one.status in _OUT or one.correction != "none"
    if not is_out or one.utr != payout.utr:
        found.books_differ.append(
            f"{one.id} is {one.status} as {one.utr} here, and paid as {payout.utr} there"
        )
        return
    came_back = payout.returned_paise == payout.amount_paise
    if came_back is not (one.status == "reversed" or one.correction == "given_back"):
        if came_back and "payout.reversed" in payout.untold:
            found.untold_reversals.append(str(one.id))
        else:
            found.books_differ.append(f"{one.id} is {one.status} here, and at the bank it is {payout.status}")


def _order(here: Sequence[Ours], bank: BankBooks, found: Findings) -> None:
    """By the bank's time of booking, and by our calls: one after the other, each begun when the one before is over."""
    owners = {str(one.id): one for one in here}
    lines = defaultdict[uuid.UUID, list[tuple[int, Payout]]](list)
    for payout in bank.payouts:
        if one := owners.get(payout.reference):
            lines[one.owner_id].append((one.number, payout))
    for line in lines.values():
        for (number, before), (next_number, after) in itertools.pairwise(line):
            if next_number < number:
                found.out_of_order.append(f"{after.reference} was booked after {before.reference}")
            elif before.decided_ms is None or after.begun_ms < before.decided_ms:
                found.two_in_flight.append(f"{before.reference} was open when {after.reference} came")
    found.out_of_order += [
        f"{after.id} was called for before {before.id} was settled"
        for before, after in itertools.pairwise(one for one in here if one.first_call_at)
        if before.owner_id == after.owner_id
        and after.first_call_at
        and before.settled_at
        and after.first_call_at < before.settled_at
    ]


def _balances(
    wishes: Sequence[Wish],
    here: Sequence[Ours],
    of_bank: dict[str, list[Payout]],
    balances: Sequence[Balance],
    found: Findings,
) -> None:
    """Start less what the bank has paid and kept, to the paisa; what came back untold is out for us as well."""
    has = {wish.owner.id: int(EACH_HAS_PAISE) for wish in wishes}
    untold = set(found.untold_reversals)
    for one in here:
        for payout in of_bank.get(str(one.id), []):
            kept = payout.paid_paise - (0 if str(one.id) in untold else payout.returned_paise)
            has[one.owner_id] = has.get(one.owner_id, 0) - kept
    for balance in balances:
        wanted = (has.get(balance.owner_id, 0), 0)
        if (balance.paise, balance.held_paise) != wanted:
            found.wrong_balances.append(f"{balance} should have {wanted}")
