"""What each command of a session is and does: one Fact per command, read in the order of the session.

Every shell of the session (a terminal) has its own directory and variables; files and services are shared. Commands
are read by the shell block in the directory and with the constants that its own shell had then.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from reifierd.ledger.records import Command, FileEdit
from reifierd.loops.scribe import domains
from reifierd.loops.scribe.cells import How, Touch, file_cell
from reifierd.loops.scribe.chains import parts
from reifierd.loops.scribe.files import edits_in_place, file_touches, split, words
from reifierd.loops.scribe.knowledge import knowledge
from reifierd.loops.scribe.services import ServiceEvent, only_asks, service_events
from reifierd.loops.scribe.variables import assigned, exported, unset, used
from reifierd.shell import Context, ShellView, read
from reifierd.shell.model import EffectKind, Invocation


class Kind(StrEnum):
    NOISE = "noise"
    DIRECTORY = "directory"  # cd and the like: becomes the `cwd` of the steps after it
    STATE = "state"  # sets variables, functions, options of its shell
    READ = "read"
    CHANGE = "change"
    MANUAL = "manual"  # needs a person at a terminal


@dataclass(frozen=True)
class Fact:
    """`text` is what would be run (a part of what was typed where only a part of a chain succeeded).

    `exit` is None where it is not known; `uses` holds variables by name; `origins` which fact (its `n`) set each one;
    `whole` is false for a part of a chain. `cwd` None: not known.
    """

    n: int
    command: Command
    text: str
    kind: Kind
    shell: str
    cwd: str | None
    exit: int | None
    view: ShellView
    touches: tuple[Touch, ...] = ()
    services: tuple[ServiceEvent, ...] = ()
    uses: frozenset[str] = frozenset()
    origins: tuple[tuple[str, int], ...] = ()
    sets: tuple[tuple[str, str | None], ...] = ()
    exports: frozenset[str] = frozenset()
    unsets: frozenset[str] = frozenset()
    opaque_state: bool = False  # sources a file, defines functions or sets options
    words: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    exported: tuple[tuple[str, int], ...] = ()  # what its shell had exported in this session: name, fact
    by_hand: bool = False  # needed a person at a terminal; what it changed is known from its edits
    told: bool = False  # its cells and services are all that it changes
    probe: bool = False
    whole: bool = True

    @property
    def ok(self) -> bool:
        return self.exit in (0, None)

    @property
    def edits(self) -> tuple[FileEdit, ...]:
        return self.command.edits

    def written(self) -> list[Touch]:
        return [t for t in self.touches if t.writes]

    @property
    def same(self) -> tuple[object, ...]:
        """Equal for two facts that run the same text with the same meaning."""
        return (self.shape, self.cwd, self.words, self.origins)

    @property
    def shape(self) -> str:
        return " ".join(self.text.split())


@dataclass
class _Shell:
    """One terminal's memory while its commands are read."""

    cwd: str | None
    previous: str | None = None
    constants: dict[str, str] = field(default_factory=dict)
    origins: dict[str, int] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)


def look(commands: Sequence[Command], home: str = "~") -> tuple[Fact, ...]:
    """Read the commands of one session in order. `home` stands for a directory that nobody recorded."""
    shells: dict[str, _Shell] = {}
    facts: list[Fact] = []
    later = [" ".join(c.command.split()) for c in commands]
    for place, command in enumerate(commands):
        key = command.shell_session or command.tty or ""
        shell = shells.setdefault(key, _Shell(command.cwd or home))
        if command.cwd:
            shell.cwd = command.cwd
        for text, code, whole in _pieces(command, shell, home, later[place + 1 :]):
            fact = _fact(len(facts), command, text, code, whole, key, shell, home)
            facts.append(fact)
            _remember(shell, fact, home)
    return tuple(facts)


def _pieces(command: Command, shell: _Shell, home: str, later: list[str]) -> list[tuple[str, int | None, bool]]:
    """The command as one piece, or a failed chain as what came before its last part and that part.

    `sed -i … FILE && nginx -t` that fails has edited the file when it is the check that failed. That is believed where
    the last part only reads, or is tried again alone, or a copy of the file shows the change; and not where the first
    part is tried again.
    """
    text, code = command.command, command.exit
    chain = parts(text) if code else []
    if len(chain) < 2:
        return [(text, code, True)]
    head, last = text[: chain[-2][1]].rstrip(), text[chain[-1][0] :].strip()
    first = _kind(_read(head, shell, command, home), home)
    if first not in (Kind.CHANGE, Kind.STATE, Kind.DIRECTORY):
        return [(text, code, True)]
    again = any(x == " ".join(text.split()) for x in later)
    retried = any(_near(head, x) for x in later if x != " ".join(text.split()))
    proved = any(e.diff for e in command.edits)
    alone = any(_near(last, x) for x in later) or _kind(_read(last, shell, command, home), home) is Kind.READ
    if proved or (alone and not retried and not again):
        return [(head, 0, False), (last, code, False)]
    return [(text, code, True)]


