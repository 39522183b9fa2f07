"""Write `dashboard.json`, which Grafana imports: `python deploy/observability/make_dashboard.py`.

Written by a program because forty lines of Grafana's own format stand between any two figures.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple


class Panel(NamedTuple):
    title: str
    description: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    """Expression and legend."""
    kind: str = "timeseries"


ROWS: dict[str, tuple[Panel, ...]] = {
    "Is the money right?": (
        Panel(
            "Books add up",
            "0: outgoing money is stopped",
            "none",
            (("min(batua_solvency_ok and on (instance) batua_solvency_looked_at_seconds > 0)", "ok"),),
            "stat",
        ),
        Panel(
            "Last look at the books",
            "More than a minute ago: nobody watches",
            "s",
            (("time() - max(batua_solvency_looked_at_seconds)", "ago"),),
            "stat",
        ),
        Panel(
            "Held after a restore",
            "Since when; 0: money may leave",
            "dateTimeFromNow",
            (("max(batua_outgoing_held_since_seconds) * 1000", "since"),),
            "stat",
        ),
        Panel(
            "Waits for a person",
            "What manage.py review lists",
            "none",
            (
                ('sum(batua_withdrawals_open{status="needs_attention"})', "withdrawals"),
                ("sum(max by (bank) (batua_reconciliation_exceptions_open))", "differences with statements"),
            ),
            "stat",
        ),
        Panel(
            "Alarms",
            "Each is a line in the log at level error",
            "short",
            (
                ("sum by (bank) (increase(batua_withdrawal_alarms_total[5m]))", "withdrawals, {{bank}}"),
                ('sum(increase(batua_on_ramp_changes_total{change="alarm"}[5m]))', "payments"),
            ),
        ),
    ),
    "Money coming in": (
        Panel(
            "What became of payments",
            "Counted after the commit",
            "short",
            (("sum by (change) (rate(batua_on_ramp_changes_total[5m])) * 60", "{{change}} a minute"),),
        ),
        Panel(
            "Payments that banks are asked about",
            "Pending, or told differently by two messages",
            "short",
            (("max by (bank) (batua_on_ramps_pending)", "{{bank}}"),),
        ),
        Panel(
            "The oldest of them",
            "Above two hours a bank is silent",
            "s",
            (("max by (bank) (batua_on_ramps_oldest_pending_seconds)", "{{bank}}"),),
        ),
        Panel(
            "Answers to banks",
            "docs/contract.md, section 4, says what each means",
            "reqps",
            (("sum by (bank, status) (rate(batua_webhook_answers_total[5m]))", "{{bank}} {{status}}"),),
        ),
    ),
    "Money going out": (
        Panel(
            "Withdrawals by state",
            "Those that have not ended",
            "short",
            (("max by (bank, status) (batua_withdrawals_open)", "{{bank}} {{status}}"),),
        ),
        Panel(
            "The oldest by state",
            "How long somebody has been waiting",
            "s",
            (("max by (bank, status) (batua_withdrawals_oldest_open_seconds)", "{{bank}} {{status}}"),),
        ),
        Panel(
            "Lanes",
            "Owners who wait, and those whom a worker would take now",
            "short",
            (
                ("max by (bank) (batua_lanes_waiting)", "{{bank}} waiting"),
                ("max by (bank) (batua_lanes_due)", "{{bank}} due"),
            ),
        ),
        Panel(
            "Banks: breaker",
            "1 while a bank's withdrawals wait because it is down",
            "short",
            (("max by (bank) (batua_bank_breaker_open)", "{{bank}}"),),
        ),
        Panel(
            "Banks: answers",
            "Share of the last 20 calls that were answered",
            "percentunit",
            (("min by (bank) (batua_bank_calls_answered / batua_bank_calls)", "{{bank}}"),),
        ),
        Panel(
            "Banks: latency",
            "Median of the answered ones",
            "ms",
            (("max by (bank) (batua_bank_latency_median_ms)", "{{bank}}"),),
        ),
    ),
    "Doors": (
        Panel(
            "Requests",
            "",
            "reqps",
            (("sum by (job, door) (rate(batua_http_seconds_count[5m]))", "{{job}} {{door}}"),),
        ),
        Panel(
            "Failed requests",
            "Share answered with 5xx",
            "percentunit",
            (
                (
                    (
                        'sum by (job, door) (rate(batua_http_seconds_count{status="5xx"}[5m]))'
                        " / sum by (job, door) (rate(batua_http_seconds_count[5m]))"
                    ),
                    "{{job}} {{door}}",
                ),
            ),
        ),
        Panel(
            "Latency, 95th percentile",
            "From a request to the end of its answer",
            "s",
            (
                (
                    "histogram_quantile(0.95, sum by (job, door, le) (rate(batua_http_seconds_bucket[5m])))",
                    "{{job}} {{door}}",
                ),
            ),
        ),
        Panel(
            "Open pages",
            "By process: a new one beside an old one fills as pages are opened",
            "short",
            (("batua_open_pages", "{{job}} {{instance}}"),),
        ),
    ),
    "Engine": (
        Panel(
            "Batch size",
            "Near 1: a quiet day. Near 100: a crowd shares commits",
            "short",
            (
                (
                    (
                        "sum by (batcher) (rate(batua_batch_size_sum[5m]))"
                        " / sum by (batcher) (rate(batua_batch_size_count[5m]))"
                    ),
                    "{{batcher}}",
                ),
            ),
        ),
        Panel(
            "Waiting for a commit",
            "Above 5,000 callers are told to try again",
            "short",
            (("max by (batcher) (batua_batch_waiting)", "{{batcher}}"),),
        ),
        Panel(
            "One flush, 95th percentile",
            "Its commit included",
            "s",
            (
                (
                    "histogram_quantile(0.95, sum by (batcher, le) (rate(batua_batch_seconds_bucket[5m])))",
                    "{{batcher}}",
                ),
            ),
        ),
        Panel(
            "Memory",
            "",
            "bytes",
            (("process_resident_memory_bytes", "{{job}} {{instance}}"),),
        ),
    ),
}
_SOURCE = {"type": "prometheus", "uid": "${source}"}
_WIDTH, _HEIGHT, _ACROSS = 6, 7, 24


def dashboard() -> dict[str, object]:
    """In Grafana's own format, for one data source that is chosen when it is imported."""
    panels: list[dict[str, object]] = []
    y = 0
    for title, row in ROWS.items():
        panels.append(_row(title, len(panels) + 1, y))
        y += 1
        for place, panel in enumerate(row):
            x = place * _WIDTH % _ACROSS
            panels.append(_panel(panel, len(panels) + 1, x, y + place * _WIDTH // _ACROSS * _HEIGHT))
        y += (len(row) * _WIDTH + _ACROSS - 1) // _ACROSS * _HEIGHT
    return {
        "title": "Batua",
        "uid": "batua",
        "tags": ["batua"],
        "schemaVersion": 41,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "Asia/Kolkata",
        "templating": {
            "list": [{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}]
        },
        "panels": panels,
    }


def _row(title: str, number: int, y: int) -> dict[str, object]:
    return {"id": number, "type": "row", "title": title, "gridPos": {"x": 0, "y": y, "w": _ACROSS, "h": 1}}


def _panel(panel: Panel, number: int, x: int, y: int) -> dict[str, object]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": _SOURCE,
        "gridPos": {"x": x, "y": y, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": "ABCD"[place], "datasource": _SOURCE, "expr": expression, "legendFormat": legend}
            for place, (expression, legend) in enumerate(panel.queries)
        ],
    }


def text() -> str:
    """The file's."""
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("dashboard.json").write_text(text())
