"""Batua's commands: `python manage.py COMMAND --help`."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import structlog
import typer
from pydantic import ValidationError
from rich.console import Console

from money.errors import Refusal
from runtime.all_processes import WEB_APPS, ports, print_addresses, spec
from runtime.batcher import Unavailable
from runtime.page_build import PageBuildFailed, build_if_needed
from runtime.ports import PortTaken, refuse_taken_ports
from runtime.supervisor import Foundation, StartRefused, Supervisor, alone_in
from settings import BANKS, ROOT, ConfigurationRefused, data_folder, settings
from shared_db.address import database_address, embedded_postgres
from shared_db.embedded_postgres import DatabaseRefused
from shared_db.postgres_tools import BackupRefused

BENCHES = ("ledger", "webhook", "api", "withdraw", "ui", "reports", "fleet")
_NOTHING_DONE = 2

application = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console(stderr=True, highlight=False, soft_wrap=True)


@application.callback()
def quietly() -> None:
    """Batua's commands."""
    # Only what went wrong, and never on standard output, where results stand.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


@application.command()
def up() -> None:
    """Start everything, and stay in the foreground until Ctrl-C or SIGTERM."""
    # Until the supervisor takes over, a SIGTERM is as good as a Ctrl-C: every block below ends cleanly.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with _said_plainly(), alone_in(settings().folder), ExitStack() as stack:
            _run_all(stack)
    except KeyboardInterrupt:
        pass
    console.print("Stopped.")


@application.command()
def migrate() -> None:
    """Bring the database to the shape this code expects."""
    with _said_plainly(), database_address() as url:
        _migrate(url)


@application.command()
def build() -> None:
    """Build the pages of both web apps into BATUA_DATA, as an image does; no setting and no secret is needed."""
    with _said_plainly():
        for app in WEB_APPS:
            build_if_needed(app, data=data_folder(), root=ROOT)


@application.command()
def demo() -> None:
    """Create the demo accounts on an empty database."""
    with _said_plainly(), database_address() as url:
        _create_demo_accounts(url)


@application.command()
def verify() -> None:
    """Check every ledger invariant in one snapshot; print one JSON object, exit 0 when ok and 1 when not."""
    from shared_db.verify import verify as check

    with _said_plainly(), database_address() as url:
        found = check(url)
    print(json.dumps(found))
    raise typer.Exit(0 if found["ok"] else 1)


@application.command()
def reconcile(
    bank: Annotated[str, typer.Option("--bank", help=f"One of {', '.join(BANKS)}.")],
    day: Annotated[str, typer.Option("--date", help="A day in India, YYYY-MM-DD.")],
) -> None:
    """Compare a bank's statement with our ledger: one JSON object; exit 0 nothing differs, 1 something, 2 error."""
    from wallet.desk import compared

    with _said_plainly(_NOTHING_DONE), database_address() as url:
        found = asyncio.run(compared(url, bank, day))
    print(json.dumps(found))
    raise typer.Exit(1 if found["exceptions"] else 0)


@application.command()
def backup(file: Annotated[Path, typer.Argument(metavar="FILE", help="To be made.")]) -> None:
    """Back the database up while money moves; print one JSON object about what is in the file."""
    from shared_db.backup import backup as write

    with _said_plainly(), database_address() as url:
        print(json.dumps(write(url, file)))


@application.command()
def restore(file: Annotated[Path, typer.Argument(metavar="FILE", help="As `backup` wrote it.")]) -> None:
    """Load a backup into an empty database, migrate, verify; nothing is paid out of it before `catch-up`."""
    from shared_db.restore import restore as load

    with _said_plainly(), database_address() as url:
        loaded, is_ok = load(url, file)
    print(json.dumps(loaded))
    raise typer.Exit(0 if is_ok else 1)


@application.command()
def hold(
    as_of: Annotated[str, typer.Option("--as-of", metavar="TIME", help="With offset, or a day in India.")],
) -> None:
    """Say that this database was brought back by other means: nothing is paid out of it before `catch-up`."""
    from wallet.hold import held_as_of

    with _said_plainly(), database_address() as url:
        print(json.dumps(held_as_of(url, as_of)))


@application.command()
def catch_up(
    open_by: Annotated[str | None, typer.Option(metavar="NAME", help="Who lets money out again.")] = None,
) -> None:
    """After a restore, tell what the banks know and we do not; exit 0 all decided, 1 not all or not open, 2 error."""
    from wallet.desk import caught_up

    with _said_plainly(_NOTHING_DONE), database_address() as url:
        found = asyncio.run(caught_up(url, open_by=open_by))
    print(json.dumps(found))
    raise typer.Exit(1 if found["undecided"] or (open_by and found["outgoing"] != "open") else 0)


