"""What the system does: loops that meet in files and in the ledger, and never call each other."""
