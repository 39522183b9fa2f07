"""The team's rules as tests: what a reviewer said twice stands here, so that nobody has to say it again.

No database, no sockets, nothing of the product runs: files are read and parsed. Each rule fails with a sentence,
then one line for every place, `path:line: what stands there`.
"""

from __future__ import annotations

import ast
import functools
import io
import re
import subprocess
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOORS = ("user_app", "merchant_app", "webhook_server", "withdraw_service", "dummy_bank")
PACKAGES = (*DOORS, "shared_ui", "wallet", "shared_db", "bank_api", "money", "runtime")
PROGRAMS = ("manage.py", "settings.py", "rxconfig.py")

MOST_LINES = 300  # the aim is 200
MOST_LINES_OF_A_TEST_FILE = 500
MOST_LINES_OF_A_FUNCTION = 60  # the aim is 40
_LARGEST_READ_BYTES = 2_000_000
_MADE_BY_TOOLS = re.compile(
    r"\.venv|\.batua|\.web|\.states|\.git|\.\w+_cache|\.hypothesis|__pycache__|node_modules"
)

# Who else than settings.py may look at the environment: those who make one for a child, and the two variables
# that are no settings (which app Reflex builds; where the tests' browser is).
ENVIRONMENT_READERS = {
    "settings.py",
    "rxconfig.py",
    "runtime/child.py",
    "runtime/page_build.py",
    "bench/scratch.py",
    "deploy/local/fleet.py",
    "deploy/healthcheck.py",
    "shared_db/postgres_tools.py",
}


# ------------------------------------------------------------------------------------------ size


def test_a_file_can_be_read_at_a_sitting() -> None:
    too_long = [
        f"{path}: {count} lines, at most {most}"
        for path in files(".py", ".sql")
        if (count := len(text_of(path).splitlines()))
        > (most := MOST_LINES_OF_A_TEST_FILE if path.startswith("tests/") else MOST_LINES)
    ]

    fail_if(too_long, "A file has grown too long. Cut it by what can be done; the aim is 200 lines.")


def test_a_function_fits_on_a_screen() -> None:
    too_long = [
        f"{path}:{node.lineno}: {node.name} has {count} lines"
        for path, node in functions(python(but=("shared_db/migrations/",)))
        if (count := (node.end_lineno or node.lineno) - node.lineno + 1) > MOST_LINES_OF_A_FUNCTION
    ]

    fail_if(too_long, f"A function has more than {MOST_LINES_OF_A_FUNCTION} lines. Give its parts names.")


# ------------------------------------------------------------------------------- words out of place


