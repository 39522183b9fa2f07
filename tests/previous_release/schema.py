"""What a release may rely on in its database, as facts; and what a newer schema has taken from it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import psycopg

Facts = dict[str, str]
"""What it is, such as `column users.email`, and how it is, such as `text NOT NULL`."""

RELEASED = Path(__file__).with_name("released_schema.json")

_ROLE = "batua_app"
_MUST_NOT_APPEAR = ("constraint", "index", "trigger")
"""On a table of before each of these may refuse, or change, a row that the release before writes."""
_WIDENINGS = {("smallint", "integer"), ("smallint", "bigint"), ("integer", "bigint")}
_FACTS = f"""
WITH extensions AS (SELECT objid FROM pg_depend WHERE deptype = 'e')
SELECT 'column ' || c.relname || '.' || a.attname,
       format_type(a.atttypid, a.atttypmod)
       || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
       || CASE WHEN a.atthasdef OR a.attidentity <> '' THEN ' DEFAULT' ELSE '' END
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND a.attnum > 0 AND NOT a.attisdropped
   AND c.oid <> ALL (ARRAY(SELECT objid FROM extensions))
 UNION ALL
SELECT 'function ' || p.proname || '(' || replace(oidvectortypes(p.proargtypes), ', ', ',') || ')',
       '(' || pg_get_function_arguments(p.oid) || ') -> ' || pg_get_function_result(p.oid)
  FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.oid <> ALL (ARRAY(SELECT objid FROM extensions))
 UNION ALL
SELECT 'rights ' || c.relname, string_agg(r.name, ' ' ORDER BY r.name)
  FROM pg_class c CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) r(name)
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
   AND has_table_privilege('{_ROLE}', c.oid, r.name)
   AND c.oid <> ALL (ARRAY(SELECT objid FROM extensions)) GROUP BY c.relname
 UNION ALL
SELECT 'constraint ' || c.relname || '.' || k.conname, pg_get_constraintdef(k.oid)
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
 WHERE c.relnamespace = 'public'::regnamespace AND k.contype <> 'n'
 UNION ALL
SELECT 'index ' || c.relname || '.' || x.relname, pg_get_indexdef(x.oid)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
 WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique
   AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.oid)
 UNION ALL
SELECT 'trigger ' || c.relname || '.' || t.tgname, pg_get_triggerdef(t.oid)
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal
"""


def facts_of(url: str) -> Facts:
    """Of the database at this URL, sorted by name."""
    with psycopg.connect(url) as connection:
        return dict(sorted(connection.execute(_FACTS.encode()).fetchall()))


def write_down(facts: Mapping[str, str], leaving: Iterable[str], path: Path = RELEASED) -> None:
    """What the release of this tree may rely on: all but what it uses no more."""
    kept = {name: how for name, how in sorted(facts.items()) if name not in set(leaving)}
    path.write_text(json.dumps(kept, indent=0, ensure_ascii=False) + "\n")


def written_down(path: Path = RELEASED) -> Facts:
    return json.loads(path.read_text())


def taken_away(released: Facts, now: Facts) -> dict[str, str]:
    """What the release before would miss, or stumble upon, in the schema of now: each fact, and a sentence."""
    tables = {_table(name) for name in released if name.startswith("column ")}
    found = {name: _lost(how, now.get(name)) for name, how in released.items()}
    for name in now.keys() - released.keys():
        if _table(name) in tables:
            found[name] = _unexpected(name, now[name])
    return {name: why for name, why in sorted(found.items()) if why}


def _table(name: str) -> str:
    """`sessions` of `column sessions.id`; a function has none."""
    return name.split()[1].split(".", maxsplit=1)[0]


def _lost(before: str, now: str | None) -> str:
    if now is None:
        return f"is gone; it was {before}"
    return "" if now == before or _is_wider(before, now) else f"was {before} and is {now}"


def _is_wider(before: str, now: str) -> bool:
    """A number with more room, a default where there was none, one right more."""
    if before.split(maxsplit=1)[0].isupper():  # rights, one word each
        return set(before.split()) <= set(now.split())
    (kind, *rest), (kind_now, *rest_now) = before.split(), now.split()
    return (kind == kind_now or (kind, kind_now) in _WIDENINGS) and rest_now in (rest, [*rest, "DEFAULT"])


def _unexpected(name: str, how: str) -> str:
    if name.startswith(_MUST_NOT_APPEAR):
        return f"is new on a table that the release before writes: {how}"
    if name.startswith("column ") and how.endswith("NOT NULL"):
        return "is new, required and without a default: the release before does not fill it"
    return ""
