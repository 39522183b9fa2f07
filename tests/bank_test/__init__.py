"""The bank test, after Jepsen's: the wallet's own services under kill -9, and whether any money was lost or made.

`python -m tests.bank_test --seconds 60` starts a PostgreSQL of its own and prints one JSON object.
"""
