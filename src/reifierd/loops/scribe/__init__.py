"""Session → draft: what was looked at, what was changed, what helped, and what tells that it did."""
