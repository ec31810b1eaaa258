"""Watches: the shells' histories and the hook's spool become sessions in the ledger."""
