"""The banks by name, and how well each is, as people read it before they choose one."""

from __future__ import annotations

from shared_db.bank_health import BankHealth

BANKS = {"hdfc": "HDFC Bank", "axis": "Axis Bank"}
_SLOW_MILLISECONDS = 2_000
_OFTEN_ENOUGH = 0.8
_QUICK_SECONDS = 5
_MINUTE_SECONDS = 60


def health_note(health: dict[str, BankHealth]) -> str:
    """A sentence for each bank that was called of late."""
    sentences = (_sentence(name, health[bank]) for bank, name in BANKS.items() if bank in health)
    return " ".join(one for one in sentences if one)


def usual_time(health: BankHealth | None, *, calls: int) -> str:
    """How long so many calls one after the other usually take; empty where nobody can know."""
    if health is None or health.median_latency_ms is None:
        return ""
    seconds = round(calls * health.median_latency_ms / 1000)
    if seconds <= _QUICK_SECONDS:
        return "That usually takes a few seconds."
    if seconds < _MINUTE_SECONDS:
        return f"That takes about {seconds} seconds at the moment."
    minutes = round(seconds / _MINUTE_SECONDS)
    return f"That takes about {minutes} {'minute' if minutes == 1 else 'minutes'} at the moment."


def _sentence(name: str, health: BankHealth) -> str:
    if not health.is_open_for_calls:
        return f"{name} does not answer just now: what you send there waits until it does."
    if health.calls and health.answered < _OFTEN_ENOUGH * health.calls:
        return f"{name} answered {health.answered} of our last {health.calls} calls: it may take longer."
    if health.median_latency_ms is None:
        return ""
    if health.median_latency_ms > _SLOW_MILLISECONDS:
        return f"{name} is slow now: about {round(health.median_latency_ms / 1000)} seconds a payment."
    return f"{name} is quick now."
