"""What we read of a bank's statement, and that a single wrong line makes all of it unreadable."""

from datetime import datetime, timedelta, timezone

import pytest

from bank_api.messages import NotAMessage
from bank_api.statement import StatementLine, read_statement

HEAD = "date_time,kind,reference,utr,amount_paise,status\n"
LINE = "2026-11-20T10:00:00+05:30,payout,w-1,HDFCN00000000001,200000,succeeded\n"


def test_a_line_is_one_movement() -> None:
    assert read_statement((HEAD + LINE).encode()) == (
        StatementLine(
            date_time=datetime(2026, 11, 20, 10, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            kind="payout",
            reference="w-1",
            utr="HDFCN00000000001",
            amount_paise=200000,
            status="succeeded",
        ),
    )


def test_a_day_may_have_no_lines_and_a_line_may_stand_twice() -> None:
    assert read_statement(HEAD.encode()) == ()
    assert len(read_statement((HEAD + LINE + LINE).encode())) == 2


def test_quotes_line_ends_and_utc_are_read_as_csv_and_iso_have_them() -> None:
    line = LINE.replace("w-1", '"a, ""b"" चाय"').replace("+05:30", ".5Z").replace("\n", "\r\n")

    [read] = read_statement((HEAD + line).encode())

    assert read.reference == 'a, "b" चाय'
    assert read.date_time.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n",
        HEAD[:-1].encode(),
        LINE.encode(),
        HEAD.replace("utr", "UTR").encode(),
        HEAD.replace("kind,", "").encode(),
        ("\ufeff" + HEAD).encode(),
        HEAD.encode("utf-16"),
        (HEAD + LINE).encode() + b"\xff\n",
        (HEAD + LINE[:-1]).encode(),
        (HEAD + LINE[:-10]).encode(),
        (HEAD + "\n" + LINE).encode(),
        (HEAD + LINE + HEAD).encode(),
        (HEAD + LINE.replace(",w-1", "")).encode(),
        (HEAD + LINE.replace("w-1", "w,1")).encode(),
        (HEAD + LINE.replace("w-1", "")).encode(),
        (HEAD + LINE.replace("w-1", "a\0b")).encode(),
        (HEAD + LINE.replace("w-1", '"w-1')).encode(),
        (HEAD + LINE.replace("w-1", "x" * 129)).encode(),
        (HEAD + LINE.replace("w-1", "x" * 200_000)).encode(),
        (HEAD + LINE.replace("HDFCN00000000001", "")).encode(),
        (HEAD + LINE.replace("payout", "fee")).encode(),
        (HEAD + LINE.replace("succeeded", "pending")).encode(),
        b"<html>503</html>",
        *(
            (HEAD + LINE.replace("200000", amount)).encode()
            for amount in ("", "0", "-1", "+1", "1.0", "1e3", "0x10", " 1", "1_000", "01", "१२", "9" * 19, "9" * 5_000)
        ),
        *(
            (HEAD + LINE.replace("2026-11-20T10:00:00+05:30", moment)).encode()
            for moment in ("", "2026-11-20", "2026-11-20T10:00:00", "2026-11-20 10:00:00+05:30", "20261120T100000Z",
                           "2026-13-20T10:00:00Z", "2026-11-20T25:00:00Z", "2026-11-20T10:00:00+99:00", "now")
        ),
    ],
    ids=range(46),
)  # fmt: skip
def test_what_is_no_statement_ends_in_one_error(body: bytes) -> None:
    with pytest.raises(NotAMessage):
        read_statement(body)
