"""The accounts of the ledger that belong to nobody: one fixed id each, the same in every database."""

from __future__ import annotations

import enum
import functools
import uuid

_NAMESPACE = uuid.UUID("6f2c1b1e-6c1d-5f0a-9a55-0b6d2f7c4e10")


class BankAccount(enum.StrEnum):
    """What we keep for each bank. Balances are the sums of entries; negative means the bank owes us."""

    RECEIVABLE = "receivable"
    """Collected by the bank from its customers and not yet settled to us."""
    CASH = "cash"
    """Our own money at the bank."""
    IN_FLIGHT = "payouts_in_flight"
    """On hold for withdrawals the bank has not answered for."""


class HouseAccount(enum.StrEnum):
    """What the house itself pays or keeps aside."""

    PROMOTIONS = "promotions"
    COMPENSATION = "compensation"
    LOSSES = "losses"
    SUSPENSE = "suspense"


@functools.cache
def bank_account_id(bank: str, account: BankAccount) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, f"{bank}:{account}")


@functools.cache
def house_account_id(account: HouseAccount) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, account)


def system_accounts(banks: tuple[str, ...]) -> dict[uuid.UUID, str]:
    """Every system account of these banks and of the house, with its name."""
    return {bank_account_id(bank, one): f"{bank}:{one}" for bank in banks for one in BankAccount} | {
        house_account_id(one): str(one) for one in HouseAccount
    }
