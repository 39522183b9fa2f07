"""What is on its way out of the schema, and what a person has judged: read docs/migrations.md first.

Keys are facts as `tests.previous_release.schema` names them; each has a sentence that says why it is safe.
"""

LEAVING: dict[str, str] = {}
"""Stands in the database, and no process of this release uses it any more: the release after this one may drop it."""

JUDGED: dict[str, str] = {}
"""Changed since the release before in a way that looks as if it breaks that one, and does not."""
