"""Whether a rule's clause holds for one command of a view. Pure look-ups; nothing is parsed again but the options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, cached_property

from reifierd.shell.context import Context
from reifierd.shell.model import Effect, EffectKind, Invocation
from reifierd.shell.options import Options, parse_options
from reifierd.shell.places import classes, matcher
from reifierd.shell.programs import base_name, matches
from reifierd.shell.rules import Clause, Rule, Rules

_QUIET = frozenset({EffectKind.READ, EffectKind.SHELL_STATE})
_SUBSTITUTED = frozenset({("$()",), ("``",)})
_UPLOADS = frozenset(
    {
        "-d",
        "--data",
        "--data-binary",
        "--data-raw",
        "--data-urlencode",
        "-F",
        "--form",
        "-T",
        "--upload-file",
        "--post-file",
        "--body-file",
        "-a",
    }
)


class Subject:
    """One command as the rules look at it; everything derived is worked out once, when a clause asks."""

    def __init__(self, commands: Sequence[Invocation], number: int, rules: Rules, context: Context) -> None:
        self.commands, self.number, self.command = commands, number, commands[number]
        self.rules, self.context = rules, context

    @cached_property
    def shapes(self) -> list[str]:
        return [w.shape for w in self.command.argv[1:]]

    @cached_property
    def options(self) -> Options:
        row = self.rules.programs.get(self.command.program or "")
        return row.parse(self.command.argv) if row else parse_options(self.command.argv)

    @cached_property
    def like(self) -> str:
        """The program that this one is used like (podman: docker), by its table."""
        row = self.rules.programs.get(self.command.program or "")
        return row.like if row else ""

    @cached_property
    def given(self) -> frozenset[str]:
        return frozenset([n for n, _ in self.options.given] + [s for s in self.shapes if s.startswith(("-", "+"))])

    @cached_property
    def words(self) -> list[str]:
        return [w.shape for w in self.options.operands]

    @cached_property
    def quiet(self) -> bool:
        """It only reads, by its options or its table: no rule about what its program can do applies."""
        return (
            not self.command.opaque
            and not self.command.wrapped
            and bool(self.command.effects)
            and all(e.kind in _QUIET for e in self.command.effects)
        )

    def target_classes(self, effect: Effect) -> frozenset[str]:
        found: set[str] = set()
        for shape in effect.shapes:
            found |= classes(shape, self.command.cwd, self.context.home)
        return frozenset(found)

    def within(self) -> Iterator[Invocation]:
        """The commands in its own substitutions (`kill $(pgrep x)`)."""
        command = self.command
        for other in self.commands[: self.number]:
            own = other.via[: len(command.via)] == command.via and other.via[len(command.via) :][:1] in _SUBSTITUTED
            if own and command.start <= other.start < command.end:
                yield other

    def upstream(self) -> Iterator[Invocation]:
        """The commands whose output reaches this one through pipes."""
        for command in reversed(self.commands[: self.number]):
            if command.pipe_to is None and not command.wrapped:
                return
            yield command


def tripped(commands: Sequence[Invocation], number: int, rules: Rules, context: Context) -> list[Rule]:
    """The rules that one command trips, each once, in the order of their tables."""
    subject = Subject(commands, number, rules, context)
    command = commands[number]
    found: dict[str, Rule] = {}
    candidates = list(rules.by_program.get(command.program, ())) if command.program else []
    program = command.program or ""
    base = base_name(program)
    if base != program and program not in rules.by_program:
        candidates += rules.by_program.get(base, ())
    if subject.like:
        candidates += rules.by_program.get(subject.like, ())
    for effect in {e.kind for e in command.effects}:
        candidates += rules.by_effect.get(effect, ())
    if command.opaque:
        candidates += rules.of_opaque
    if command.assignments:
        candidates += rules.of_assigning
    for rule, clause in (*candidates, *rules.general):
        if rule.id not in found and holds(clause, subject):
            found[rule.id] = rule
    return list(found.values())


def holds(clause: Clause, subject: Subject) -> bool:  # noqa: PLR0911 - one return for each kind of case
    """Cheap questions first."""
    command = subject.command
    if clause.opaque is not None and not (command.opaque and clause.opaque.search(command.opaque)):
        return False
    if clause.assigns is not None and not _assigns(clause, command):
        return False
    if clause.commands and (_idle(clause, subject) or not _named(clause, subject)):
        return False
    if not _words_hold(clause, subject):
        return False
    if clause.open and not any("\x00" in s or "\x01" in s for s in subject.shapes):
        return False
    if not _surroundings_hold(clause, subject):
        return False
    if (clause.effect or clause.target or clause.detail or clause.no_target) and not any(
        _effect_holds(clause, e, subject) for e in command.effects
    ):
        return False
    return not clause.production or production(subject)


def _idle(clause: Clause, subject: Subject) -> bool:
    """The command only reads this time, and the clause is about what its program can change. (`unset HISTFILE` changes
    the shell, and a rule about a pipe or a redirect is about what stands around the command.)"""
    if not subject.quiet or clause.effect or clause.assigns is not None:
        return False
    around = clause.pipe_from or clause.pipe_to or clause.redirect or clause.stream or clause.reads or clause.reads_env
    return not around and all(e.kind is not EffectKind.SHELL_STATE for e in subject.command.effects)


def _named(clause: Clause, subject: Subject) -> bool:
    program = subject.command.program or ""
    found = clause.commands
    patterns = found.get(program) or found.get(base_name(program)) or found.get(subject.like) or found.get("*") or ()
    return any(
        not pattern
        or matches(pattern, subject.words)
        or (any(p.startswith("-") for p in pattern) and _with_options(pattern, subject))
        for pattern in patterns
    )


def _with_options(pattern: tuple[str, ...], subject: Subject) -> bool:
    """A pattern that names options (`apply -destroy`): its words in order, its options anywhere."""
    plain = [p for p in pattern if not p.startswith("-")]
    return all(p in subject.given for p in pattern if p.startswith("-")) and matches(plain, subject.words)


def _words_hold(clause: Clause, subject: Subject) -> bool:
    given, shapes = subject.given, subject.shapes
    if clause.options and not all(any(o in given for o in either) for either in clause.options):
        return False
    if clause.without and any(o in given for o in clause.without):
        return False
    for pattern in (clause.operand, clause.operand2, clause.operand3):
        if pattern is not None and not any(pattern.search(s) for s in shapes):
            return False
    if clause.no_operand is not None and any(clause.no_operand.search(s) for s in shapes):
        return False
    return clause.last is None or bool(shapes and clause.last.search(shapes[-1]))


def _surroundings_hold(clause: Clause, subject: Subject) -> bool:  # noqa: PLR0911 - one return for each kind of case
    command = subject.command
    if clause.within and not any(c.program in clause.within for c in subject.within()):
        return False
    if clause.via and not clause.via & set(command.via):
        return False
    if clause.pipe_from and command.pipe_from not in clause.pipe_from:
        return False
    if clause.pipe_to and command.pipe_to not in clause.pipe_to:
        return False
    if clause.redirect is not None and not any(
        r.target is not None and clause.redirect.search(r.target.shape) for r in command.redirects
    ):
        return False
    if clause.reads is not None and not (command.stdin is not None and clause.reads.search(command.stdin.shape)):
        return False
    if clause.reads_env and not any(
        c.program in {"env", "printenv", "set", "export", "declare"} for c in subject.upstream()
    ):
        return False
    if clause.uses and not any(classes(w, command.cwd, subject.context.home) & clause.uses for w in _sent(subject)):
        return False
    if clause.stream:
        read = [w.shape for c in subject.upstream() for w in c.argv[1:] if not w.shape.startswith("-")]
        reading = (*subject.upstream(), command)
        read += [r.target.shape for c in reading for r in c.redirects if r.fd == 0 and r.target is not None]
        if not any(classes(w, command.cwd, subject.context.home) & clause.stream for w in read):
            return False
    return True


def _sent(subject: Subject) -> Iterator[str]:
    """The files that a command sends away: its operands but the last, and what upload options name."""
    operands = [w.shape for w in subject.options.operands]
    yield from operands[:-1]
    for other in subject.within():  # curl -d "$(cat key)"
        yield from (w.shape for w in other.argv[1:])
    for name, value in subject.options.given:
        if (
            name in _UPLOADS
            and value is not None
            and ("@" in value.shape or name in {"-T", "--upload-file", "--post-file", "--body-file", "-a"})
        ):
            yield re.sub(r"^[^@]*@", "", value.shape).split(";")[0]


def _assigns(clause: Clause, command: Invocation) -> bool:
    assert clause.assigns is not None
    return any(clause.assigns.search(f"{name}={value.shape if value else ''}") for name, value in command.assignments)


def _effect_holds(clause: Clause, effect: Effect, subject: Subject) -> bool:
    if clause.effect and effect.kind not in clause.effect:
        return False
    if clause.detail is not None and not clause.detail.search(effect.detail):
        return False
    if not clause.target and not clause.no_target:
        return True
    exempt = matcher(clause.no_target, subject.context.home) if clause.no_target else None
    shapes = [s for s in effect.shapes if not (exempt and exempt.match(s))]
    paths = tuple(t for t in clause.target if t.startswith(("/", "~")))
    own = matcher(paths, subject.context.home) if paths else None
    return any(
        classes(s, subject.command.cwd, subject.context.home) & clause.target or (own is not None and own.match(s))
        for s in shapes
    )


def production(subject: Subject) -> bool:
    """Something in the command, or the machine's own name, looks like production."""
    expression = _production(subject.context.production)
    texts = [*subject.shapes, subject.context.host, *(v.shape for _, v in subject.command.assignments if v is not None)]
    return any(expression.search(t) for t in texts)


@cache
def _production(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(patterns) or r"(?!)", re.I)
