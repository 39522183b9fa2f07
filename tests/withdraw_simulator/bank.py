"""The model bank: its own books, its own mind, and words that may come late, twice, in another order or never."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from money.withdrawal import NoOutcome, Outcome, Status
from tests.withdraw_simulator.books import BALANCE, PAID_ONCE, Broken, Row
from tests.withdraw_simulator.weather import MINUTE, SECOND

if TYPE_CHECKING:
    from tests.withdraw_simulator.world import World

Reference: TypeAlias = tuple[int, int]
Said: TypeAlias = tuple[Outcome | NoOutcome, str | None]
_KEEPS_TELLING_FOR = 10 * MINUTE


class Payout:
    """One line of the bank's books."""

    __slots__ = ("has_changed", "outcome", "row", "utr", "visible_at")

    def __init__(self, row: Row, utr: str, visible_at: int) -> None:
        self.row = row
        self.utr = utr
        self.visible_at = visible_at
        self.outcome: Outcome | None = None
        self.has_changed = False


class Bank:
    __slots__ = ("payouts", "refusals", "world")

    def __init__(self, world: World) -> None:
        self.world = world
        self.payouts: dict[Reference, list[Payout]] = {}
        self.refusals: dict[int, bool] = {}

    # ------------------------------------------------------------------------------ at its door

    def asked_to_send(self, row: Row, reference: Reference, made_at: int) -> Said:
        """What it answers; a call that comes later than its contract says is not acted on."""
        world, weather = self.world, self.world.weather
        if world.now > made_at + weather.final_after:
            return NoOutcome.REFUSED, None
        if row.name not in self.refusals:
            self.refusals[row.name] = world.r() < weather.refuses
        if self.refusals[row.name]:
            return NoOutcome.REFUSED, None
        known = self.payouts.setdefault(reference, [])
        if known and weather.idempotent:
            if weather.refuses_again and row.row.sends > 1 and world.r() < weather.refuses_again:
                return NoOutcome.REFUSED, None
            return self._standing(known[0])
        # Its enquiries read a copy that lags behind, but never longer than its contract says.
        visible_at = min(world.now + int(world.r() * weather.lag), made_at + weather.final_after)
        payout = Payout(row, f"{row.name}.{len(self.payouts)}.{len(known)}", visible_at)
        known.append(payout)
        if world.r() < weather.pending:
            world.later(int(world.r() * weather.pending_for), self.decide, (payout,))
        else:
            self.decide(payout)
        return self._standing(payout)

    def asked_about(self, reference: Reference) -> Said:
        seen = [one for one in self.payouts.get(reference, ()) if one.visible_at <= self.world.now]
        return self._standing(seen[-1]) if seen else (NoOutcome.NOT_FOUND, None)

    def _standing(self, payout: Payout) -> Said:
        if payout.outcome is None:
            return NoOutcome.PENDING, None
        if payout.outcome is Outcome.REVERSED and not self.world.weather.says_reversed:
            return Outcome.FAILED, None
        return payout.outcome, payout.utr if payout.outcome is Outcome.SUCCEEDED else None

    # --------------------------------------------------------------------------------- its mind

    def decide(self, payout: Payout) -> None:
        world, weather = self.world, self.world.weather
        if world.r() < weather.fails:
            payout.outcome = Outcome.FAILED
            self.tell(payout, Outcome.FAILED)
            if weather.fickle and world.r() < weather.fickle:
                world.later(int(world.r() * world.r() * MINUTE), self.pay_after_all, (payout,))
        else:
            self.pay(payout)

    def pay_after_all(self, payout: Payout) -> None:
        self.contradicts(payout)
        self.pay(payout)

    def pay(self, payout: Payout) -> None:
        world, weather, row = self.world, self.world.weather, payout.row
        owner = row.owner
        payout.outcome = Outcome.SUCCEEDED
        row.times_paid += 1
        owner.bank_paid += row.amount
        if world.story is not None:
            world.say(f"the bank pays #{row.name}, {payout.utr}")
        lies = weather.fickle > 0 and world.r() < weather.fickle
        if lies:
            self.contradicts(payout)
        if row.times_paid > 1:
            raise Broken(PAID_ONCE, f"#{row.name} was paid {row.times_paid} times")
        if row.row.status is Status.CANCELLED:
            raise Broken(PAID_ONCE, f"#{row.name} was cancelled, and paid")
        if owner.bank_paid + owner.spent > owner.start and not owner.deceived:
            raise Broken(BALANCE, f"owner {owner.name} had {owner.start}, and {owner.bank_paid} was paid")
        self.tell(payout, Outcome.SUCCEEDED)
        if lies:
            self.tell(payout, Outcome.FAILED)
        if world.r() < weather.reverses:
            world.later(int(world.r() * 90 * SECOND), self.reverse, (payout,))

    def reverse(self, payout: Payout) -> None:
        world, row = self.world, payout.row
        payout.outcome = Outcome.REVERSED
        row.times_paid -= 1
        row.owner.bank_paid -= row.amount
        if world.story is not None:
            world.say(f"the bank takes #{row.name} back")
        payout.has_changed = True
        self.tell(payout, Outcome.REVERSED if world.r() < 0.8 else Outcome.FAILED)

    def contradicts(self, payout: Payout) -> None:
        payout.has_changed = payout.row.deceived = payout.row.owner.deceived = True

    # -------------------------------------------------------------------------------- its words

    def tell(self, payout: Payout, outcome: Outcome) -> None:
        world, weather, row = self.world, self.world.weather, payout.row
        r = world.r
        if weather.wrong_amount and r() < weather.wrong_amount:
            world.later(int(r() * weather.word_delay), world.hear, (row, outcome, row.amount + 1, payout.utr))
        if r() < weather.lose_word and world.now < weather.until:
            row.unheard |= payout.has_changed
            return
        world.later(int(r() * weather.word_delay), world.hear, (row, outcome, row.amount, payout.utr))
        while weather.repeat_word and r() < weather.repeat_word:
            world.later(int(r() * 2 * weather.word_delay), world.hear, (row, outcome, row.amount, payout.utr))
