"""A bank's circuit breaker: when we stop calling, when we try again, and what people see of its health."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from money.breaker import BankCall, Breaker, after_call, agreed, failing_since, is_calling

T0 = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def call(second: int, *, answered: bool, latency: timedelta = SECOND) -> BankCall:
    return BankCall(T0 + second * SECOND, latency, answered)


def after_calls(pattern: str) -> Breaker:
    """One call a second: `+` answered, `-` not."""
    breaker = Breaker()
    for second, sign in enumerate(pattern):
        breaker = after_call(breaker, call(second, answered=sign == "+"))
    return breaker


def test_it_opens_at_10_failures_of_the_last_20_calls_and_not_at_9() -> None:
    assert is_calling(after_calls("-" * 9))
    assert not is_calling(after_calls("-" * 10))
    assert is_calling(after_calls("+-" * 9 + "+"))
    assert not is_calling(after_calls("+-" * 10))


def test_failures_older_than_20_calls_are_forgotten() -> None:
    assert is_calling(after_calls("-" * 9 + "+" * 20 + "-" * 9))
    assert is_calling(after_calls("++-" * 100))


def test_a_try_that_is_answered_closes_it_and_one_more_failure_does_not_open_it() -> None:
    breaker = after_call(after_calls("-" * 10), call(15, answered=True))
    once_more = after_call(breaker, call(16, answered=False))

    assert is_calling(breaker)
    assert is_calling(once_more)


def test_it_opens_again_after_10_new_failures() -> None:
    breaker = after_call(after_calls("-" * 10), call(15, answered=True))
    for second in range(20, 30):
        assert is_calling(breaker)
        breaker = after_call(breaker, call(second, answered=False))

    assert not is_calling(breaker)


def test_a_try_that_fails_leaves_it_open() -> None:
    assert not is_calling(after_call(after_calls("-" * 10), call(15, answered=False)))


def test_a_slow_answer_to_a_call_from_before_does_not_close_it() -> None:
    slow = call(3, answered=True, latency=10 * SECOND)

    assert not is_calling(after_call(after_calls("-" * 10), slow))


def test_what_all_workers_agreed_on_counts_and_not_what_one_believed() -> None:
    open_for_all = agreed(after_calls("---"), opened_at=T0 + 5 * SECOND, closed_at=None)
    closed_for_all = agreed(after_calls("-" * 10), opened_at=None, closed_at=T0 + 12 * SECOND)

    assert not is_calling(open_for_all)
    assert is_calling(after_call(open_for_all, call(6, answered=True)))
    assert is_calling(closed_for_all)
    assert is_calling(after_call(closed_for_all, call(13, answered=False)))


def test_who_hears_of_nothing_keeps_what_closed_it_last() -> None:
    closed = after_call(after_calls("-" * 10), call(15, answered=True))

    assert agreed(closed, opened_at=None, closed_at=None) == closed


def test_it_says_since_when_the_bank_has_been_failing() -> None:
    reopened = after_call(after_calls("-" * 10), call(15, answered=True))
    for second in range(20, 30):
        reopened = after_call(reopened, call(second, answered=False))

    assert failing_since(after_calls("+-" + "-" * 9)) == T0 + 1 * SECOND
    assert failing_since(reopened) == T0 + 20 * SECOND


@given(some.lists(some.booleans(), max_size=200))
def test_whatever_happens_an_answer_to_a_new_call_closes_it(answers: list[bool]) -> None:
    breaker = Breaker()
    for second, answered in enumerate(answers):
        breaker = after_call(breaker, call(second, answered=answered))

    breaker = after_call(breaker, call(len(answers) + 10, answered=True))

    assert is_calling(breaker)
    assert len(breaker.calls) <= breaker.rules.of_calls
