"""Bash as data: `read` a source into commands and effects, `judge` it by rules."""

from __future__ import annotations

from reifierd.shell.context import Context, Earlier
from reifierd.shell.effects import read_like
from reifierd.shell.facts import assigned, files_read, files_written, is_editor, variables_read
from reifierd.shell.model import Effect, EffectKind, Finding, Invocation, Judgement, ShellView, Verdict, Word
from reifierd.shell.rules import Rule, Rules, load_rules
from reifierd.shell.verdict import judge
from reifierd.shell.view import read

__all__ = [
    "Context",
    "Earlier",
    "Effect",
    "EffectKind",
    "Finding",
    "Invocation",
    "Judgement",
    "Rule",
    "Rules",
    "ShellView",
    "Verdict",
    "Word",
    "assigned",
    "files_read",
    "files_written",
    "is_editor",
    "judge",
    "load_rules",
    "read",
    "read_like",
    "variables_read",
]