def _near(one: str, other: str) -> bool:
    """The same program with nearly the same words."""
    a, b = one.split(), other.split()
    if not a or not b or a[0] != b[0]:
        return False
    common = len(set(a) & set(b))
    return common * 2 > max(len(set(a)), len(set(b))) or (len(a) <= 3 and len(b) <= 3 and a[:2] == b[:2])


def _read(text: str, shell: _Shell, command: Command, home: str) -> ShellView:
    env = dict(command.env) | shell.constants
    return read(text, Context(cwd=shell.cwd, home=home, env=env))


def _fact(
    n: int, command: Command, text: str, code: int | None, whole: bool, key: str, shell: _Shell, home: str
) -> Fact:  # one value per column of what was recorded
    view = _read(text, shell, command, home)
    kind = Kind.NOISE if command.noise and not _sets(view) else _kind(view, home)
    uses = used(text)
    fact = Fact(
        n=n, command=command, text=text, kind=kind, shell=key, cwd=shell.cwd, exit=code, view=view,
        uses=uses, origins=tuple(sorted((name, shell.origins[name]) for name in uses if name in shell.origins)),
        words=tuple(w for inv in view.commands for w in words(inv)),
        programs=tuple(inv.program for inv in view.commands if inv.program and not inv.wrapped),
        exported=tuple(sorted((name, shell.origins[name]) for name in shell.exported if name in shell.origins)),
        probe=_is_probe(view), whole=whole,
        sets=tuple(_sets(view).items()),
        exports=frozenset().union(*(exported(inv) for inv in _own(view))),
        unsets=frozenset().union(*(unset(inv) for inv in _own(view))),
        opaque_state=_opaque_state(view),
    )  # fmt: skip
    if kind in (Kind.CHANGE, Kind.STATE, Kind.READ):
        fact = replace(fact, touches=_touches(view, shell.cwd, kind))
    if kind is Kind.CHANGE:
        events = tuple(e for inv in view.commands for e in service_events(inv, inv.cwd or shell.cwd))
        fact = replace(fact, services=events, told=all(_told(inv, shell.cwd) for inv in view.commands if not inv.wrapped))
    return fact if kind is Kind.NOISE else _with_edits(fact)


def _with_edits(fact: Fact) -> Fact:
    """What the copies from before the command tell: an editor's change, and the version that a change made."""
    if not fact.edits or fact.kind not in (Kind.MANUAL, Kind.CHANGE):
        return fact
    changed = {file_cell(e.path): e for e in fact.edits if e.diff}
    if fact.kind is Kind.MANUAL:
        touches = tuple(Touch(c, How.CHANGE, e.sha_after or None) for c, e in changed.items())
        return replace(fact, kind=Kind.CHANGE, touches=touches, told=True, by_hand=True) if changed else fact
    known = tuple(
        replace(t, value=changed[t.cell].sha_after or t.value) if t.writes and t.cell in changed and not (t.value or "").startswith("=") else t
        for t in fact.touches
    )
    more = tuple(Touch(c, How.CHANGE, e.sha_after or None) for c, e in changed.items() if c not in {t.cell for t in known if t.writes})
    return replace(fact, touches=known + more)


def _told(inv: Invocation, cwd: str | None) -> bool:
    """All that this command changes stands in its touches or service events."""
    if _class(inv) is not Kind.CHANGE or service_events(inv, inv.cwd or cwd):
        return True
    if any(t.writes for t in _domain(inv, inv.cwd or cwd)):
        return True
    filed = {EffectKind.READ, EffectKind.WRITE, EffectKind.OVERWRITE, EffectKind.DELETE, EffectKind.PERMISSIONS, EffectKind.SHELL_STATE}
    return {e.kind for e in inv.effects} <= filed and any(t.writes for t in file_touches(inv, cwd))


def _own(view: ShellView) -> list[Invocation]:
    """The commands that run in the shell itself."""
    return [inv for inv in view.commands if not inv.via and inv.pipe_from is None and inv.pipe_to is None]


