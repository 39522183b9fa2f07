"""The REST API under `/api/v1`: docs/contract.md, section 3."""