@pytest.mark.parametrize(
    ("banned", "home", "sentence"),
    [
        (
            r"(?<![\w.])float\(",
            ("money/rupees.py", "bench/"),
            "Money never passes through a float: parse_rupees.",
        ),
        (
            r"//?\s*100(?:\.0*)?\b",
            ("money/rupees.py",),
            "Paise become rupees in money/rupees.py and nowhere else.",
        ),
        (
            r"\bwith_for_update\b",
            ("shared_db/people.py", "shared_db/merchants.py", "bench/row_locks.py"),
            "Rows are locked in shared_db by FOR NO KEY UPDATE, in id order; one row alone where a sign-in ends.",
        ),
        (
            r"\bos\.(?:environ|getenv)\b",
            (*ENVIRONMENT_READERS, "tests/"),
            "Settings are read in settings.py, once.",
        ),
        (r"\.commit\(", ("shared_db/", "dummy_bank/books.py"), "A transaction is a block and ends with it."),
        (r"(?<![\w.])print\(", ("manage.py", "bench/"), "Processes log, commands in manage.py print."),
        (r"#\s*type:\s*ignore", (), "Say which rule and why: `# pyright: ignore[rule] # why`."),
        # In halves, so that this very line does not hold them.
        (r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b", (), "A note for later belongs on the issue tracker."),
    ],
    ids=["float", "/ 100", "with_for_update", "os.environ", "commit", "print", "type: ignore", "notes"],
)
def test_a_word_stays_at_its_home(banned: str, home: tuple[str, ...], sentence: str) -> None:
    in_comments = banned.startswith(("#", r"\b(?:TO"))
    found = [
        f"{path}:{number}: {written.strip()}"
        for path in python(but=home)
        for number, (written, code) in enumerate(
            zip(text_of(path).splitlines(), code_of(path), strict=True), 1
        )
        if re.search(banned, written if in_comments else code)
    ]

    fail_if(found, sentence)


def test_nobody_swallows_what_he_does_not_know() -> None:
    bare = [
        f"{path}:{node.lineno}"
        for path in python()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]

    fail_if(bare, "A bare except hides bugs and Ctrl-C. Name what may happen.")


def test_nobody_blocks_the_event_loop_by_sleeping() -> None:
    asleep = [
        f"{path}:{call.lineno}: in {function.name}"
        for path, function in functions(product())
        if isinstance(function, ast.AsyncFunctionDef)
        for call in calls(function)
        if ast.unparse(call.func) in {"time.sleep", "sleep"}
    ]

    fail_if(asleep, "time.sleep in async code stops everybody. Await asyncio.sleep.")


# ------------------------------------------------------------------- no network inside a transaction


def test_no_bank_is_asked_inside_a_transaction() -> None:
    asked = [
        f"{path}:{line}: {what}"
        for path in product()
        for block in transactions(tree_of(path))
        for line, what in network_calls(block)
    ]

    fail_if(
        sorted(set(asked)),
        "A bank may take its time, and no lock of ours waits for it: commit, ask, then settle in a new transaction.",
    )


def test_only_who_asks_banks_and_providers_speaks_http() -> None:
    home = ("bank_api/client.py", "bank_api/lines.py", "dummy_bank/outbox.py", "wallet/providers/asking.py")
    importers = [
        f"{path}:{line}: {name}"
        for path in product(but=home)
        for line, name in imports(path)
        if name.split(".")[0] in {"httpx", "requests", "aiohttp", "urllib3"}
    ]

    fail_if(
        importers,
        "Whoever calls a bank does so through bank_api.client, whoever calls a provider through wallet.providers.",
    )


# --------------------------------------------------------------------------------- nothing left over


def test_every_module_has_a_reader() -> None:
    imported = {name for path in product(also=("bench/",)) for _, name in imports(path)}
    texts = "\n".join(text_of(path) for path in [*product(), "Makefile"])
    dead = [
        path
        for path in product(but=("shared_db/migrations/", *PROGRAMS))
        if module_of(path) not in imported
        and Path(path).name not in {"__main__.py", "__init__.py"}
        # Programs that are started by their path, in an interpreter of their own.
        and f'"{Path(path).name}"' not in texts
        and f"runtime/{Path(path).name}" not in text_of("Makefile")
    ]

    fail_if(dead, "Nobody imports this module. Use it or delete it; a test alone is no use.")


def test_every_benchmark_is_one_of_the_command_or_serves_one() -> None:
    imported = {name for path in files(".py") if path.startswith("bench/") for _, name in imports(path)}
    commands = re.search(r"^BENCHES = \((.*?)\)", text_of("manage.py"), re.MULTILINE | re.DOTALL)
    assert commands, "manage.py lists the benchmarks in BENCHES"
    dead = [
        path
        for path in files(".py")
        if path.startswith("bench/")
        and Path(path).stem != "__init__"
        and module_of(path) not in imported
        and f'"{Path(path).stem}"' not in commands[1]
        # One that takes half an hour has a command of its own.
        and f"-m {module_of(path)}" not in text_of("Makefile")
    ]

    fail_if(dead, "Nobody runs this benchmark.")


def test_every_module_says_what_it_is() -> None:
    silent = [path for path in product(also=("bench/", "tests/")) if not ast.get_docstring(tree_of(path))]
    folders = {str(Path(path).parent) for path in product(but=PROGRAMS)}
    without = [
        f"{folder}/__init__.py is missing"
        for folder in sorted(folders)
        if not folder.startswith("shared_db/migrations") and not (ROOT / folder / "__init__.py").exists()
    ]

    fail_if(silent + without, "Every package and module begins with a sentence that says what it is.")


# ------------------------------------------------------------------------- the repository as a whole


def test_links_between_our_pages_lead_somewhere() -> None:
    broken = [
        f"{page}:{number}: {target}"
        for page in files(".md")
        for number, line in enumerate(without_code_blocks(text_of(page)), 1)
        for target in re.findall(r"\]\(([^)\s]+)\)", line)
        if not re.match(r"[a-z]+:", target) and not leads_somewhere(page, target)
    ]

    fail_if(broken, "A link leads nowhere.")


def test_no_file_knows_a_machine_or_a_registry() -> None:
    known = re.compile(
        r"(?<![\w./<>{}*-])/(?:root|work|home/\w+|Users/\w+)/\w"  # somebody's folder
        r"|\.\./shared\b"
        r"|\b(?:pypi|pythonhosted|npmjs|npmmirror|yarnpkg)\.(?:org|com|io)\b"
    )
    found = [
        f"{path}:{number}: {match[0]}"
        for path in files()
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if (match := known.search(line))
    ]

    fail_if(found, "The repository names no folder of a machine and no registry's address.")


def test_every_requirement_is_locked_with_hashes_and_without_an_address() -> None:
    text = text_of("requirements.txt")
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if entry.strip() and not entry.startswith("#")]
    loose = [entry.splitlines()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]
    addressed = [line for line in text.splitlines() if re.search(r"://|^-|\s@\s", line)]

    fail_if(loose, "Each requirement names one version and its hashes: `make lock`.")
    fail_if(addressed, "requirements.txt names no address: whoever installs chooses the registry.")