def _sets(view: ShellView) -> dict[str, str | None]:
    return {name: value for inv in _own(view) for name, value in assigned(inv).items()}


def _opaque_state(view: ShellView) -> bool:
    return any(inv.program in ("source", ".", "set", "shopt", "ulimit", "umask", "alias", "eval") for inv in _own(view)) or bool(
        re.match(r"\s*(?:function\s+\w+|[\w-]+\s*\(\)\s*[{(])", view.source)
    )


def _touches(view: ShellView, cwd: str | None, kind: Kind) -> tuple[Touch, ...]:
    found: list[Touch] = []
    for inv in view.commands:
        if inv.wrapped:
            continue
        where = inv.cwd or cwd
        touched = file_touches(inv, where)
        if kind is not Kind.READ:
            touched += _domain(inv, where)
            touched += _from_effects(inv, {t.cell for t in touched if t.writes})
        found += touched
    return tuple(found)


def _domain(inv: Invocation, cwd: str | None) -> list[Touch]:
    program = inv.program or ""
    if program in domains.SQL_CLIENTS:
        return [] if domains.sql_reads_only(inv) else domains.sql_touches(inv, cwd)
    if program in domains.REDIS_CLIENTS:
        return [] if domains.redis_reads_only(inv) else domains.redis_touches(inv)
    if program == "git":
        return [] if domains.git_reads_only(inv) else domains.git_touches(inv, cwd)
    if program in ("kill", "pkill", "killall"):
        return [] if domains.is_probe_signal(inv) else domains.signal_touches(inv)
    known = {e.kind for e in inv.effects} <= {EffectKind.READ, EffectKind.SHELL_STATE}
    return [] if known or service_events(inv, cwd) else domains.switch_touches(inv, cwd)


def _from_effects(inv: Invocation, have: set[str]) -> list[Touch]:
    """Files that the shell block says are written, where the operands did not tell."""
    kinds = (EffectKind.WRITE, EffectKind.OVERWRITE, EffectKind.DELETE)
    return [
        Touch(file_cell(posixpath.normpath(target)), How.CHANGE)
        for effect in inv.effects
        if effect.kind in kinds
        for target in effect.targets
        if target.startswith("/") and not target.startswith("/dev/") and file_cell(posixpath.normpath(target)) not in have
    ]


def _remember(shell: _Shell, fact: Fact, home: str) -> None:
    """What the shell knows after a command that succeeded, as far as the next command's record does not say it."""
    if fact.exit not in (0, None) and fact.kind is not Kind.STATE:
        return
    for name, value in fact.sets:
        shell.origins[name] = fact.n
        shell.constants.pop(name, None)
        if value is not None:
            shell.constants[name] = value
    shell.exported |= fact.exports
    for name in fact.unsets:
        shell.exported.discard(name)
        shell.origins.pop(name, None)
        shell.constants.pop(name, None)
    for inv in _own(fact.view):
        if inv.program in ("cd", "pushd"):
            shell.cwd, shell.previous = _changed(shell, inv, home), shell.cwd
        elif inv.program == "popd":
            shell.cwd, shell.previous = shell.previous, shell.cwd


def _changed(shell: _Shell, inv: Invocation, home: str) -> str | None:
    target = next((w for w in inv.argv[1:] if not (w.text or "x").startswith("-") or w.text == "-"), None)
    if target is None:
        return home
    if target.text == "-":
        return shell.previous
    if target.text is None:
        return None
    path = target.text if not target.text.startswith("~") else home + target.text[1:]
    return posixpath.normpath(posixpath.join(shell.cwd or "?", path))


# --- what kind of command it is


def _kind(view: ShellView, home: str) -> Kind:
    if view.unread is not None or not view.commands:
        return Kind.CHANGE if view.source.strip() and not view.source.lstrip().startswith("#") else Kind.NOISE
    own = _own(view)
    kinds = {_class(inv) for inv in view.commands if not inv.wrapped}
    if Kind.MANUAL in kinds:
        return Kind.MANUAL
    outer = {_class(inv) for inv in own if not inv.wrapped} if own else set()
    if own and outer <= {Kind.DIRECTORY, Kind.NOISE} and len(own) == len(view.commands):
        return Kind.DIRECTORY if Kind.DIRECTORY in outer else Kind.NOISE
    if _sets(view) and outer <= {Kind.STATE, Kind.DIRECTORY} and all(_harmless(inv) for inv in view.commands):
        return Kind.STATE
    if Kind.CHANGE in kinds:
        return Kind.CHANGE
    if Kind.STATE in kinds and (_sets(view) or _opaque_state(view) or outer <= {Kind.STATE}):
        return Kind.STATE
    return Kind.READ if kinds & {Kind.READ, Kind.STATE, Kind.DIRECTORY} else Kind.NOISE


