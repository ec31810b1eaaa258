"""The command line: one module for each command; it parses, calls a room below and prints."""
