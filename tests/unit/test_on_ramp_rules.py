"""The rules of adding money, as tables: what each word of a bank means for a payment in each state."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as some

from money.on_ramp import (
    Answer,
    BankState,
    Change,
    Judgement,
    Reason,
    Standing,
    Status,
    Verdict,
    Word,
    ask_again,
    is_definite,
    judge,
    judge_enquiry,
    next_enquiry,
)

ASHA, RAVI = "asha", "ravi"
AMOUNT = 2_000_00
PENDING, SUCCESS, FAILURE, EXPIRED = Status.PENDING, Status.SUCCESS, Status.FAILURE, Status.EXPIRED
CREATED, PAID, DECLINED, LAPSED, REFUNDED = (
    BankState.CREATED,
    BankState.PAID,
    BankState.DECLINED,
    BankState.EXPIRED,
    BankState.REFUNDED,
)
T0 = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def standing(
    status: Status, *, was_rejected: bool = False, late: bool = False, decided: bool = False
) -> Standing:
    return Standing(status, AMOUNT, ASHA, was_rejected, late, decided)


# What a signed event means: (our status, did we answer 409 before, does the bank say paid) -> answer, change.
CAPTURED, DUPLICATE, RECORDED = Verdict.CAPTURED, Verdict.DUPLICATE, Verdict.RECORDED
EVENTS = [
    (PENDING, False, True, CAPTURED, Change.CREDIT),
    (PENDING, True, True, RECORDED, Change.ASK_THE_BANK),
    (SUCCESS, False, True, DUPLICATE, Change.NONE),
    (SUCCESS, True, True, DUPLICATE, Change.NONE),
    (FAILURE, False, True, RECORDED, Change.ASK_THE_BANK),
    (FAILURE, True, True, RECORDED, Change.ASK_THE_BANK),
    (EXPIRED, False, True, RECORDED, Change.ASK_THE_BANK),
    (EXPIRED, True, True, RECORDED, Change.ASK_THE_BANK),
    (PENDING, False, False, CAPTURED, Change.FAIL),
    (PENDING, True, False, CAPTURED, Change.FAIL),
    (SUCCESS, False, False, RECORDED, Change.ALARM),
    (SUCCESS, True, False, RECORDED, Change.ALARM),
    (FAILURE, False, False, DUPLICATE, Change.NONE),
    (FAILURE, True, False, DUPLICATE, Change.NONE),
    (EXPIRED, False, False, RECORDED, Change.NONE),
    (EXPIRED, True, False, RECORDED, Change.NONE),
]


def test_the_table_of_events_has_no_hole() -> None:
    assert {row[:3] for row in EVENTS} == set(product(Status, (False, True), (False, True)))


@pytest.mark.parametrize(("status", "was_rejected", "paid", "verdict", "change"), EVENTS)
def test_the_bank_speaks_of_this_very_payment(
    *,
    status: Status,
    was_rejected: bool,
    paid: bool,
    verdict: Verdict,
    change: Change,
) -> None:
    judged = judge(standing(status, was_rejected=was_rejected), Word(paid, AMOUNT, ASHA))

    assert judged == Judgement(verdict, change)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("was_rejected", [False, True])
@pytest.mark.parametrize("status", [PENDING, FAILURE, EXPIRED])
def test_whatever_we_have_asked_the_bank_to_give_back_is_never_credited_by_an_event(
    *, status: Status, was_rejected: bool, late: bool
) -> None:
    stands = standing(status, was_rejected=was_rejected, late=late, decided=True)

    assert judge(stands, Word(paid=True, amount_paise=AMOUNT, user_identifier=ASHA)) == Judgement(
        RECORDED, Change.ASK_THE_BANK
    )


@pytest.mark.parametrize("was_rejected", [False, True])
@pytest.mark.parametrize("paid", [False, True])
@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize(
    ("amount_paise", "user", "reason"),
    [
        (AMOUNT + 1, ASHA, Reason.AMOUNT),
        (AMOUNT - 1, ASHA, Reason.AMOUNT),
        (AMOUNT * 100, ASHA, Reason.AMOUNT),
        (AMOUNT, RAVI, Reason.USER),
        (AMOUNT, ASHA.upper(), Reason.USER),
        (AMOUNT + 1, RAVI, Reason.USER),
    ],
)
def test_the_bank_speaks_of_another_amount_or_another_person(
    *,
    amount_paise: int,
    user: str,
    reason: Reason,
    status: Status,
    paid: bool,
    was_rejected: bool,
) -> None:
    judged = judge(standing(status, was_rejected=was_rejected), Word(paid, amount_paise, user))

    change = Change.ALARM if status is SUCCESS else Change.MARK_REJECTED
    assert judged == Judgement(Verdict.REJECTED, change, reason)


# What the answer to our own question means, by (our status, the bank's): in the four cases of
# (no late success, a late success) x (not due, due). "." is nothing: a bank that has told us of a success and says
# "created" lags behind itself, and is asked again.
ANSWERS = {
    (PENDING, CREATED): ". expire . .",
    (PENDING, PAID): "credit credit credit credit",
    (PENDING, DECLINED): "fail fail refund refund",
    (PENDING, REFUNDED): "fail fail refund refund",
    (PENDING, LAPSED): "expire expire refund refund",
    (FAILURE, CREATED): ". . . .",
    (FAILURE, PAID): "credit credit credit credit",
    (FAILURE, DECLINED): ". . refund refund",
    (FAILURE, REFUNDED): ". . refund refund",
    (FAILURE, LAPSED): ". . refund refund",
    (EXPIRED, CREATED): ". . . .",
    (EXPIRED, PAID): "credit credit credit credit",
    (EXPIRED, DECLINED): ". . refund refund",
    (EXPIRED, REFUNDED): ". . refund refund",
    (EXPIRED, LAPSED): ". . refund refund",
    (SUCCESS, CREATED): ". . . .",
    (SUCCESS, PAID): ". . . .",
    (SUCCESS, DECLINED): "alarm alarm alarm alarm",
    (SUCCESS, REFUNDED): "alarm alarm alarm alarm",
    (SUCCESS, LAPSED): "alarm alarm alarm alarm",
}
# The same once we have decided that the bank is to give it back, whatever our status, late success and clock.
AFTER_A_REFUND = {
    CREATED: Change.NONE,
    PAID: Change.REFUND,
    DECLINED: Change.REFUND_DONE,
    LAPSED: Change.REFUND_DONE,
    REFUNDED: Change.REFUND_DONE,
}
CASES = list(product((False, True), (False, True)))


def test_the_table_of_answers_has_no_hole() -> None:
    assert set(ANSWERS) == set(product(Status, BankState))
    assert set(AFTER_A_REFUND) == set(BankState)


@pytest.mark.parametrize("was_rejected", [False, True])
@pytest.mark.parametrize(("status", "state"), ANSWERS)
def test_we_ask_the_bank_and_it_answers(status: Status, state: BankState, *, was_rejected: bool) -> None:
    changes = [
        judge_enquiry(
            standing(status, was_rejected=was_rejected, late=late), Answer(state, AMOUNT, ASHA), is_due=due
        )
        for late, due in CASES
    ]

    assert changes == [Change("none" if one == "." else one) for one in ANSWERS[status, state].split()]


@pytest.mark.parametrize(("late", "due"), CASES)
@pytest.mark.parametrize("status", [PENDING, FAILURE, EXPIRED])
@pytest.mark.parametrize("state", BankState)
@pytest.mark.parametrize(("amount_paise", "user"), [(AMOUNT, ASHA), (AMOUNT + 1, ASHA), (AMOUNT, RAVI)])
def test_once_the_bank_is_to_give_it_back_it_is_asked_until_it_holds_nothing(
    *, state: BankState, status: Status, amount_paise: int, user: str, late: bool, due: bool
) -> None:
    stands = standing(status, late=late, decided=True)

    assert judge_enquiry(stands, Answer(state, amount_paise, user), is_due=due) is AFTER_A_REFUND[state]


@pytest.mark.parametrize(("late", "due"), CASES)
@pytest.mark.parametrize(("amount_paise", "user"), [(AMOUNT + 1, ASHA), (AMOUNT - 1, ASHA), (AMOUNT, RAVI)])
@pytest.mark.parametrize("status", [PENDING, FAILURE, EXPIRED])
def test_the_bank_was_paid_something_else_and_is_to_give_it_back(
    *,
    status: Status,
    amount_paise: int,
    user: str,
    late: bool,
    due: bool,
) -> None:
    change = judge_enquiry(standing(status, late=late), Answer(PAID, amount_paise, user), is_due=due)

    assert change is Change.REFUND


def test_only_created_is_no_final_word() -> None:
    assert [state for state in BankState if not is_definite(state)] == [CREATED]


def test_we_ask_after_10_seconds_1_minute_5_minutes_at_expiry_1_hour_and_then_daily() -> None:
    asked, now = [], T0
    for _ in range(8):
        now = next_enquiry(T0, now)
        asked.append(now - T0)

    first = [timedelta(seconds=10), *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))]
    assert asked == [*first, *(timedelta(hours=1, days=days) for days in (1, 2, 3))]


@pytest.mark.parametrize(
    ("age", "pause"),
    [
        (timedelta(0), timedelta(seconds=10)),
        (timedelta(minutes=119), timedelta(seconds=10)),
        (timedelta(hours=2), timedelta(hours=1)),
        (timedelta(days=400), timedelta(hours=1)),
    ],
)
def test_money_the_bank_may_hold_for_nobody_is_asked_about_every_10_seconds_and_later_every_hour(
    age: timedelta, pause: timedelta
) -> None:
    assert ask_again(T0, T0 + age) - (T0 + age) == pause


@given(some.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4_000)))
def test_the_next_question_always_lies_ahead_and_never_more_than_a_day(age: timedelta) -> None:
    following = next_enquiry(T0, T0 + age)

    assert timedelta(0) < following - (T0 + age) <= timedelta(days=1)


@dataclass
class Payment:
    """A row as `wallet.settle_on_ramp` keeps it, reduced to what the rules see."""

    status: Status = PENDING
    was_rejected: bool = False
    late_success: bool = False
    refund_decided: bool = False
    refund_heard: bool = False
    due: bool = False
    credits: int = 0
    seen: list[Status] = field(default_factory=list)

    def hear(self, word: Word) -> None:
        self._do(judge(self._standing(), word).change)

    def ask(self, answer: Answer) -> None:
        self._do(judge_enquiry(self._standing(), answer, is_due=self.due))

    def _standing(self) -> Standing:
        return standing(
            self.status,
            was_rejected=self.was_rejected,
            late=self.late_success,
            decided=self.refund_decided,
        )

    @property
    def is_open(self) -> bool:
        """The bank must be asked again, however long it takes."""
        return self.status is PENDING or self.late_success or (self.refund_decided and not self.refund_heard)

    def _do(self, change: Change) -> None:
        after = {Change.CREDIT: SUCCESS, Change.FAIL: FAILURE, Change.EXPIRE: EXPIRED}
        self.credits += change is Change.CREDIT
        self.status = after.get(change, self.status)
        self.was_rejected |= change is Change.MARK_REJECTED
        if change is Change.REFUND:
            self.refund_decided = True
            self.status = FAILURE if self.status is PENDING else self.status
        if change is Change.REFUND_DONE:
            self.refund_heard = True
        self.late_success |= change is Change.ASK_THE_BANK
        self.late_success &= change not in {Change.CREDIT, Change.REFUND_DONE}
        self.seen.append(self.status)


AMOUNTS, PEOPLE = some.sampled_from([AMOUNT, AMOUNT + 1]), some.sampled_from([ASHA, ASHA, ASHA, RAVI])
WORDS = some.builds(Word, some.booleans(), AMOUNTS, PEOPLE)
REPLIES = some.builds(Answer, some.sampled_from(BankState), AMOUNTS, PEOPLE)


@given(some.lists(WORDS | REPLIES | some.just("15 minutes pass"), max_size=30))
def test_no_sequence_of_words_and_answers_credits_twice_or_unmakes_a_success(
    sequence: list[Word | Answer | str],
) -> None:
    payment = Payment()

    for one in sequence:
        match one:
            case Word():
                payment.hear(one)
            case Answer():
                payment.ask(one)
            case _:
                payment.due = True

    assert payment.credits <= 1
    assert payment.credits == (payment.status is SUCCESS)
    assert not (payment.credits and payment.refund_decided), "credited here and given back there"
    if SUCCESS in payment.seen:
        assert set(payment.seen[payment.seen.index(SUCCESS) :]) == {SUCCESS}


@given(some.lists(WORDS, max_size=20))
def test_a_success_that_matches_is_credited_or_asked_about_whatever_came_before(before: list[Word]) -> None:
    payment = Payment()
    for one in before:
        payment.hear(one)

    payment.hear(Word(paid=True, amount_paise=AMOUNT, user_identifier=ASHA))

    assert payment.status is SUCCESS or payment.late_success


@given(some.lists(WORDS, max_size=20))
def test_what_the_bank_says_was_paid_is_credited_once_however_confused_it_was_before(
    before: list[Word],
) -> None:
    payment = Payment()
    for one in before:
        payment.hear(one)

    payment.ask(Answer(PAID, AMOUNT, ASHA))

    assert (payment.status, payment.credits) == (SUCCESS, 1)


@given(some.lists(WORDS | REPLIES, max_size=20), some.sampled_from([AMOUNT, AMOUNT + 1]))
def test_however_it_began_asking_a_paying_bank_ends_in_a_credit_or_in_a_refund(
    before: list[Word | Answer], paid_paise: int
) -> None:
    payment = Payment()
    for one in before:
        payment.hear(one) if isinstance(one, Word) else payment.ask(one)

    payment.ask(Answer(PAID, paid_paise, ASHA))
    if payment.status is not SUCCESS:
        assert payment.refund_decided
        payment.ask(Answer(REFUNDED, paid_paise, ASHA))

    assert (payment.status is SUCCESS) != payment.refund_decided
    assert not payment.is_open


@given(some.lists(WORDS.filter(lambda word: (word.amount_paise, word.user_identifier) != (AMOUNT, ASHA))))
def test_words_about_another_amount_or_person_never_move_anything(sequence: list[Word]) -> None:
    payment = Payment()

    for one in sequence:
        payment.hear(one)

    assert (payment.status, payment.credits) == (PENDING, 0)
    assert payment.was_rejected == bool(sequence)
