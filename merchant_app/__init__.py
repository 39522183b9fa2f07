"""Door 2: the pages of a merchant."""
