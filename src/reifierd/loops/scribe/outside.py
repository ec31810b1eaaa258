"""What is looked up outside the commands: log files, programs on the recorded PATH, diffs of git work trees.

Reads files and runs `git diff` (nothing else); bounded in size and time; whatever is not there is left out.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from reifierd.ledger.records import Command, FileEdit, Session
from reifierd.loops.scribe.cells import absolute
from reifierd.loops.scribe.facts import Fact
from reifierd.loops.scribe.kinds import Kind
from reifierd.loops.scribe.knowledge import knowledge
from reifierd.loops.scribe.sections import Analysis, is_edit
from reifierd.loops.scribe.symptom import Symptom, find_symptom
from reifierd.redaction import Redactor

TAIL = 1_000_000  # bytes of a log that are read, from its end
MANY = 20  # log files


def log_symptom(analysis: Analysis, session: Session, patterns: Iterable[str]) -> Symptom | None:
    """The symptom in the logs that were read in the session, or that the configuration names."""
    named = [path for fact in analysis.facts for path in _log_files(fact)]
    found = list(dict.fromkeys([*named, *(p for g in patterns for p in _matching(g))]))[:MANY]
    texts = [(path, text) for path in found if (text := _end_of(path))]
    first = next(
        (f.command.started for f in analysis.facts if f.kind is Kind.CHANGE and f.exit not in (126, 127)), None
    )
    zone = datetime.now().astimezone().tzinfo or UTC
    return find_symptom(texts, session.started, first or session.ended, zone) or find_symptom(
        texts, session.started, session.ended, zone
    )


def _matching(pattern: str) -> list[str]:
    return sorted(glob.glob(str(Path(pattern).expanduser())))  # noqa: PTH207 - an absolute pattern; Path.glob takes none


def _log_files(fact: Fact) -> list[str]:
    """Files that this command read, if they look like logs."""
    if not knowledge().programs["log_readers"] & {inv.program for inv in fact.view.commands}:
        return []
    paths = [
        absolute(fact.cwd, w.text)
        for inv in fact.view.commands
        for w in inv.argv[1:]
        if w.text and not w.text.startswith("-")
    ]
    return [p for p in paths if p.startswith("/") and _is_log(p)]


def _is_log(path: str) -> bool:
    name = Path(path).name
    return (
        ".log" in name
        or name in ("syslog", "messages", "error_log")
        or name.endswith((".err", ".out"))
        or "/log/" in path
        or "/logs/" in path
    )


def _end_of(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            if not os.path.isfile(path):  # noqa: PTH113 - follows links, as the reader did
                return ""
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - TAIL))
            return file.read(TAIL).decode(errors="replace")
    except OSError:
        return ""


def programs(facts: Sequence[Fact]) -> dict[str, str]:
    """Where the programs of these steps were found on the recorded PATH (else on ours)."""
    found: dict[str, str] = {}
    for fact in facts:
        path = dict(fact.command.env).get("PATH")
        for name in fact.programs:
            if (
                name not in found
                and "/" not in name
                and name not in knowledge().programs["builtins"]
                and (place := shutil.which(name, path=path))
            ):
                found[name] = place
    return found


def needed_path(facts: Sequence[Fact]) -> str:
    """The recorded PATH, where a program of these steps is another one (or none) on ours; else ""."""
    for fact in facts:
        path = dict(fact.command.env).get("PATH", "")
        if (
            path
            and "[REDACTED" not in path
            and any(shutil.which(p, path=path) != shutil.which(p) for p in fact.programs if "/" not in p)
        ):
            return path
    return ""


def with_git_edits(commands: Sequence[Command], analysis: Analysis, redactor: Redactor) -> list[Command]:
    """The commands, those of editors on files in a git work tree with the diff since the last commit.

    Left alone where the hook recorded the edit, and where another command changed the same file as well.
    """
    edits: dict[int, FileEdit] = {}
    seen: set[str] = set()
    for fact in reversed([f for f in analysis.manual if is_edit(f) and not f.edits]):
        for path in _edited_files(fact):
            others = any(t.writes and t.cell == "file:" + path for f in analysis.facts for t in f.touches)
            if path not in seen and not others and (diff := _git_diff(path, fact.command.started)):
                edits[id(fact.command)] = FileEdit(path, redactor.text(diff), "git")
            seen.add(path)
    return [replace(c, edits=(edits[id(c)],)) if id(c) in edits else c for c in commands]


def _edited_files(fact: Fact) -> list[str]:
    words = [w.text for inv in fact.view.commands for w in inv.argv[1:] if w.text and not w.text.startswith(("-", "+"))]
    return [p for p in (absolute(fact.cwd, w) for w in words) if p.startswith("/") and Path(p).is_file()]


def _git_diff(path: str, since: float | None) -> str:
    """What the file has that the last commit has not; "" outside a work tree, or where it is older than the edit."""
    place = Path(path)
    git = ["git", "-c", "core.fsmonitor=false", "-C", str(place.parent), "diff"]
    plain = ["--no-ext-diff", "--no-textconv", "--no-color", "HEAD", "--", place.name]
    try:
        if since is not None and place.stat().st_mtime < since - 1:
            return ""
        env = os.environ | {"GIT_OPTIONAL_LOCKS": "0"}
        done = subprocess.run([*git, *plain], capture_output=True, timeout=10, check=False, env=env)  # noqa: S603 - fixed words, and one name after --
        return done.stdout.decode() if done.returncode == 0 else ""
    except (OSError, UnicodeDecodeError, subprocess.TimeoutExpired):
        return ""
