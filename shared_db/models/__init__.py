"""The tables. Money is BIGINT paise; times are UTC; ids come from `shared_db.ids`.

users ─ codes                      six digits that prove an email or a phone
merchants ─ merchant_identities    which providers vouch for one
provider_visits, newcomers         on their way to a provider, and back from one without a shop yet
  └── accounts ─ balances          one row for each owner, person or merchant, created together and starting at 0
        ├── sessions               where they are signed in
        ├── entries ─ transfers    append-only: triggers refuse UPDATE, DELETE and TRUNCATE
        └── daily_totals           each Kolkata day's sums, kept in the same batch
refunded_payments ─ refunds        what merchants gave back, never more than was paid
  └── on_ramps ─ enquiry_queue     adding money, and when its bank is asked next
        └── bank_events            every word a bank said
lanes ─ withdrawals                taking money out: one at a time for each owner
          └── withdrawal_attempts  every call to a bank about it
saved_accounts                     where owners have paid out to, for the next time
settlement_plans ─ settlements     when a shop's balance goes to its bank by itself, and which payments each covers
reconciliation_runs                each day's statement of each bank beside our ledger
  └── reconciliation_exceptions    what differed
resolutions                        append-only: what people decided about all that waits for one
posted_batches ─ house_totals      what was posted and not yet looked at; the house's accounts, rolled up from it
solvency                           whether our books add up, and how far the watch has come
restores                           when this database was brought back, and who let money out of it again
bank_breakers                      which banks we have stopped calling for a while
idempotency_keys                   what was answered to a request that may be repeated
outbox                             what development would have sent to people
"""

from __future__ import annotations

from shared_db.models.adding_money import BankEvent, EnquiryQueue, OnRamp
from shared_db.models.comparing_with_banks import ReconciliationException, ReconciliationRun, Resolution
from shared_db.models.ledger import Account, Balance, DailyTotal, Entry, Transfer
from shared_db.models.merchants import (
    Merchant,
    MerchantIdentity,
    Newcomer,
    ProviderVisit,
    Refund,
    RefundedPayment,
)
from shared_db.models.people import Code, IdempotencyKey, OutboxMessage, Session, User
from shared_db.models.settling import Settlement, SettlementPlan
from shared_db.models.taking_money_out import BankBreaker, Lane, SavedAccount, Withdrawal, WithdrawalAttempt
from shared_db.models.watching_the_books import HouseTotal, PostedBatch, Restore, Solvency

__all__ = [
    "Account",
    "Balance",
    "BankBreaker",
    "BankEvent",
    "Code",
    "DailyTotal",
    "EnquiryQueue",
    "Entry",
    "HouseTotal",
    "IdempotencyKey",
    "Lane",
    "Merchant",
    "MerchantIdentity",
    "Newcomer",
    "OnRamp",
    "OutboxMessage",
    "PostedBatch",
    "ProviderVisit",
    "ReconciliationException",
    "ReconciliationRun",
    "Refund",
    "RefundedPayment",
    "Resolution",
    "Restore",
    "SavedAccount",
    "Session",
    "Settlement",
    "SettlementPlan",
    "Solvency",
    "Transfer",
    "User",
    "Withdrawal",
    "WithdrawalAttempt",
]
