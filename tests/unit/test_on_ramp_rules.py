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


def standing(status: Status, *, was_rejected: bool = False) -> Standing:
    return Standing(status, AMOUNT, ASHA, was_rejected)


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
# (no late success, a late success) x (not due, due). "." is nothing.
ANSWERS = {
    (PENDING, CREATED): ". expire refund refund",
    (PENDING, PAID): "credit credit credit credit",
    (PENDING, DECLINED): "fail fail refund refund",
    (PENDING, REFUNDED): "fail fail refund refund",
    (PENDING, LAPSED): "expire expire refund refund",
    (FAILURE, CREATED): ". . refund refund",
    (FAILURE, PAID): "credit credit credit credit",
    (FAILURE, DECLINED): ". . refund refund",
    (FAILURE, REFUNDED): ". . refund refund",
    (FAILURE, LAPSED): ". . refund refund",
    (EXPIRED, CREATED): ". . refund refund",
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
CASES = list(product((False, True), (False, True)))


def test_the_table_of_answers_has_no_hole() -> None:
    assert set(ANSWERS) == set(product(Status, BankState))


@pytest.mark.parametrize("was_rejected", [False, True])
@pytest.mark.parametrize(("status", "state"), ANSWERS)
def test_we_ask_the_bank_and_it_answers(status: Status, state: BankState, *, was_rejected: bool) -> None:
    changes = [
        judge_enquiry(
            standing(status, was_rejected=was_rejected),
            Answer(state, AMOUNT, ASHA),
            late_success=late,
            is_due=due,
        )
        for late, due in CASES
    ]

    assert changes == [Change("none" if one == "." else one) for one in ANSWERS[status, state].split()]


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
    change = judge_enquiry(standing(status), Answer(PAID, amount_paise, user), late_success=late, is_due=due)

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
    due: bool = False
    credits: int = 0
    seen: list[Status] = field(default_factory=list)

    def hear(self, word: Word) -> None:
        self._do(judge(self._standing(), word).change)

    def ask(self, answer: Answer) -> None:
        self._do(judge_enquiry(self._standing(), answer, late_success=self.late_success, is_due=self.due))

    def _standing(self) -> Standing:
        return standing(self.status, was_rejected=self.was_rejected)

    def _do(self, change: Change) -> None:
        after = {Change.CREDIT: SUCCESS, Change.FAIL: FAILURE, Change.EXPIRE: EXPIRED}
        self.credits += change is Change.CREDIT
        self.status = after.get(change, self.status)
        self.was_rejected |= change is Change.MARK_REJECTED
        self.late_success |= change is Change.ASK_THE_BANK
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


@given(some.lists(WORDS.filter(lambda word: (word.amount_paise, word.user_identifier) != (AMOUNT, ASHA))))
def test_words_about_another_amount_or_person_never_move_anything(sequence: list[Word]) -> None:
    payment = Payment()

    for one in sequence:
        payment.hear(one)

    assert (payment.status, payment.credits) == (PENDING, 0)
    assert payment.was_rejected == bool(sequence)
