"""The effects of one Invocation: from the tables, from its redirects, and for a few programs from code of their own.

An unknown program has the effect UNKNOWN, whatever it is called with; `read_like` says whether its words look like
reading only (the rule of a runbook's Diagnosis), which is a guess that a person sees.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reifierd.shell import special
from reifierd.shell.model import Effect, EffectKind, Invocation, Word
from reifierd.shell.options import Options
from reifierd.shell.programs import EVERYWHERE_HARMLESS, Program, Programs, matches
from reifierd.shell.tables import name_set
from reifierd.shell.targets import on

READ_LIKE = name_set("vocabulary", "read_like")
_NOWHERE = frozenset({"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/fd/1", "/dev/fd/2"})


def effects_of(command: Invocation, programs: Programs) -> tuple[Effect, ...]:
    """All effects in a fixed order: the program's own first, then those of its redirects."""
    own = [] if command.program is None else _own(command, command.program, programs)
    if command.program is None and not command.argv:
        own = [Effect(EffectKind.SHELL_STATE)] if command.assignments or not command.redirects else []
    redirected = list(_redirected(command))
    if not own and not redirected:
        own = [Effect(EffectKind.READ if not command.argv or command.wrapped else EffectKind.UNKNOWN)]
    return tuple(own + redirected)


def read_like(command: Invocation) -> bool:
    """An unknown program whose first words are those of looking (`status`, `health`, `-t`, …): it only reads, probably.

    Every word that is no option must be one of them or stand behind one; a redirect into a file makes it no reading.
    """
    if command.opaque or any(e.kind not in {EffectKind.UNKNOWN, EffectKind.READ} for e in command.effects):
        return False
    words = [w.shape for w in command.argv[1:]]
    first = next((w for w in words if not w.startswith("-") or w in READ_LIKE), "")
    base = (command.program or "").lower()
    return first.lower() in READ_LIKE or bool(
        re.search(
            r"(?:^|[-_])(?:status|health|check|healthcheck|healthz|info|stat|stats|list|show|ping|test|verify|probe)(?:\.\w+)?$",
            base,
        )
    )


def _own(command: Invocation, name: str, programs: Programs) -> list[Effect]:  # noqa: PLR0911 - one return for each kind of case
    row = programs.get(name)
    shapes = [w.shape for w in command.argv[1:]]
    if command.wrapped:
        return [Effect(EffectKind.INTERACTIVE)] if name in name_set("vocabulary", "interactive_wrappers") else []
    if len(shapes) == 1 and shapes[0] in EVERYWHERE_HARMLESS:
        return [Effect(EffectKind.READ)]
    if row is None:
        return special.unlisted(command, name)
    options = row.parse(command.argv)
    given = {n for n, _ in options.given}
    if "--help" in given:
        return [Effect(EffectKind.READ)]
    if given & (row.harmless | row.dry) or any(s in row.dry or s in row.harmless for s in shapes):
        return [Effect(EffectKind.READ, detail="changes nothing with these options")]
    if row.harmless_unless and not given & row.harmless_unless:
        return [Effect(EffectKind.READ)]
    words = [name, *(w.shape for w in options.operands)]
    if any(matches(p, [name, *shapes]) for p in row.interactive):
        return [Effect(EffectKind.INTERACTIVE)]
    handler = special.HANDLERS.get(row.special)
    if handler is not None:
        return handler(command, row, options)
    return _by_table(command, row, options, words)


def _by_table(command: Invocation, row: Program, options: Options, words: list[str]) -> list[Effect]:
    extra = [e for e in (_option_effect(command, o, options) for o in row.options) if e is not None]
    operands = words[1:]
    if row.verbs.rows or row.default_verb:
        verb = operands or ([row.default_verb] if row.default_verb else [])
        found = row.verbs.find(verb)
        if found is None and row.effect is None:
            base = on(
                row.other if verb else (row.alone or EffectKind.READ), command, options.operands[1:], " ".join(verb[:3])
            )
        elif found is None:
            base = _base(command, row, options)
        else:
            base = on(found[0], command, options.operands[len(found[1].split()) :], found[1])
        return [base, *extra] if base.kind is not EffectKind.READ or not extra else extra
    if not operands and row.alone is not None and not extra:
        return [Effect(row.alone)]
    base = _base(command, row, options)
    moved = [on(row.sources, command, options.operands[:-1], "moved away")] if row.sources else []
    return [*(extra or [base]), *moved]


def _base(command: Invocation, row: Program, options: Options) -> Effect:
    kind = row.effect or row.other
    if kind in {EffectKind.READ, EffectKind.SHELL_STATE}:
        return Effect(kind, detail=row.detail)
    return on(kind, command, chosen(row, options), row.detail)


def chosen(row: Program, options: Options) -> Sequence[Word]:
    """The operands that the effect is done to."""
    named = options.all_values(*row.target_option) if row.target_option else []
    operands = options.operands
    if named:
        return named
    if row.targets == "none":
        return ()
    if row.targets == "last":
        return operands[-1:] if len(operands) > 1 else operands
    if row.targets == "not-first" and len(operands) == 1:  # `chmod -w file`: the mode looks like an option
        return operands
    return {"first": operands[:1], "not-first": operands[1:]}.get(row.targets, operands)


def _option_effect(
    command: Invocation, option: tuple[frozenset[str], EffectKind, str], options: Options
) -> Effect | None:
    names, kind, how = option
    if not options.has(*names):
        return None
    words: Sequence[Word] = options.all_values(*names) if how == "value" else () if how == "none" else options.operands
    return on(kind, command, words, next(n for n, _ in options.given if n in names))


def _redirected(command: Invocation) -> list[Effect]:
    found = []
    for redirect in command.redirects:
        if redirect.target is None or not redirect.op.startswith((">", "&>", "<>")):
            continue
        target = redirect.target
        if redirect.op in {">&", "<&"} and (target.shape.isdigit() or target.shape == "-"):
            continue
        if target.shape in _NOWHERE or target.shape.startswith("/dev/fd/"):
            continue
        if target.shape.startswith(("/dev/tcp/", "/dev/udp/")):
            found.append(Effect(EffectKind.NETWORK_WRITE, (target.shape,), detail="a network socket"))
            continue
        kind = EffectKind.WRITE if ">>" in redirect.op else EffectKind.OVERWRITE
        found.append(on(kind, command, [target], "redirect"))
    return found
