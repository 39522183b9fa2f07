"""Our model database: owners, lanes, withdrawals and the ledger, and what must hold of them after each change."""

from __future__ import annotations

from money.withdrawal import MAY_BECOME, SENT, Booking, Status, Step, Withdrawal, is_open, is_out

_DAY = 24 * 60 * 60 * 1_000

CONSERVED = "money is conserved"
ONCE = "each booking at most once, and in order"
TABLE = "only the table's steps"
PATIENCE = "a person is called after 24 hours, never sooner"
PAID_ONCE = "each is paid at most once"
BALANCE = "the total is never above the balance"
ONE_IN_FLIGHT = "never two in flight for an owner"
ORDER = "an owner's are sent in order"
FINAL = "every withdrawal becomes final"
NO_HOLD = "no hold is left"
EQUAL = "the bank's books equal ours"
RELEASED = "nothing is released that an honest bank may still pay"
STALE = "no stale answer is written"
AMOUNT = "nothing moves for another amount"

_ALLOWED = {(before, after) for before, all_after in MAY_BECOME.items() for after in all_after}
# Paid and reversed in one step.
_ALLOWED |= {(before, Status.REVERSED) for before in SENT} | {(status, status) for status in Status}
_MUST_STAND: dict[Booking, tuple[Booking | str, ...]] = {
    Booking.CAPTURE: ("hold",),
    Booking.RELEASE: ("hold",),
    Booking.REVERSE: (Booking.CAPTURE,),
    Booking.REVERSE_TO_SUSPENSE: (Booking.CAPTURE,),
    Booking.TAKE_BACK: (Booking.RELEASE,),
    Booking.GIVE_BACK: (Booking.TAKE_BACK,),
}
_MUST_NOT_STAND: dict[Booking, tuple[Booking, ...]] = {
    Booking.CAPTURE: (Booking.RELEASE,),
    Booking.RELEASE: (Booking.CAPTURE,),
    Booking.REVERSE: (Booking.REVERSE_TO_SUSPENSE,),
    Booking.REVERSE_TO_SUSPENSE: (Booking.REVERSE,),
    Booking.TAKE_BACK: (),
    Booking.GIVE_BACK: (),
}


class Broken(Exception):  # named for what happened
    """An invariant does not hold."""

    def __init__(self, invariant: str, story: str) -> None:
        super().__init__(f"{invariant}: {story}")
        self.invariant = invariant


class Lane:
    __slots__ = ("claimed", "next_at", "rows", "token")

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.token = 0
        self.next_at = 0
        self.claimed: Row | None = None

    def head(self) -> Row | None:
        for row in self.rows:
            if row.is_open:
                return row
        return None


class Owner:
    __slots__ = (
        "balance",
        "bank_paid",
        "calls",
        "closed",
        "deceived",
        "held",
        "lane",
        "name",
        "rows",
        "spent",
        "start",
    )

    def __init__(self, name: int, start: int) -> None:
        self.name = name
        self.start = start
        self.balance = start
        self.held = 0
        self.spent = 0
        self.rows: list[Row] = []
        self.lane = Lane()
        self.calls: list[tuple[Row, int, int, int, int]] = []
        self.closed = False
        self.bank_paid = 0
        self.deceived = False
        """The bank has said failed and paid later: whatever was released may be spent by then."""


class Row:
    __slots__ = (
        "amount",
        "booked",
        "deceived",
        "from_wallet",
        "given_to_wallet",
        "is_open",
        "lane",
        "name",
        "owner",
        "row",
        "times_paid",
        "unheard",
    )

    def __init__(self, name: int, owner: Owner, lane: Lane, row: Withdrawal) -> None:
        self.name = name
        self.owner = owner
        self.lane = lane
        self.row = row
        self.amount = row.amount_paise
        self.booked: list[Booking | str] = []
        self.is_open = True
        self.from_wallet = self.given_to_wallet = False
        self.times_paid = 0
        """At the bank, less what it took back."""
        self.deceived = False
        """The bank has called it failed, which was not its last word."""
        self.unheard = False
        """A webhook that only the bank's statement can make up for is lost for good."""


