"""A bank's circuit breaker: when we stop calling, when we try again, and what people see of its health."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from money.breaker import BankCall, Breaker, after_call, ask_to_call, health, is_calling

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


def test_an_open_one_lets_one_call_try_every_5_seconds() -> None:
    breaker = after_calls("-" * 10)  # the last one was over at second 10
    asked = []

    for second in range(10, 27):
        breaker, may = ask_to_call(breaker, T0 + second * SECOND)
        breaker, next_one_may = ask_to_call(breaker, T0 + second * SECOND)
        asked += [second] if may else []
        assert not next_one_may

    assert asked == [15, 20, 25]


def test_a_try_that_is_answered_closes_it_and_one_more_failure_does_not_open_it() -> None:
    breaker = after_call(after_calls("-" * 10), call(15, answered=True))
    once_more = after_call(breaker, call(16, answered=False))

    assert is_calling(breaker)
    assert ask_to_call(breaker, T0 + 16 * SECOND) == (breaker, True)
    assert is_calling(once_more)


def test_it_opens_again_after_10_new_failures() -> None:
    breaker = after_call(after_calls("-" * 10), call(15, answered=True))
    for second in range(20, 30):
        assert is_calling(breaker)
        breaker = after_call(breaker, call(second, answered=False))

    assert not is_calling(breaker)


def test_a_try_that_fails_leaves_it_open() -> None:
    breaker, _ = ask_to_call(after_calls("-" * 10), T0 + 15 * SECOND)

    breaker = after_call(breaker, call(15, answered=False))

    assert not is_calling(breaker)
    assert ask_to_call(breaker, T0 + 19 * SECOND)[1] is False


def test_a_slow_answer_to_a_call_from_before_does_not_close_it() -> None:
    slow = call(3, answered=True, latency=10 * SECOND)

    assert not is_calling(after_call(after_calls("-" * 10), slow))


def test_people_see_the_share_of_answers_and_the_median_latency_of_answers() -> None:
    breaker = Breaker()
    for second, (latency, answered) in enumerate([(1, True), (3, True), (2, True), (8, False)]):
        breaker = after_call(breaker, call(second, answered=answered, latency=latency * SECOND))

    seen = health(breaker)

    assert seen
    assert (seen.calls, seen.success_rate, seen.median_latency) == (4, 0.75, 2 * SECOND)


def test_without_calls_there_is_nothing_to_see_and_without_answers_no_latency() -> None:
    silent = health(after_calls("---"))

    assert health(Breaker()) is None
    assert silent
    assert (silent.success_rate, silent.median_latency) == (0, None)


@given(some.lists(some.booleans(), max_size=200))
def test_whatever_happens_a_bank_that_answers_again_is_called_again(answers: list[bool]) -> None:
    breaker, now = Breaker(), T0
    for answered in answers:
        now += SECOND
        breaker, may = ask_to_call(breaker, now)
        if may:
            breaker = after_call(breaker, BankCall(now, SECOND, answered))

    breaker, may = ask_to_call(breaker, now + 10 * SECOND)
    breaker = after_call(breaker, BankCall(now + 10 * SECOND, SECOND, answered=True))

    assert may
    assert is_calling(breaker)
    assert len(breaker.calls) <= breaker.rules.of_calls
