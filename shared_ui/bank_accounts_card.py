"""The bank accounts kept for the next withdrawal: masked, each with a button that removes it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import reflex as rx

from money.payout_accounts import masked
from shared_db.connection import with_retries
from shared_db.saved_accounts import forget, saved_by
from shared_ui.bank_words import BANKS
from shared_ui.fields import quiet_button
from shared_ui.guarded import guard
from shared_ui.parts import card
from shared_ui.services import the_services
from wallet.caller import Caller


@dataclass(frozen=True)
class AccountRow:
    id: str
    account: str
    name: str
    remove: str


class KeptAccounts(rx.State, mixin=True):
    """Each web app has a State of its own with it."""

    accounts: list[AccountRow] = []

    async def _repaint(self, caller: Caller) -> None:
        database = the_services().database
        saved = await with_retries(database, lambda connection: saved_by(connection, caller.owner_id))
        accounts = [(one, f"{BANKS[one.bank]} {masked(one.account_number)}") for one in saved]
        self.accounts = [
            AccountRow(str(one.id), account, one.registered_name or "", f"Remove {account}")
            for one, account in accounts
        ]

    @guard.signed_in
    async def remove(self, caller: Caller, account_id: str) -> None:
        if account_id in {row.id for row in self.accounts}:
            wanted = uuid.UUID(account_id)
            await with_retries(
                the_services().database, lambda connection: forget(connection, caller.owner_id, wanted)
            )
        await self._repaint(caller)


def bank_accounts_card(kept: type[KeptAccounts]) -> rx.Component:
    return card(
        rx.cond(
            kept.accounts,
            rx.el.ul(
                rx.foreach(kept.accounts, lambda row: _account(row, kept)), class_name="divide-y divide-line"
            ),
            rx.el.p(
                "No bank account is saved. The next one you withdraw to will be.", class_name="text-quiet"
            ),
        ),
        title="Bank accounts",
    )


def _account(row: AccountRow, kept: type[KeptAccounts]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(row.account, class_name="font-medium"),
            rx.cond(
                row.name != "", rx.el.p(row.name, class_name="text-label text-quiet [overflow-wrap:anywhere]")
            ),
            class_name="min-w-0",
        ),
        rx.el.div(quiet_button(row.remove, on_click=kept.remove(row.id)), class_name="shrink-0"),
        key=row.id,
        class_name="flex flex-col gap-2 py-3 tablet:flex-row tablet:items-center tablet:justify-between",
    )
