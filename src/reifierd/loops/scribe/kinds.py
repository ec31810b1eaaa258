"""What kind of command it is: noise, a look, a setting of its shell, a change, or something that needs a person.

Decided by what the shell block says of the effects of every command in it, and by the tables for what no effect tells:
a client's SQL, an unknown program's verbs, editors and prompts. In doubt it is a change.
"""

from __future__ import annotations

import posixpath
import re
from enum import StrEnum

from reifierd.loops.scribe import domains
from reifierd.loops.scribe.files import edits_in_place, file_touches, split, words
from reifierd.loops.scribe.knowledge import knowledge
from reifierd.loops.scribe.services import only_asks, service_events
from reifierd.loops.scribe.variables import assigned
from reifierd.shell import ShellView, read_like
from reifierd.shell.model import EffectKind, Invocation


class Kind(StrEnum):
    NOISE = "noise"
    DIRECTORY = "directory"  # cd and the like: becomes the `cwd` of the steps after it
    STATE = "state"  # sets variables, functions, options of its shell
    READ = "read"
    CHANGE = "change"
    MANUAL = "manual"  # needs a person at a terminal


def own(view: ShellView) -> list[Invocation]:
    """The commands that run in the shell itself."""
    return [inv for inv in view.commands if not inv.via and inv.pipe_from is None and inv.pipe_to is None]


def settings(view: ShellView) -> dict[str, str | None]:
    return {name: value for inv in own(view) for name, value in assigned(inv).items()}


def opaque_state(view: ShellView) -> bool:
    return any(
        inv.program in ("source", ".", "set", "shopt", "ulimit", "umask", "alias", "eval") for inv in own(view)
    ) or bool(re.match(r"\s*(?:function\s+\w+|[\w-]+\s*\(\)\s*[{(])", view.source))


def kind_of(view: ShellView) -> Kind:  # noqa: PLR0911 - a list of rules, the first that holds
    if view.unread is not None or not view.commands:
        return Kind.CHANGE if view.source.strip() and not view.source.lstrip().startswith("#") else Kind.NOISE
    mine = own(view)
    kinds = {class_of(inv) for inv in view.commands if not inv.wrapped}
    if Kind.MANUAL in kinds or any(inv.wrapped and inv.program == "watch" for inv in view.commands):
        return Kind.MANUAL
    outer = {class_of(inv) for inv in mine if not inv.wrapped} if mine else set()
    if mine and outer <= {Kind.DIRECTORY, Kind.NOISE} and len(mine) == len(view.commands):
        return Kind.DIRECTORY if Kind.DIRECTORY in outer else Kind.NOISE
    if settings(view) and outer <= {Kind.STATE, Kind.DIRECTORY} and all(_harmless(inv) for inv in view.commands):
        return Kind.STATE
    if Kind.CHANGE in kinds:
        return Kind.CHANGE
    if Kind.STATE in kinds and (settings(view) or opaque_state(view) or outer <= {Kind.STATE}):
        return Kind.STATE
    return Kind.READ if kinds & {Kind.READ, Kind.STATE, Kind.DIRECTORY} else Kind.NOISE


def _harmless(inv: Invocation) -> bool:
    """May stand in the value of a variable: it reads, or makes a temporary file."""
    return inv.program == "mktemp" or class_of(inv) is not Kind.CHANGE


def class_of(inv: Invocation) -> Kind:  # noqa: PLR0911 - a list of rules, the first that holds
    known, program = knowledge(), inv.program or ""
    kinds = {e.kind for e in inv.effects}
    if program in ("cd", "pushd", "popd", "dirs"):
        return Kind.DIRECTORY
    if any(t.writes for t in file_touches(inv, "/")) or program == "mktemp":
        return Kind.CHANGE
    if program in domains.SQL_CLIENTS | domains.REDIS_CLIENTS:
        return _client(inv)
    if program == "git":
        return _git(inv)
    if _needs_person(inv):
        return Kind.MANUAL
    if domains.is_probe_signal(inv) or only_asks(inv):
        return Kind.READ
    if program in known.programs["noise"] and kinds <= {EffectKind.READ, EffectKind.SHELL_STATE, EffectKind.UNKNOWN}:
        return Kind.NOISE if not inv.via and inv.pipe_to is None and inv.pipe_from is None else Kind.READ
    if kinds and kinds <= {EffectKind.READ}:
        return Kind.READ
    if kinds and kinds <= {EffectKind.READ, EffectKind.SHELL_STATE}:
        return Kind.STATE if program not in ("test", "[", "[[", "wait") else Kind.READ
    if (
        kinds <= {EffectKind.UNKNOWN, EffectKind.READ, EffectKind.SERVICE}
        and not service_events(inv, "/")
        and _asks(inv)
    ):
        return Kind.READ
    if program in known.programs["runners"] and _asks(inv):
        return Kind.READ
    if not inv.argv and inv.assignments:
        return Kind.STATE
    return Kind.CHANGE


