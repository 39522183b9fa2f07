"""The embedded PostgreSQL: binaries, a user that is not root, data folder, the process above the server."""
