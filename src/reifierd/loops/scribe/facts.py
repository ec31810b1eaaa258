"""What each command of a session is and does: one Fact per command, read in the order of the session.

Every shell of the session (a terminal) has its own directory and variables; files and services are shared. Commands
are read by the shell block in the directory and with the constants that its own shell had then.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from reifierd.ledger.records import Command, FileEdit
from reifierd.loops.scribe import domains
from reifierd.loops.scribe.cells import How, Touch, file_cell
from reifierd.loops.scribe.chains import parts
from reifierd.loops.scribe.files import file_touches, words
from reifierd.loops.scribe.kinds import Kind, class_of, is_probe, kind_of, opaque_state, own, settings
from reifierd.loops.scribe.places import place_of
from reifierd.loops.scribe.services import ServiceEvent, service_events
from reifierd.loops.scribe.variables import exported, unset, used
from reifierd.shell import Context, ShellView, read
from reifierd.shell.model import EffectKind, Invocation


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
    place: str = ""  # the directory that it must run in, "" where that does not matter

    @property
    def ok(self) -> bool:
        return self.exit in (0, None)

    @property
    def edits(self) -> tuple[FileEdit, ...]:
        return self.command.edits

    def written(self) -> list[Touch]:
        return [t for t in self.touches if t.writes]

    @cached_property
    def same(self) -> tuple[object, ...]:
        """Equal for two facts that run the same text with the same meaning."""
        return (self.shape, self.place, self.words, self.origins)

    @cached_property
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
    views: dict[tuple[object, ...], ShellView] = field(default_factory=dict)  # what was read already


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
    first = kind_of(_read(head, shell, command, home))
    if first not in (Kind.CHANGE, Kind.STATE, Kind.DIRECTORY):
        return [(text, code, True)]
    again = any(x == " ".join(text.split()) for x in later)
    retried = any(_near(head, x) for x in later if x != " ".join(text.split()))
    proved = any(e.diff for e in command.edits)
    alone = any(_near(last, x) for x in later) or kind_of(_read(last, shell, command, home)) is Kind.READ
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
    key = (text, shell.cwd, *((name, env.get(name)) for name in sorted(used(text))))
    if key not in shell.views:
        shell.views[key] = read(text, Context(cwd=shell.cwd, home=home, env=env))
    return shell.views[key]


def _fact(  # noqa: PLR0913, PLR0917 - what was recorded, column by column
    n: int, command: Command, text: str, code: int | None, whole: bool, key: str, shell: _Shell, home: str
) -> Fact:  # one value per column of what was recorded
    view = _read(text, shell, command, home)
    kind = Kind.NOISE if command.noise and not settings(view) else kind_of(view)
    uses = used(text)
    fact = Fact(
        n=n, command=command, text=text, kind=kind, shell=key, cwd=shell.cwd, exit=code, view=view,
        uses=uses, origins=tuple(sorted((name, shell.origins[name]) for name in uses if name in shell.origins)),
        words=tuple(w for inv in view.commands for w in words(inv)),
        programs=tuple(inv.program for inv in view.commands if inv.program and not inv.wrapped),
        exported=tuple(sorted((name, shell.origins[name]) for name in shell.exported if name in shell.origins)),
        probe=is_probe(view), whole=whole,
        sets=tuple(settings(view).items()),
        exports=frozenset().union(*(exported(inv) for inv in own(view))),
        unsets=frozenset().union(*(unset(inv) for inv in own(view))),
        opaque_state=opaque_state(view), place=place_of(view, shell.cwd),
    )  # fmt: skip
    if kind in (Kind.CHANGE, Kind.STATE, Kind.READ):
        fact = replace(fact, touches=_touches(view, shell.cwd, kind))
    if kind is Kind.CHANGE:
        events = tuple(e for inv in view.commands for e in service_events(inv, inv.cwd or shell.cwd))
        fact = replace(
            fact, services=events, told=all(_told(inv, shell.cwd) for inv in view.commands if not inv.wrapped)
        )
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
        replace(t, value=changed[t.cell].sha_after or t.value)
        if t.writes and t.cell in changed and not (t.value or "").startswith("=")
        else t
        for t in fact.touches
    )
    more = tuple(
        Touch(c, How.CHANGE, e.sha_after or None)
        for c, e in changed.items()
        if c not in {t.cell for t in known if t.writes}
    )
    return replace(fact, touches=known + more)


def _told(inv: Invocation, cwd: str | None) -> bool:
    """All that this command changes stands in its touches or service events."""
    if class_of(inv) is not Kind.CHANGE or service_events(inv, inv.cwd or cwd):
        return True
    if any(t.writes for t in _domain(inv, inv.cwd or cwd)):
        return True
    filed = {
        EffectKind.READ,
        EffectKind.WRITE,
        EffectKind.OVERWRITE,
        EffectKind.DELETE,
        EffectKind.PERMISSIONS,
        EffectKind.SHELL_STATE,
    }
    return {e.kind for e in inv.effects} <= filed and any(t.writes for t in file_touches(inv, cwd))


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
        if target.startswith("/")
        and not target.startswith("/dev/")
        and file_cell(posixpath.normpath(target)) not in have
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
    for inv in own(fact.view):
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