def _asks(inv: Invocation) -> bool:
    """An unknown program whose name or first words say that it only looks (`./bin/probe`, `queuectl depth`)."""
    known, text = knowledge(), words(inv)
    if not text:
        return False
    if read_like(inv) and not service_events(inv, "/"):
        return True
    doing = known.verbs["do"] | known.verbs["set"] | known.verbs["more"] | frozenset(known.inverse)
    if any(re.split(r"[-_.:]+", w.lower())[-1] in doing for w in text[1:]):  # drain-check asks, check-fix does
        return False
    first = next((w.lower() for w in text[1:] if not w.startswith("-") or w in known.verbs["read"]), "")
    name = [
        part for part in re.split(r"[-_.]", posixpath.basename(text[0]).lower()) if part not in ("sh", "py", "pl", "")
    ]
    by_name = bool({name[0], name[-1]} & known.verbs["read"]) and not set(name) & doing if name else False
    return first in known.verbs["read"] or re.split(r"[-_:]", first)[-1] in known.verbs["read"] or by_name


def _client(inv: Invocation) -> Kind:
    redis = inv.program in domains.REDIS_CLIENTS
    if (redis and domains.redis_reads_only(inv)) or (not redis and domains.sql_reads_only(inv)):
        return Kind.READ
    fed = inv.pipe_from is not None or any("<" in r.op for r in inv.redirects)
    options, operands = split(inv)
    scripted = any(o in ("-f", "--file", "-x", "--pipe", "--eval") or o.startswith("--file=") for o in options)
    given = bool(operands) if redis else domains.statement_text(inv) is not None
    return Kind.CHANGE if fed or scripted or given else Kind.MANUAL


def _git(inv: Invocation) -> Kind:
    rest = domains.git_words(inv, None)[1]
    if domains.git_reads_only(inv) or {e.kind for e in inv.effects} == {EffectKind.READ}:
        return Kind.READ
    options = set(rest[1:])
    if rest[0] == "commit" and not any(
        re.match(r"-[a-zA-Z]*[mFCc]|--(message|file|no-edit|reuse)", o) for o in options
    ):
        return Kind.MANUAL
    if options & {"-i", "--interactive", "-p", "--patch"} and rest[0] in (
        "rebase",
        "add",
        "checkout",
        "reset",
        "stash",
    ):
        return Kind.MANUAL
    return Kind.CHANGE


def _needs_person(inv: Invocation) -> bool:  # noqa: PLR0911 - a list of rules, the first that holds
    known, program = knowledge(), inv.program or ""
    options, operands = split(inv)
    if program in known.programs["editors"]:
        return not edits_in_place(inv)
    if program in known.programs["interactive"]:
        batch = (program == "top" and any(o.startswith("-b") for o in options)) or (
            program == "screen" and "-ls" in options
        )
        return inv.pipe_to is None and not batch
    if program in ("tail", "journalctl", "kubectl", "docker") and any(
        o in ("-f", "-F", "--follow", "-fn") or (re.fullmatch(r"-\w*f\w*", o) and program == "tail") for o in options
    ):
        return program in ("tail", "journalctl") or "logs" in operands
    if program == "crontab":
        return "-e" in options
    if program in known.programs["prompts"] and not inv.wrapped:
        fed = inv.pipe_from is not None or any("<" in r.op for r in inv.redirects)
        wants = 1 if program != "ssh" else 2
        return (
            not fed
            and len(operands) < wants
            and not any(re.fullmatch(r"-\w*[ceV]|--version|--help", o) for o in options)
        )
    if program == "systemctl" and "edit" in operands:
        return True
    return EffectKind.INTERACTIVE in {e.kind for e in inv.effects} and inv.pipe_to is None


def is_probe(view: ShellView) -> bool:
    """Its exit status is an answer, so that a non-zero one is a finding."""
    last = [inv for inv in view.commands if not inv.wrapped]
    if not last:
        return False
    known = knowledge()
    name = last[-1].program or ""
    return (
        any((inv.program or "") in known.programs["probes"] or _asks(inv) for inv in (last[-1], *last[:1]))
        or "/" in name
    )
