"""The effects of one Invocation: from the tables, from its redirects, and for a few programs from code of their own.

An unknown program has the effect UNKNOWN, whatever it is called with; `read_like` says whether its words look like
reading only (the rule of a runbook's Diagnosis), which is a guess that a person sees.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reifierd.shell import special
from reifierd.shell.model import Effect, EffectKind, Invocation, Word
from reifierd.shell.options import Options, parse_options
from reifierd.shell.programs import EVERYWHERE_HARMLESS, OptionEffect, Program, Programs, matches
from reifierd.shell.tables import name_set
from reifierd.shell.targets import on

READ_LIKE = name_set("vocabulary", "read_like")
_OFF = frozenset({"none", "false", "no", "0"})  # `--dry-run=none`: it is done after all
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


_LOOKING_NAME = re.compile(
    r"(?:^|[-_])(?:status|health|check|healthcheck|healthz|info|stat|stats|list|show|ping|test|verify|probe)(?:\.\w+)?$"
)
_DOING = name_set("vocabulary", "doing_options")
_VAGUE = name_set("vocabulary", "vague")


def read_like(command: Invocation, *, by_name: bool = True) -> bool:
    """An unknown program whose first words are those of looking (`status`, `health`, `-t`, …): it only reads, probably.

    The first word that is no option must be one of them, or an option before it; an option of doing (`--fix`) or a
    redirect into a file makes it no reading. With `by_name` its own name may say so, and a vague option (`-t`).
    """
    if command.opaque or any(e.kind not in {EffectKind.UNKNOWN, EffectKind.READ} for e in command.effects):
        return False
    words = [w.shape for w in command.argv[1:]]
    if any(w.partition("=")[0] in (_DOING if not by_name else _LONG_DOING) for w in words):
        return False
    verbs = READ_LIKE if by_name else READ_LIKE - _VAGUE
    first = next((w for w in words if not w.startswith("-") or w in verbs), "")
    return first.lower() in verbs or (by_name and bool(_LOOKING_NAME.search((command.program or "").lower())))


_LONG_DOING = frozenset(w for w in _DOING if w.startswith("--") and w not in {"--output", "--out"})


def _own(command: Invocation, name: str, programs: Programs) -> list[Effect]:  # noqa: PLR0911 - one return for each kind of case
    row = programs.get(name)
    shapes = [w.shape for w in command.argv[1:]]
    if command.wrapped:
        if row is not None and row.special == "find":  # `find … -exec … -delete`
            own = special.HANDLERS["find"](command, row, row.parse(command.argv))
            return [e for e in own if e.kind is not EffectKind.READ]
        held = [Effect(EffectKind.INTERACTIVE)] if name in name_set("vocabulary", "interactive_wrappers") else []
        return held + (_besides(command, row, parse_options(command.argv, row.values, leading=True)) if row else [])
    if len(shapes) == 1 and shapes[0] in EVERYWHERE_HARMLESS:
        return [Effect(EffectKind.READ)]
    if row is None:
        return special.unlisted(command, name)
    options = row.parse(command.argv)
    given = {n for n, _ in options.given}
    if "--help" in given:
        return [Effect(EffectKind.READ)]
    extra = _besides(command, row, options)
    said = shapes[: shapes.index("--")] if "--" in shapes else shapes
    dry = {n for n, value in options.given if value is None or value.shape not in _OFF}
    if given & row.harmless or dry & row.dry or any(s in row.dry or s in row.harmless for s in said):
        return extra or [Effect(EffectKind.READ, detail="changes nothing with these options")]
    if row.harmless_unless and not given & row.harmless_unless:
        return extra or [Effect(EffectKind.READ)]
    words = [name, *(w.shape for w in options.operands)]
    if any(matches(p, [name, *shapes]) for p in row.interactive):
        return [Effect(EffectKind.INTERACTIVE)]
    handler = special.HANDLERS.get(row.special)
    if handler is not None:
        own = handler(command, row, options)
        return [*(e for e in own if e.kind is not EffectKind.READ), *extra] if extra else own
    return _by_table(command, row, options, words[1:], extra)


def _besides(command: Invocation, row: Program, options: Options) -> list[Effect]:
    """What the options do besides what the program does."""
    found = (_option_effect(command, row, o, options) for o in row.options)
    return [e for e in found if e is not None]


def _by_table(
    command: Invocation, row: Program, options: Options, operands: list[str], extra: list[Effect]
) -> list[Effect]:
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
    plain = {n for n, _ in options.given} <= row.values | row.harmless
    if not operands and row.alone is not None and not extra and plain:
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


def _option_effect(command: Invocation, row: Program, effect: OptionEffect, options: Options) -> Effect | None:
    if effect.words and not matches(effect.words, [w.shape for w in options.operands]):
        return None
    always = not effect.names or "*" in effect.names
    names = [n for n, _ in options.given if _is_one_of(n, effect, row)]
    if not always and not names:
        return None
    words: Sequence[Word] = options.operands
    if effect.how == "value" and effect.kind is not EffectKind.CODE:
        values = options.all_values(*names)
        words = [w for w in values if w.shape not in _NOWHERE | {"-"}]
        if values and not words:
            return None
    elif effect.how == "none":
        words = ()
    return on(effect.kind, command, words, " ".join(names[:1] or effect.words))


def _is_one_of(name: str, effect: OptionEffect, row: Program) -> bool:
    """Whether an option that was given is one of those, also in short: getopt_long(3) takes `--outp` for `--output`."""
    if name in effect.names or (effect.beginnings and name.startswith(effect.beginnings)):
        return True
    if not name.startswith("--") or len(name) < len("--x") or row.single:
        return False
    return any(n.startswith(name) for n in effect.names) and name not in row.named_options


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
