"""Whom one can send to: the people of late, and who is found by what is typed."""

from __future__ import annotations

import reflex as rx

from money.errors import TooManyTries
from shared_db.connection import with_retries
from shared_db.recipients import recent
from shared_ui.guard import FormData
from shared_ui.guarded import guard
from shared_ui.people import PersonRow
from shared_ui.services import the_services
from user_app.people_words import person_row_of
from wallet.caller import Caller
from wallet.find_people import find_people


class FindForm(FormData):
    to: str


class Finding(rx.State):
    recent: list[PersonRow] = []
    people: list[PersonRow] = []
    is_sought: bool = False
    """Something is typed."""
    problem: str = ""

    async def _repaint(self, caller: Caller) -> None:
        the = the_services()
        met = await with_retries(the.database, lambda connection: recent(connection, caller.owner_id))
        self.recent = [person_row_of(one) for one in met]
        if not self.is_sought:
            await self._find(caller, "")

    async def _find(self, caller: Caller, text: str) -> None:
        the = the_services()
        self.problem, self.is_sought = "", bool(text.strip())
        try:
            found = await find_people(the.database, the.throttle, caller, text)
        except TooManyTries as refusal:
            self.problem = refusal.sentence
        else:
            # Nobody stands there twice.
            met = set() if self.is_sought else {one.id for one in self.recent}
            self.people = [row for row in map(person_row_of, found) if row.id not in met]

    def _begin(self) -> None:
        self.is_sought, self.problem = False, ""

    @guard.signed_in
    async def typed(self, caller: Caller, text: str) -> None:
        await self._find(caller, text)

    @guard.signed_in
    async def look(self, caller: Caller, form_data: FindForm) -> object:
        """Whoever is found alone is the one."""
        await self._find(caller, form_data.to)
        if self.problem or not self.is_sought or len(self.people) != 1:
            return None
        return rx.redirect(self.people[0].href)
