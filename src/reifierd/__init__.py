"""reifierd: the incident you fixed in a shell becomes a runbook you approve by moving a file."""

__version__ = "0.1.0"
