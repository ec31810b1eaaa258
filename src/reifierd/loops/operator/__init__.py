"""Runs: a file in approved/ becomes a plan, a journalled run and a report."""
