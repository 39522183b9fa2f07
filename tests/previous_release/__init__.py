"""What the release before needs of a database that this one has migrated: docs/migrations.md tells the rule."""
