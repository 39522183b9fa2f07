"""The only SQL of Batua: models, migrations, the ledger, reads for screens, and the embedded PostgreSQL."""
