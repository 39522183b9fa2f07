"""Test databases as their server sees them."""

LET_GO = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = %s AND backend_type = 'client backend'"
)
"""End every client of a database. Autovacuum workers are left alone: a plain user may not end one, not even by DROP
DATABASE WITH (FORCE), while a plain DROP DATABASE ends them by itself."""
