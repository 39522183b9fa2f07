"""From the bookings that follow a step to the movements of the ledger."""

from __future__ import annotations

import uuid

from money.accounts import BankAccount, HouseAccount, bank_account_id, house_account_id
from money.movements import Kind
from money.withdrawal import Booking
from shared_db.ids import new_id
from shared_db.withdrawals import Moved, SeenWithdrawal


def hold_reference(withdrawal_id: uuid.UUID) -> str:
    """Under which its money is held."""
    return f"withdrawal:{withdrawal_id}:hold"


def take_back_reference(withdrawal_id: uuid.UUID) -> str:
    """Under which is taken back what a bank had called failed and paid."""
    return _reference(withdrawal_id, Booking.TAKE_BACK)


def moved(seen: SeenWithdrawal, booking: Booking, *, taken_from: uuid.UUID | None) -> Moved:
    """What moves. `taken_from` is the account that stands in for the wallet in TAKE_BACK and GIVE_BACK, if any does."""
    cash = bank_account_id(seen.bank, BankAccount.CASH)
    in_flight = bank_account_id(seen.bank, BankAccount.IN_FLIGHT)
    suspense = house_account_id(HouseAccount.SUSPENSE)
    wallet = taken_from or seen.owner_id
    match booking:
        case Booking.CAPTURE:
            return _moved(seen, booking, Kind.CAPTURE, in_flight, cash, holder=seen.owner_id)
        case Booking.RELEASE:
            return _moved(seen, booking, Kind.RELEASE, in_flight, seen.owner_id)
        case Booking.REVERSE:
            return _moved(seen, booking, Kind.REVERSAL, cash, seen.owner_id)
        case Booking.REVERSE_TO_SUSPENSE:
            return _moved(seen, booking, Kind.REVERSAL, cash, suspense)
        case Booking.TAKE_BACK:
            kind = Kind.LOSS if wallet == house_account_id(HouseAccount.LOSSES) else Kind.REVERSAL
            return _moved(seen, booking, kind, wallet, cash)
        case Booking.GIVE_BACK:
            back = suspense if seen.wallet_closed and wallet == seen.owner_id else wallet
            return _moved(seen, booking, Kind.REVERSAL, cash, back)


def back_to_the_losses(seen: SeenWithdrawal, came_back: Moved, shortfall_paise: int) -> Moved:
    """Its owner was short of so much of it, and the house has borne that: what came back of it is the house's."""
    losses = house_account_id(HouseAccount.LOSSES)
    reference = f"withdrawal:{seen.id}:shortfall_back"
    return Moved(
        new_id(), reference, Kind.COMPENSATION, came_back.target, losses, amount_paise=shortfall_paise
    )


def _moved(
    seen: SeenWithdrawal,
    booking: Booking,
    kind: Kind,
    source: uuid.UUID,
    target: uuid.UUID,
    holder: uuid.UUID | None = None,
) -> Moved:
    return Moved(new_id(), _reference(seen.id, booking), kind, source, target, holder)


def _reference(withdrawal_id: uuid.UUID, booking: Booking) -> str:
    return f"withdrawal:{withdrawal_id}:{booking}"
