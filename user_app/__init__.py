"""Door 1: the wallet's pages and its REST API."""