def _harmless(inv: Invocation) -> bool:
    """May stand in the value of a variable: it reads, or makes a temporary file."""
    return inv.program == "mktemp" or _class(inv) is not Kind.CHANGE


def _class(inv: Invocation) -> Kind:
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
    if kinds <= {EffectKind.UNKNOWN, EffectKind.READ, EffectKind.SERVICE} and not service_events(inv, "/") and _asks(inv):
        return Kind.READ
    if program in known.programs["runners"] and _asks(inv):
        return Kind.READ
    if not inv.argv and inv.assignments:
        return Kind.STATE
    return Kind.CHANGE


def _asks(inv: Invocation) -> bool:
    """An unknown program whose name or first words say that it only looks (`./bin/probe`, `queuectl depth`)."""
    known, text = knowledge(), words(inv)
    name = posixpath.basename(text[0]) if text else ""
    by_name = any(part in known.verbs["read"] for part in re.split(r"[-_.]", name))
    plain = [w for w in text[1:] if not w.startswith("-") or w in known.verbs["read"]][:2]
    doing = known.verbs["set"] | known.verbs["more"] | frozenset(known.inverse)
    if any(w.lower() in doing for w in plain):
        return False
    return any(w.lower() in known.verbs["read"] for w in plain) or (by_name and len(text) <= 3)


def _client(inv: Invocation) -> Kind:
    redis = inv.program in domains.REDIS_CLIENTS
    if redis and domains.redis_reads_only(inv) or not redis and domains.sql_reads_only(inv):
        return Kind.READ
    fed = inv.pipe_from is not None or any("<" in r.op for r in inv.redirects)
    options, operands = split(inv)
    scripted = any(o in ("-f", "--file", "-x", "--pipe", "--eval") or o.startswith("--file=") for o in options)
    given = bool(operands) if redis else domains.statement_text(inv) is not None
    return Kind.CHANGE if fed or scripted or given else Kind.MANUAL


def _git(inv: Invocation) -> Kind:
    rest = domains.git_words(inv, None)[1]
    if domains.git_reads_only(inv):
        return Kind.READ
    options = set(rest[1:])
    if rest[0] == "commit" and not any(re.match(r"-[a-zA-Z]*[mFCc]|--(message|file|no-edit|reuse)", o) for o in options):
        return Kind.MANUAL
    if options & {"-i", "--interactive", "-p", "--patch"} and rest[0] in ("rebase", "add", "checkout", "reset", "stash"):
        return Kind.MANUAL
    return Kind.CHANGE


def _needs_person(inv: Invocation) -> bool:
    known, program = knowledge(), inv.program or ""
    options, operands = split(inv)
    if program in known.programs["editors"]:
        return not edits_in_place(inv)
    if program in known.programs["interactive"]:
        batch = program == "top" and any(o.startswith("-b") for o in options) or program == "screen" and "-ls" in options
        return inv.pipe_to is None and not batch
    if program in ("tail", "journalctl", "kubectl", "docker") and any(o in ("-f", "-F", "--follow", "-fn") or re.fullmatch(r"-\w*f\w*", o) and program == "tail" for o in options):
        return program in ("tail", "journalctl") or "logs" in operands
    if program == "crontab":
        return "-e" in options
    if program in known.programs["prompts"] and not inv.wrapped:
        fed = inv.pipe_from is not None or any("<" in r.op for r in inv.redirects)
        wants = 1 if program != "ssh" else 2
        return not fed and len(operands) < wants and not any(re.fullmatch(r"-\w*[ceV]|--version|--help", o) for o in options)
    if program == "systemctl" and "edit" in operands:
        return True
    return EffectKind.INTERACTIVE in {e.kind for e in inv.effects} and inv.pipe_to is None


def _is_probe(view: ShellView) -> bool:
    """Its exit status is an answer, so that a non-zero one is a finding."""
    last = [inv for inv in view.commands if not inv.wrapped]
    if not last:
        return False
    known = knowledge()
    name = last[-1].program or ""
    return any((inv.program or "") in known.programs["probes"] or _asks(inv) for inv in (last[-1], *last[:1])) or "/" in name