def test_the_web_apps_load_no_second_component_library() -> None:
    wanted = [
        f"{path}:{number}: {line.strip()}"
        for path in ("requirements.txt", "pyproject.toml", "rxconfig.py")
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if re.search(r"\breflex[-_]ui\b", line)
    ]

    fail_if(wanted, "Our look stands in shared_ui; reflex-ui would bring another one.")


def test_every_setting_stands_in_the_contract_and_every_promised_one_exists() -> None:
    ours = fields_of("settings.py", "Settings") | fields_of("dummy_bank/settings.py", "Settings")
    section = re.search(r"^## 2\. .*?(?=^## 3\. )", text_of("docs/contract.md"), re.MULTILINE | re.DOTALL)
    assert section, "docs/contract.md, section 2, holds the settings"
    cells = [line.split("|")[1] for line in section[0].splitlines() if line.startswith("|")]
    promised = {name for cell in cells for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", cell)}

    fail_if(sorted(ours - promised), "A setting is missing from docs/contract.md, section 2.")
    fail_if(sorted(promised - ours), "docs/contract.md promises a setting that nobody reads.")


@pytest.mark.parametrize("path", ["money/errors.py", "money/desk_errors.py"])
def test_every_refusal_has_a_sentence_that_can_be_read_out(path: str) -> None:
    tree = tree_of(path)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    mute = [
        f"{path}:{node.lineno}: {node.name}"
        for node in classes
        if not re.fullmatch(r"[A-Z₹].*\.", ast.get_docstring(node) or "", re.DOTALL)
    ]
    drawn = ast.get_docstring(tree) or ""
    undrawn = [f"{path}: {node.name}" for node in classes if not re.search(rf"\b{node.name}\b", drawn)]

    fail_if(mute, "The docstring of a refusal is the sentence the person reads, with a period at its end.")
    fail_if(undrawn, f"The tree at the top of {path} shows every refusal.")


# ------------------------------------------------------------------------------------------- helpers


def fail_if(found: Iterable[str], sentence: str) -> None:
    places = list(found)
    if places:
        pytest.fail("\n  ".join([sentence, *places]), pytrace=False)


@functools.cache
def all_files() -> tuple[str, ...]:
    """Tracked and new files; where there is no git, everything that is not obviously made by a tool."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*")]
    return tuple(
        sorted(
            path
            for path in listed
            if (ROOT / path).is_file() and not any(map(_MADE_BY_TOOLS.fullmatch, Path(path).parts))
        )
    )


def files(*suffixes: str) -> list[str]:
    return [path for path in all_files() if not suffixes or Path(path).suffix in suffixes]


def python(*, but: tuple[str, ...] = ()) -> list[str]:
    """Every Python file of ours, tests included. `but` are files, or folders that end in a slash."""
    return [path for path in files(".py") if not is_below(path, but)]


def product(*, but: tuple[str, ...] = (), also: tuple[str, ...] = ()) -> list[str]:
    """What runs in production."""
    home = (*PROGRAMS, *(f"{package}/" for package in PACKAGES), *also)
    return [path for path in python(but=but) if is_below(path, home)]


def is_below(path: str, places: tuple[str, ...]) -> bool:
    return any(path.startswith(place) if place.endswith("/") else path == place for place in places)


@functools.cache
def text_of(path: str) -> str:
    content = (ROOT / path).read_bytes()
    # A picture has no lines to judge.
    return "" if len(content) > _LARGEST_READ_BYTES or b"\0" in content[:8_000] else content.decode()


@functools.cache
def tree_of(path: str) -> ast.Module:
    return ast.parse(text_of(path), path)


@functools.cache
def code_of(path: str) -> tuple[str, ...]:
    """The lines of a file with comments and texts blanked: a word may be spoken of everywhere."""
    lines = [list(line) for line in text_of(path).splitlines()]
    spoken = {tokenize.COMMENT, tokenize.STRING}
    for token in tokenize.generate_tokens(io.StringIO(text_of(path)).readline):
        # An f-string holds code as well: what is formatted there counts.
        if token.type not in spoken or re.match(r"\w*[fF]\w*['\"]", token.string):
            continue
        (first, start), (last, end) = token.start, token.end
        for number in range(first, last + 1):
            line = lines[number - 1]
            from_column = start if number == first else 0
            to_column = end if number == last else len(line)
            line[from_column:to_column] = " " * (to_column - from_column)
    return tuple("".join(line) for line in lines)


def functions(paths: Iterable[str]) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in paths:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def imports(path: str) -> Iterator[tuple[int, str]]:
    """Line and full name of everything imported; `from a import b` gives `a` and `a.b`."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def module_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def transactions(tree: ast.Module) -> Iterator[ast.AST]:
    """Whatever runs inside a transaction.

    That is the body of `async with ….transaction()`, a function handed to `in_transaction`, and one that takes
    a connection or session of its caller's.
    """
    handed_on = {
        argument.id
        for call in calls(tree)
        if ast.unparse(call.func).split(".")[-1] == "in_transaction"
        for argument in call.args
        if isinstance(argument, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncWith | ast.With):
            opened = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
            if any(ast.unparse(one.func).split(".")[-1] in {"transaction", "begin"} for one in opened):
                yield from node.body
        elif isinstance(node, ast.AsyncFunctionDef):
            taken = {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}
            if node.name in handed_on or taken & {"connection", "session"}:
                yield from node.body


def network_calls(block: ast.AST) -> Iterator[tuple[int, str]]:
    """Awaited calls on something that is named like a bank, a provider or an HTTP client."""
    network = re.compile(r"_*(?:banks?|bank_client|https?|httpx|client|providers?|asking)")
    for node in ast.walk(block):
        if isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
            target = node.value.func
            on = target.value if isinstance(target, ast.Attribute) else None
            names = {one.id for one in ast.walk(on) if isinstance(one, ast.Name)} if on else set()
            names |= {one.attr for one in ast.walk(on) if isinstance(one, ast.Attribute)} if on else set()
            if any(network.fullmatch(name) for name in names):
                yield node.lineno, ast.unparse(node)


def fields_of(path: str, name: str) -> set[str]:
    """The annotated fields of a settings class, as environment variables."""
    for node in tree_of(path).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return {
                field.target.id.upper()
                for field in node.body
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
            }
    raise AssertionError(f"{path} has no class {name}")


def without_code_blocks(text: str) -> list[str]:
    """The lines of a page, those of fenced blocks blanked."""
    return re.sub(
        r"^```.*?^```", lambda block: "\n" * block[0].count("\n"), text, flags=re.MULTILINE | re.DOTALL
    ).splitlines()


def leads_somewhere(page: str, target: str) -> bool:
    address, _, anchor = target.partition("#")
    wanted = (ROOT / page).parent / address if address else ROOT / page
    if not wanted.exists():
        return False
    if not anchor or wanted.suffix != ".md":
        return True
    headings = re.findall(r"^#+ (.+)$", wanted.read_text(), re.MULTILINE)
    return anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
