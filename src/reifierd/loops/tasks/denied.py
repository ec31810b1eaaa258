"""A command that failed for want of a permission or a program: trying again is no use, a person has to do something."""

from __future__ import annotations

import re

from reifierd.loops.tasks.blockers import Blocker
from reifierd.loops.tasks.dependencies import to_install
from reifierd.runs.planned import PlannedStep

_NOT_EXECUTABLE, _NOT_FOUND = 126, 127  # bash(1), Exit status
_LAST = 4000  # characters of output that are looked through: the end says why it failed
_DENIED = re.compile(r"permission denied|operation not permitted|EACCES|EPERM|access is denied", re.I)
_DOCKER = re.compile(r"docker\.sock|docker daemon socket", re.I)
_PUBLICKEY = re.compile(r"permission denied \([\w,-]*(?:publickey|password)", re.I)
_REGISTRY = re.compile(r"(?:denied|unauthorized).{0,80}(?:registry|access to the resource|authentication)", re.I)
_PATH = re.compile(r"(?:^|[\s'\"`])((?:~|\.{1,2})?/[^\s:'\"`,;)]+)")
_MISSING = re.compile(r"(?:line \d+: |: )?([\w.+-]+): command not found")


def denied(planned: PlannedStep, criterion: int, status: int | None, output: str) -> Blocker | None:
    """Why a person is needed, where that is what the output says; `status` is the shell's."""
    tail = output[-_LAST:]
    found = _missing(tail) if status == _NOT_FOUND else _refused(tail, status)
    if found is None:
        return None
    rule, reason, remedy = found
    return Blocker(rule, reason, remedy, criterion, planned.step.line, planned.step.command)


def _missing(tail: str) -> tuple[str, str, str] | None:
    found = _MISSING.findall(tail)
    return ("missing-program", f"{found[-1]} is not installed", to_install(found[-1])) if found else None


def _refused(tail: str, status: int | None) -> tuple[str, str, str] | None:
    lines = [line for line in tail.splitlines() if _DENIED.search(line) or _REGISTRY.search(line)]
    if not lines:
        return None
    line = lines[-1].strip()[:300]
    return "permission-denied", f"permission denied: {line}", _remedy(line, status)


def _remedy(line: str, status: int | None) -> str:
    if _DOCKER.search(line):
        return "sudo usermod -aG docker $USER, and log in again"
    if _PUBLICKEY.search(line):
        return "ssh-add your key, or let the other host know it"
    if _REGISTRY.search(line):
        return "log in to the registry first (docker login)"
    said = _DENIED.search(line)
    paths = _PATH.findall(line[: said.start()] if said else line) or _PATH.findall(line)
    if not paths:
        return "run it as a user who may, or give this user the permission"
    path = paths[-1]  # `/bin/bash: line 1: ./build.sh: Permission denied`: who says it stands before
    if status == _NOT_EXECUTABLE:
        return f"chmod +x {path}"
    return f"ls -ld {path}, then give this user the permission"
