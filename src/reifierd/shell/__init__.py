"""Bash as data: `read` a source into commands and effects, `judge` it by rules."""

from __future__ import annotations

from reifierd.shell.context import Context
from reifierd.shell.effects import read_like
from reifierd.shell.model import ShellView
from reifierd.shell.view import read

__all__ = ["Context", "ShellView", "read", "read_like"]
