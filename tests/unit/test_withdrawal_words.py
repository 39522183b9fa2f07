"""What a page says of a withdrawal: honest about what is known, what is not, and what happens next."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from money.withdrawal import Status
from shared_db.bank_health import BankHealth
from shared_db.withdrawal_history import Attempted, OwnWithdrawal
from shared_ui.bank_words import health_note, usual_time
from shared_ui.withdrawal_words import (
    Circumstances,
    outcome_of,
    reason_of,
    sentence_of,
    steps_of,
    title_of,
    withdrawal_row,
)

AT = datetime(2026, 11, 20, 8, 35, 9, tzinfo=UTC)
QUIET = Circumstances(health=None, is_stopped=False)
WELL = BankHealth(calls=20, answered=20, median_latency_ms=200, is_open_for_calls=True)


def withdrawal(status: str, **more: object) -> OwnWithdrawal:
    plain = OwnWithdrawal(
        id=uuid.UUID(int=7),
        bank="hdfc",
        account_number="123456789012",
        ifsc="HDFC0001234",
        amount_paise=500_00,
        status=status,
        utr="UTR1" if status in {"paid", "reversed"} else None,
        reason=None,
        created_at=AT,
        settled_at=AT if status in {"paid", "failed", "cancelled", "reversed"} else None,
        position=1 if status in {"queued", "sending", "unknown", "needs_attention"} else None,
        correction="none",
        is_doubted=False,
        next_call_at=None,
        wallet_is_frozen=False,
        head_status="sending",
    )
    return plain._replace(**more)  # pyright: ignore[reportArgumentType] # fields of its own


def call(second: int, outcome: str, did: str = "enquire") -> Attempted:
    return Attempted(AT + timedelta(seconds=second), did, outcome, 1500, "ReadTimeout")


@pytest.mark.parametrize("status", list(Status))
def test_every_state_has_a_result_a_title_a_sentence_and_steps(status: Status) -> None:
    one = withdrawal(status.value)

    assert outcome_of(one) in {"done", "waiting", "refused"}
    assert title_of(one)
    assert sentence_of(one, QUIET).endswith(".")
    assert len(steps_of(one, [], QUIET)) > 1
    assert withdrawal_row(one).note


@pytest.mark.parametrize("status", ["queued", "sending", "unknown", "needs_attention"])
def test_nothing_is_called_done_or_refused_before_the_bank_has_said_so(status: str) -> None:
    assert outcome_of(withdrawal(status)) == "waiting"


@pytest.mark.parametrize("status", ["sending", "unknown", "needs_attention"])
def test_whoever_waits_is_told_that_the_money_is_safe_and_not_to_do_it_again(status: str) -> None:
    words = sentence_of(withdrawal(status), QUIET)

    assert "Your money is safe" in words
    assert "Do not withdraw it again" in words


def test_a_contradiction_is_on_its_way_whatever_was_said_before() -> None:
    for status in ("paid", "failed"):
        one = withdrawal(status, is_doubted=True)

        assert outcome_of(one) == "waiting"
        assert "two things" in sentence_of(one, QUIET)


def test_what_a_bank_paid_after_calling_it_failed_is_done() -> None:
    one = withdrawal("failed", correction="taken_back", utr="UTR1")

    assert (outcome_of(one), title_of(one), withdrawal_row(one).amount) == (
        "done",
        "Paid after all",
        "-₹500.00",
    )


@pytest.mark.parametrize(
    ("around", "more", "said"),
    [
        (QUIET, {}, "It is next."),
        (QUIET, {"position": 2}, "1 of yours is before it"),
        (QUIET, {"position": 4}, "3 of yours are before it"),
        (Circumstances(WELL, is_stopped=False), {}, "usually takes a few seconds"),
        (
            Circumstances(WELL._replace(median_latency_ms=8000), is_stopped=False),
            {"position": 3},
            "about 24 seconds",
        ),
        (
            Circumstances(WELL._replace(is_open_for_calls=False), is_stopped=False),
            {},
            "does not answer just now",
        ),
        (Circumstances(WELL, is_stopped=True), {}, "while we check our books"),
        (QUIET, {"wallet_is_frozen": True}, "Your wallet is frozen"),
        (
            Circumstances(WELL, is_stopped=False),
            {"position": 2, "head_status": "unknown"},
            "as soon as your bank has answered for the one before it: one goes out at a time.",
        ),
    ],
)
def test_whoever_is_queued_reads_what_it_waits_for(
    around: Circumstances, more: dict[str, object], said: str
) -> None:
    assert said in sentence_of(withdrawal("queued", **more), around)


def test_calls_in_a_row_that_came_to_the_same_are_one_step() -> None:
    calls = [call(0, "unreadable", "send"), call(2, "unreadable"), call(5, "unreadable"), call(9, "pending")]

    steps = [step.title for step in steps_of(withdrawal("unknown"), calls, QUIET)]

    assert steps == [
        "You asked for it",
        "We sent it: no clear answer",
        "We asked HDFC Bank what became of it, 2 times: no clear answer",
        "We asked HDFC Bank what became of it: HDFC Bank has it and is working on it",
        "HDFC Bank has not said yet what became of it",
        "It is in your bank account",
    ]


def test_no_programmers_word_reaches_a_person() -> None:
    told = str(steps_of(withdrawal("unknown"), [call(0, "unreadable", "send")], QUIET))

    assert "ReadTimeout" not in told
    assert "unreadable" not in told


def test_the_next_question_is_announced_by_the_clock() -> None:
    steps = steps_of(withdrawal("unknown", next_call_at=AT), [], QUIET)

    assert "We ask again at 14:05:09." in [step.note for step in steps]


def test_a_bank_that_refuses_is_quoted() -> None:
    assert "“account closed”" in reason_of(withdrawal("failed", reason="account closed"))
    assert reason_of(withdrawal("paid", reason="account closed")) == ""


@pytest.mark.parametrize(
    ("health", "said"),
    [
        (WELL, "HDFC Bank is quick now."),
        (WELL._replace(median_latency_ms=5000), "HDFC Bank is slow now: about 5 seconds a payment."),
        (WELL._replace(answered=12), "HDFC Bank answered 12 of our last 20 calls: it may take longer."),
        (
            WELL._replace(is_open_for_calls=False),
            "HDFC Bank does not answer just now: what you send there waits until it does.",
        ),
    ],
)
def test_how_a_bank_is_stands_before_the_choice(health: BankHealth, said: str) -> None:
    assert health_note({"hdfc": health}) == said
    assert health_note({}) == ""
    unknown = BankHealth(calls=0, answered=0, median_latency_ms=None, is_open_for_calls=True)
    assert health_note({"hdfc": unknown, "axis": unknown}) == ""
    assert health_note({"hdfc": unknown, "axis": WELL}) == "Axis Bank is quick now."


def test_nobody_guesses_how_long_a_bank_takes_that_was_not_called() -> None:
    assert usual_time(None, calls=3) == ""
    assert usual_time(WELL._replace(median_latency_ms=None), calls=3) == ""
    assert (
        usual_time(WELL._replace(median_latency_ms=8000), calls=15)
        == "That takes about 2 minutes at the moment."
    )