@application.command()
def review(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """List what waits for a person, and what `resolve` would accept."""
    from wallet.desk import waiting
    from wallet.review import as_json_object, as_table

    with _said_plainly(), database_address() as url:
        items = asyncio.run(waiting(url))
    if as_json:
        print(json.dumps(as_json_object(items)))
    else:
        Console(width=None if sys.stdout.isatty() else 240).print(as_table(items))


@application.command()
def resolve(
    item: Annotated[str, typer.Argument(metavar="ID", help="As `review` lists it.")],
    by: Annotated[str, typer.Option("--by", help="Who has decided.")],
    paid: Annotated[str | None, typer.Option("--paid", metavar="UTR", help="The bank has paid it.")] = None,
    failed: Annotated[str | None, typer.Option("--failed", metavar="REASON", help="It has not.")] = None,
    owner: Annotated[str | None, typer.Option(metavar="ID", help="Whose it is: our row was lost.")] = None,
    account: Annotated[str | None, typer.Option(metavar="NUMBER/IFSC", help="Where it was paid.")] = None,
) -> None:
    """Settle something that waits for a person, and write down who decided what."""
    from wallet.desk import resolved

    if (paid is None) == (failed is None):
        raise typer.BadParameter("Give exactly one of --paid and --failed.")
    if (paid is None and owner is not None) or (owner is None and account is not None):
        raise typer.BadParameter("--owner goes with --paid, and --account with --owner.")
    with _said_plainly(), database_address() as url:
        followed = resolved(url, item, paid=paid, failed=failed, by=by, owner=owner, account=account)
        print(f"{item}: {asyncio.run(followed)}.")


@application.command()
def outbox(
    to: Annotated[str | None, typer.Option("--to", help="Only those to this email or phone.")] = None,
) -> None:
    """Print what development would have sent to people: one JSON object a line, oldest first."""
    from wallet.messages import outbox_lines

    with _said_plainly():
        if settings().is_prod:
            raise ConfigurationRefused(
                "The outbox is for development: BATUA_ENV=prod writes no messages down."
            )
        with database_address() as url:
            for line in asyncio.run(outbox_lines(url, to=to)):
                print(json.dumps(line, ensure_ascii=False))


@application.command()
def bench(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(BENCHES)}.")],
    quick: Annotated[bool, typer.Option("--quick", help="Under a minute, with wider noise.")] = False,
) -> None:
    """Run one benchmark: one JSON object on stdout, a readable table on stderr."""
    if name not in BENCHES or importlib.util.find_spec(f"bench.{name}") is None:
        built = [one for one in BENCHES if importlib.util.find_spec(f"bench.{one}")]
        console.print(f"There is no benchmark {name!r} here. There is: {', '.join(built) or 'none yet'}.")
        raise typer.Exit(_NOTHING_DONE)
    main: Callable[[bool], dict[str, object]] = importlib.import_module(f"bench.{name}").main
    with _said_plainly():
        print(json.dumps(main(quick)))


def _run_all(stack: ExitStack) -> None:
    here = settings()
    listening = ports()
    refuse_taken_ports(here.bind_host, {f"{name.upper()}_PORT": port for name, port in listening.items()})
    foundation = None
    if here.database_url is None:
        console.print("Starting the database")
        server = stack.enter_context(embedded_postgres())
        foundation = Foundation("The database", server.is_alive, server.restart_if_dead)
        url = server.url
    else:
        url = here.database_url.get_secret_value()
    console.print("Migrating")
    _migrate(url)
    for app in WEB_APPS:
        build_if_needed(app, data=here.folder, root=ROOT)
    supervisor = Supervisor(
        [spec(name, port, url) for name, port in listening.items()],
        logs=here.folder / "logs",
        folder=ROOT,
        say=console.print,
        foundation=foundation,
    )
    stack.callback(supervisor.stop)
    console.print(f"Starting {', '.join(listening)}")
    supervisor.start()
    if here.demo:
        _create_demo_accounts(url)
    print_addresses()
    console.print(f"Logs: {here.folder / 'logs'}. Ctrl-C stops everything.")
    supervisor.watch()
    console.print("Stopping")


def _migrate(url: str) -> None:
    from shared_db.migrate import migrate as bring_up_to_date

    bring_up_to_date(url)


def _create_demo_accounts(url: str) -> None:
    from wallet.demo import create_demo_accounts

    asyncio.run(create_demo_accounts(url))


@contextmanager
def _said_plainly(code: int = 1) -> Generator[None]:
    """What a person can put right is said in a sentence, without a traceback, and ends with this code."""
    try:
        yield
    except ValidationError as error:
        for fault in error.errors():
            console.print(f"{'.'.join(map(str, fault['loc'])).upper()}: {fault['msg']}", markup=False)
    except (
        BackupRefused,
        ConfigurationRefused,
        DatabaseRefused,
        PageBuildFailed,
        PortTaken,
        StartRefused,
    ) as error:
        console.print(str(error), markup=False)
    except Refusal as error:
        console.print(f"{error.sentence} {error}".strip(), markup=False)
    except Unavailable:
        console.print("The database cannot be reached just now. Please try again in a little while.")
    except Exception:
        if code == 1:
            raise
        console.print_exception()  # a traceback of Python's own would end with 1, which says something else here
    else:
        return
    raise typer.Exit(code)


if __name__ == "__main__":
    application()
