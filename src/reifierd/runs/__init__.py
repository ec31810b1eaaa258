"""Runs of what was approved: claimed, queued, journalled step by step, reported. Runbooks and tasks stand on it."""
