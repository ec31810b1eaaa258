"""Which parts a workspace's daemon consists of, and what wakes each."""

from __future__ import annotations
