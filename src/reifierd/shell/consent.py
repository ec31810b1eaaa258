"""The tool does not consent for itself (invariant 11): no step writes where consent, rules or the journal stand, none
puts something else in their place, and none says what stands for a person's word. There is no override for this.

Where an unknown path may lead there, a person's word is needed: that finding is `perhaps-self-consent`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from reifierd.shell.carried import language_of
from reifierd.shell.consent_places import (
    MARKER,
    SWITCH,
    TELLING,
    Places,
    leads_to,
    names,
    open_path,
    places_of,
    variables_of,
)
from reifierd.shell.consent_trail import Trail, follow
from reifierd.shell.consent_words import ends_daemon, left_for_later, literals, speaks
from reifierd.shell.context import Context
from reifierd.shell.model import EffectKind, Finding, Invocation, ShellView, Verdict
from reifierd.shell.shapes import FILLED, UNKNOWN
from reifierd.shell.tables import name_set
from reifierd.shell.view import read

_COPIERS = frozenset({"cp", "scp"})  # their sources are only read
_MOVERS = name_set("vocabulary", "movers")
_SHOWERS = name_set("vocabulary", "showers")
_CONTAINERS = frozenset({"docker", "podman", "nerdctl", "docker-compose"})
_UNPACKERS = name_set("vocabulary", "unpackers")
_GIT_WRITES = name_set("vocabulary", "git_writes")
_ELSEWHERE = frozenset({"-C", "-d", "--directory", "--work-tree", "-D"})
_EXTRACTS = re.compile(r"[ -]\w*x\w*|--extract|--get")
_QUIET = frozenset({EffectKind.READ, EffectKind.SHELL_STATE})
_GONE = frozenset({EffectKind.DELETE, EffectKind.OVERWRITE, EffectKind.DEVICE_WRITE})
_FILES = frozenset({EffectKind.WRITE, EffectKind.PERMISSIONS, EffectKind.UNKNOWN, EffectKind.INTERACTIVE}) | _GONE
_KEPT_OPEN = re.compile(r"(?:/proc/[^/]+/fd|/dev/fd)/")
_NAMED_BY = name_set("vocabulary", "namers")
_VOICE = "A step may not say a person's word: reifierd does not approve, resume or stop for itself."
_DAEMON = "A step may not end or change the daemon that runs it: that is a person's word."
_PLACE = "A step may not change what consent stands on ({})."
_PERHAPS = "It may change what consent stands on ({}): where the path leads is only known when it runs."


def self_consent(view: ShellView, context: Context, *, nested: bool = False) -> Iterator[Finding]:
    """At most one finding for each command, in their order."""
    places = places_of(context.protected, context.home)
    variables = {n: v for n, v in variables_of(places).items() if n not in context.env and n in view.source}
    if variables:  # they name these very places, though nobody knows that they are set
        view = read(view.source, replace(context, env={**context.env, **variables}))
    trail, named = follow(view.commands, context), _named_earlier(context, places)
    for number, command in enumerate(view.commands):
        if speaks(command) or (not nested and _said_later(view.commands, number, context)):
            yield _finding(command, Verdict.REFUSE, _VOICE)
        elif ends_daemon(command, view.commands[:number]):
            yield _finding(command, Verdict.REFUSE, _DAEMON)
        elif places.consent:
            severity, place = _Look(command, number, places, trail, named).worst()
            if severity is not Verdict.ALLOW:
                reason = _PLACE if severity is Verdict.REFUSE else _PERHAPS
                yield _finding(command, severity, reason.format(place))
        named = named or _named_in(command, places)


def _finding(command: Invocation, severity: Verdict, reason: str) -> Finding:
    name = "self-consent" if severity is Verdict.REFUSE else "perhaps-self-consent"
    return Finding(name, severity, reason, "", " ".join(w.source for w in command.argv)[:200], command.line)


def _said_later(commands: Sequence[Invocation], number: int, context: Context) -> bool:
    """What it leaves for a login or a timer would be refused now."""
    for text in dict.fromkeys(left_for_later(commands, number)):
        lines = "\n".join(
            [text, *(re.sub(r"^\s*(?:@\w+|(?:\S+\s+){5}|ExecStart\w*=)\s*", "", x) for x in text.split("\n"))]
        )
        findings = self_consent(read(lines, context), context, nested=True)
        if any(f.severity is Verdict.REFUSE for f in findings):
            return True
    return False


def _named_earlier(context: Context, places: Places) -> str:
    """The same for what the shell read before: its variables live on."""
    tellers = {TELLING, *(root.rsplit("/", 1)[-1] for root in places.roots), *variables_of(places)}
    sources = [e.source for e in context.before if any(t in e.source for t in tellers)]
    commands = (c for s in sources for c in read(s, replace(context, before=())).commands)
    return next(filter(None, (_named_in(c, places) for c in commands)), "")


def _named_in(command: Invocation, places: Places) -> str:
    """The place that a command names where its value may be handed on."""
    words = [w.shape for w in command.argv[1:] if command.program in _NAMED_BY]
    words += [r.target.shape for r in command.redirects if r.target is not None and "<" in r.op]
    for word in words:
        if TELLING in word.split("/"):
            return word
        for place in (*places.consent, *sorted(places.above)):
            if names(word, place) or (word.startswith(place + "/") and place in places.consent):
                return place
    return ""


class _Look:
    """One command, looked at for what it does to the places."""

    def __init__(self, command: Invocation, number: int, places: Places, trail: Trail, named: str) -> None:
        self.command, self.named = command, named
        self.places, self.paths = places, partial(trail.paths, number=number)
        self.here = trail.here[number]
        self.words = [w.shape for w in self.command.argv[1:]]

    def worst(self) -> tuple[Verdict, str]:
        command = self.command
        if command.program in _CONTAINERS:
            shown = self.mounted()
            return (Verdict.REFUSE if shown else Verdict.ALLOW, shown) if shown or command.wrapped else self.changed()
        if command.effects and all(e.kind in _QUIET for e in command.effects):
            return Verdict.ALLOW, ""
        if place := self.replaced() or self.shown() or self.unpacked():
            return Verdict.REFUSE, place
        return self.changed()

    # --- places of consent themselves

    def changed(self) -> tuple[Verdict, str]:
        best: tuple[Verdict, str] = (Verdict.ALLOW, "")
        files = not self.command.effects or any(e.kind in _FILES for e in self.command.effects)
        targets = dict.fromkeys(self.targets())
        for shape in (*targets, *dict.fromkeys(self.operands())):
            for path in self.paths(shape):
                sure = leads_to(shape, path, self.places)
                if sure[0] is Verdict.OVERRIDE and not (
                    shape in targets or (files and "/" in shape and "://" not in shape)
                ):
                    continue
                best = max(best, sure, key=lambda found: found[0].rank)
        if best[0] is Verdict.ALLOW and any(self.handed_over(s) for s in targets):
            return Verdict.OVERRIDE, self.named
        return best

    def targets(self) -> Iterator[str]:
        """The files that it changes, as far as its table says."""
        yield from (r.target.shape for r in self.command.redirects if r.target is not None and ">" in r.op)
        yield from (s for e in self.command.effects if e.kind in _FILES for s in e.shapes)

    def operands(self) -> Iterator[str]:
        """Its words (a wrapper: those of what it runs) and its input."""
        yield from (s for e in self.command.effects if e.kind not in _QUIET for s in e.shapes)
        reads = any(e.kind is EffectKind.READ for e in self.command.effects)  # only a redirect of it writes
        if not self.command.wrapped and not reads:
            yield from self.words[-1:] if self.command.program in _COPIERS else self.words
            if self.command.stdin is not None:
                yield self.command.stdin.shape
            if language_of(self.command.program or "") is not None:
                yield from literals(self.command)

    def handed_over(self, shape: str) -> bool:
        """A path from elsewhere (a variable, an open file, a search), after this source named such a place."""
        begun = re.split(f"[{UNKNOWN}{FILLED}]", shape, maxsplit=1)[0]
        free = shape != begun and any(r.startswith(begun) for r in self.places.roots) and begun != "./"
        return bool((free or _KEPT_OPEN.match(shape)) and self.named)

    # --- what stands above them

    def among(self, shape: str, guarded: frozenset[str]) -> str:
        return next((g for path in self.paths(shape) for g in sorted(guarded) if names(path, g)), "")

    def replaced(self) -> str:
        """The workspace, a folder of it, its marker or its switch is put away, or something else in its place."""
        gone = [s for e in self.command.effects if e.kind in _GONE for s in e.shapes]
        if self.command.program in _MOVERS:
            gone += [s for e in self.command.effects if e.kind not in _QUIET for s in e.shapes]
            put = next(filter(None, (self.among(s, self.places.above) for s in gone)), "")
            if put:
                return put
        if any(re.fullmatch(r"-\w*R\w*|--recursive", w) for w in self.words):
            gone += [s for e in self.command.effects if e.kind is EffectKind.PERMISSIONS for s in e.shapes]
            put = next(filter(None, (self.among(s, self.places.guarded) for s in gone)), "")
            if put:
                return put
        deleted = [s for e in self.command.effects if e.kind is EffectKind.DELETE for s in e.shapes]
        marker = frozenset(f"{r}/{MARKER}" for r in self.places.roots)
        lost = (self.among(s, self.places.guarded) for s in deleted)
        return next(filter(None, (*lost, *(self.among(s, marker) for s in self.targets()))), "") or self.switched(
            deleted
        )

    def switched(self, deleted: Sequence[str]) -> str:
        """`rm $W/PAUSE`: the switch of some workspace that is not known."""
        open_ends = (p for s in deleted for p in self.paths(s) if open_path(p) and p.split("/")[-1] in {SWITCH, MARKER})
        return next((p.split("/")[-1] for p in open_ends), "")

    def shown(self) -> str:
        """A link or a mount shows them under another name."""
        if self.command.program not in _SHOWERS:
            return ""
        parts = [p for w in self.words for p in re.split(r"[:,=]", w)]
        guarded = self.places.above | self.places.holders | set(self.places.consent)
        return next(filter(None, (self.among(p, guarded) for p in parts if p)), "")

    def mounted(self) -> str:
        """What a container is given to write to (`-v folder:/there`, `--mount source=folder,…`)."""
        guarded = self.places.above | self.places.holders
        words = self.words or [s for e in self.command.effects for s in e.shapes]
        for word in (w for w in words if not w.endswith((":ro", ",readonly", ",ro"))):
            for part in (p for p in re.split(r"[:,=]", word) if "/" in p):
                led = (leads_to(part, path, self.places) for path in self.paths(part))
                found = self.among(part, guarded) or next((p for sure, p in led if sure is Verdict.REFUSE), "")
                if found:
                    return found
        return ""

    def unpacked(self) -> str:
        """Files of unknown names are written below the workspace."""
        program, words = self.command.program, self.words
        if program not in _UNPACKERS or (program == "git" and not _GIT_WRITES & set(words)):
            return ""
        if program in {"tar", "bsdtar"} and not any(
            _EXTRACTS.fullmatch(w) for w in (f" {words[0] if words else ''}", *words)
        ):
            return ""
        within = [re.sub(r"\A(?:-[Cdo]|--directory=|--work-tree=)(?=.)", "", w) for w in words]
        within += [v.shape for n, v in self.command.assignments if n == "GIT_WORK_TREE" and v is not None]
        found = next(filter(None, (self.among(w, self.places.above) for w in within)), "")
        if found or _ELSEWHERE & set(words) or within != words:
            return found
        return next((h for h in self.here if h in self.places.above), "")