class Books:
    """The ledger. Everything here is one transaction."""

    __slots__ = ("losses", "suspense")

    def __init__(self) -> None:
        self.losses = 0
        self.suspense = 0

    def hold(self, row: Row) -> None:
        row.owner.balance -= row.amount
        row.owner.held += row.amount
        row.booked.append("hold")

    def keep(self, row: Row, step: Step, now: int, first_sent: int | None) -> None:
        """Write the row, post the bookings, look at what they touched."""
        before, after = row.row.status, step.row.status
        if (before, after) not in _ALLOWED:
            raise Broken(TABLE, f"#{row.name} from {before} to {after}")
        if after is Status.NEEDS_ATTENTION is not before and now - (first_sent or 0) < _DAY:
            raise Broken(PATIENCE, f"#{row.name} after {now - (first_sent or 0)} ms")
        row.row = step.row
        row.is_open = is_open(step.row)
        if step.bookings:
            if step.bookings[0] is Booking.TAKE_BACK and not row.deceived:
                raise Broken(RELEASED, f"#{row.name} was released, and the bank paid it")
            for booking in step.bookings:
                self.book(row, booking)
            self.check(row.owner)
            if is_out(row.row) != self.is_out(row):
                raise Broken(CONSERVED, f"#{row.name} is {after} and booked {row.booked}")

    def book(self, row: Row, booking: Booking) -> None:
        booked = row.booked
        if (
            booking in booked
            or any(one not in booked for one in _MUST_STAND[booking])
            or any(one in booked for one in _MUST_NOT_STAND[booking])
        ):
            raise Broken(ONCE, f"#{row.name} {booking} after {booked}")
        booked.append(booking)
        self.move(row, row.owner, booking)

    def move(self, row: Row, owner: Owner, booking: Booking) -> None:
        amount = row.amount
        if booking is Booking.CAPTURE:
            owner.held -= amount
        elif booking is Booking.RELEASE:
            owner.held -= amount
            owner.balance += amount
        elif booking is Booking.REVERSE:
            owner.balance += amount
        elif booking is Booking.REVERSE_TO_SUSPENSE:
            self.suspense += amount
        elif booking is Booking.TAKE_BACK:
            row.from_wallet = owner.balance >= amount and not owner.closed
            if row.from_wallet:
                owner.balance -= amount
            else:
                self.losses += amount
        elif not row.from_wallet:
            self.losses -= amount
        elif owner.closed:
            self.suspense += amount
        else:
            row.given_to_wallet = True
            owner.balance += amount

    def check(self, owner: Owner) -> None:
        """Balance and hold, counted anew from what stands in the ledger."""
        if owner.balance < 0:
            raise Broken(BALANCE, f"owner {owner.name} stands at {owner.balance}")
        balance, held = owner.start - owner.spent, 0
        for row in owner.rows:
            booked = row.booked
            balance -= row.amount * (
                ("hold" in booked)
                - (Booking.RELEASE in booked)
                - (Booking.REVERSE in booked)
                + row.from_wallet
                - row.given_to_wallet
            )
            held += row.amount * (
                ("hold" in booked) - (Booking.CAPTURE in booked) - (Booking.RELEASE in booked)
            )
        if (balance, held) != (owner.balance, owner.held):
            raise Broken(
                CONSERVED, f"owner {owner.name} has {owner.balance} + {owner.held}, not {balance} + {held}"
            )

    @staticmethod
    def is_out(row: Row) -> bool:
        """Whether the ledger says that the bank keeps the amount."""
        booked = row.booked
        back = Booking.REVERSE in booked or Booking.REVERSE_TO_SUSPENSE in booked
        return (Booking.CAPTURE in booked and not back) or (
            Booking.TAKE_BACK in booked and Booking.GIVE_BACK not in booked
        )
