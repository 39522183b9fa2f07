"""The bank accounts kept for the next withdrawal, on /settings."""

from __future__ import annotations

import reflex as rx

from shared_ui.bank_accounts_card import KeptAccounts


class BankAccounts(KeptAccounts, rx.State):
    """A person's."""
