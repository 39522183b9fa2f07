"""A foreign company that plays two banks: it knows us only through bank_api, and keeps its own books."""
