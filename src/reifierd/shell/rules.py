"""Rules: what is not simply allowed, as data. Parsed once into frozen types, their examples checked when they are
loaded.

A rule matches effects, programs and options of lowered commands, never text. The packaged rules stand in
`knowledge/rules/`; a user's own files come as texts, and an error in them names file and line.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

from reifierd.errors import UsageError
from reifierd.shell.model import EffectKind, Verdict
from reifierd.shell.programs import Programs, kind, packaged, with_user
from reifierd.shell.tables import files_in


@dataclass(frozen=True)
class Pattern:
    """A regular expression that is compiled when it is first looked for: most clauses of most rules never are."""

    text: str

    def search(self, where: str) -> bool:
        return compiled(self.text).search(where) is not None


@cache
def compiled(text: str) -> re.Pattern[str]:
    return re.compile(text)


@dataclass(frozen=True)
class Clause:
    """One way for a rule to match; everything given must hold. The fields are explained in `knowledge/README.md`."""

    commands: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)  # program → patterns of operands
    options: tuple[frozenset[str], ...] = ()
    without: frozenset[str] = frozenset()
    operand: Pattern | None = None
    operand2: Pattern | None = None
    operand3: Pattern | None = None
    no_operand: Pattern | None = None
    last: Pattern | None = None
    effect: frozenset[EffectKind] = frozenset()
    target: frozenset[str] = frozenset()
    no_target: tuple[str, ...] = ()
    detail: Pattern | None = None
    opaque: Pattern | None = None
    assigns: Pattern | None = None
    reads: Pattern | None = None
    redirect: Pattern | None = None
    via: frozenset[str] = frozenset()
    within: frozenset[str] = frozenset()
    pipe_from: frozenset[str] = frozenset()
    pipe_to: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()
    stream: frozenset[str] = frozenset()
    open: bool = False
    reads_env: bool = False
    production: bool = False


@dataclass(frozen=True)
class Rule:
    id: str
    family: str
    severity: Verdict
    reason: str
    alternative: str
    when: tuple[Clause, ...]
    match: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True)
class Rules:
    """All rules with their look-up tables: clauses by program, by effect, those about opaque commands and about
    assignments, and the few that look at every command."""

    rules: tuple[Rule, ...]
    programs: Programs
    by_program: Mapping[str, list[tuple[Rule, Clause]]] = field(default_factory=dict)
    by_effect: Mapping[EffectKind, list[tuple[Rule, Clause]]] = field(default_factory=dict)
    of_opaque: tuple[tuple[Rule, Clause], ...] = ()
    of_assigning: tuple[tuple[Rule, Clause], ...] = ()
    general: tuple[tuple[Rule, Clause], ...] = ()

    def get(self, name: str) -> Rule | None:
        return next((r for r in self.rules if r.id == name), None)

    def warm(self) -> None:
        """Compile every pattern now: for a process whose first verdict is waited for."""
        for rule in self.rules:
            for clause in rule.when:
                for key in _PATTERNS:
                    pattern = getattr(clause, key)
                    if pattern is not None:
                        compiled(pattern.text)


_PATTERNS = frozenset(
    {"operand", "operand2", "operand3", "no_operand", "last", "detail", "opaque", "assigns", "reads", "redirect"}
)
_SETS = frozenset({"target", "via", "within", "pipe_from", "pipe_to", "uses", "stream"})
_CLAUSE_KEYS = frozenset(f.name for f in fields(Clause))
_RULE_KEYS = frozenset({"id", "family", "severity", "reason", "alternative", "when", "match", "pass"})


@cache
def packaged_rules() -> Rules:
    return _index(_parse(files_in("rules"), compiling=False), packaged())


def load_rules(user_texts: Mapping[str, str] | None = None, programs: Mapping[str, str] | None = None) -> Rules:
    """The packaged rules and a user's own (`file name → text` of `rules/*.toml` and of `programs/*.toml`).

    A user's rule with the id of a packaged one replaces it. Raises UsageError with file and line for a rule that cannot
    be read, and for one whose own examples say otherwise.
    """
    if not user_texts and not programs:
        return packaged_rules()
    own = _parse(user_texts or {})
    names = {r.id for r in own}
    rules = _index([*(r for r in packaged_rules().rules if r.id not in names), *own], with_user(programs or {}))
    problems = [p for rule in own for p in check_examples(rule, rules)]
    if problems:
        raise UsageError("\n".join(problems), hint="correct the examples or the rule")
    return rules


def check_examples(rule: Rule, rules: Rules) -> list[str]:
    """What a rule's examples say against it: one line each, with file and line."""
    from reifierd.shell.context import Context  # noqa: PLC0415 - judging needs rules; only checking needs judging
    from reifierd.shell.verdict import judge  # noqa: PLC0415

    def trips(example: str) -> bool:
        return rule.id in {f.rule for f in judge(example, rules, Context()).findings}

    wrong = [f"{rule.where}: rule {rule.id} should match “{e}” and does not" for e in rule.match if not trips(e)]
    wrong += [f"{rule.where}: rule {rule.id} should not match “{e}” and does" for e in rule.passes if trips(e)]
    if rule.alternative and trips(rule.alternative):
        wrong.append(f"{rule.where}: rule {rule.id} matches its own alternative “{rule.alternative}”")
    return wrong


def _parse(texts: Mapping[str, str], *, compiling: bool = True) -> list[Rule]:
    """Rules in the order of their files. The packaged patterns are known to be right: they are not compiled here."""
    found: list[Rule] = []
    for name, text in texts.items():
        try:
            rows = tomllib.loads(text).get("rule", [])
        except tomllib.TOMLDecodeError as error:
            at = re.search(r"line (\d+)", str(error))
            raise UsageError(f"is not TOML: {error}", where=f"{name}:{at.group(1) if at else 1}") from None
        lines = [n for n, line in enumerate(text.splitlines(), 1) if line.strip() == "[[rule]]"]
        for row, line in zip(rows, lines or [1] * len(rows), strict=False):
            found.append(_rule(row, f"{name}:{line}", compiling))
    return found


def _rule(row: dict[str, Any], where: str, compiling: bool) -> Rule:
    unknown = sorted(set(row) - _RULE_KEYS)
    missing = sorted({"id", "reason", "when"} - set(row))
    if unknown or missing:
        raise UsageError(f"a rule {'has no ' + missing[0] if missing else 'does not know ' + unknown[0]}", where=where)
    if row.get("severity", "override") not in {"override", "refuse"}:
        raise UsageError(f"severity is override or refuse, not {row['severity']}", where=where)
    return Rule(
        row["id"], row.get("family", "own"), Verdict(row.get("severity", "override")), row["reason"],
        row.get("alternative", ""),
        tuple(_clause(c, where, compiling) for c in row["when"]), tuple(row.get("match", ())),
        tuple(row.get("pass", ())), where,
    )  # fmt: skip


def _clause(row: dict[str, Any], where: str, compiling: bool) -> Clause:
    unknown = sorted(set(row) - _CLAUSE_KEYS)
    if unknown or not row or any(v in ([], "") for v in row.values()):
        raise UsageError(f"a clause does not know {unknown[0] if unknown else 'what to match'}", where=where)
    made: dict[str, Any] = {}
    for key, value in row.items():
        if key in _PATTERNS:
            made[key] = _pattern(key, value, where) if compiling else Pattern(value)
        elif key == "commands":
            made[key] = _by_program(value)
        elif key == "options":
            made[key] = tuple(frozenset(o.split("|")) for o in value)
        elif key == "without":
            made[key] = frozenset(n for o in value for n in o.split("|"))
        elif key == "effect":
            made[key] = frozenset(kind(e, where) for e in value)
        elif key in _SETS:
            made[key] = frozenset(value)
        else:
            made[key] = tuple(value) if isinstance(value, list) else value
    return Clause(**made)


def _pattern(key: str, text: str, where: str) -> Pattern:
    try:
        compiled(text)
    except re.error as error:
        raise UsageError(f"{key} is no pattern: {error}", where=where) from None
    return Pattern(text)


def _by_program(commands: list[str]) -> dict[str, tuple[tuple[str, ...], ...]]:
    found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for command in commands:
        program, *words = command.split()
        found[program].append(tuple(words))
    return {program: tuple(patterns) for program, patterns in found.items()}


def _index(rules: Iterable[Rule], programs: Programs) -> Rules:
    kept = tuple(rules)
    by_program: dict[str, list[tuple[Rule, Clause]]] = defaultdict(list)
    by_effect: dict[EffectKind, list[tuple[Rule, Clause]]] = defaultdict(list)
    of_opaque: list[tuple[Rule, Clause]] = []
    of_assigning: list[tuple[Rule, Clause]] = []
    general: list[tuple[Rule, Clause]] = []
    for rule in kept:
        for clause in rule.when:
            if clause.commands and "*" not in clause.commands:
                for name in clause.commands:
                    by_program[name].append((rule, clause))
            elif clause.effect:
                for effect in clause.effect:
                    by_effect[effect].append((rule, clause))
            elif clause.opaque is not None:
                of_opaque.append((rule, clause))
            elif clause.assigns is not None:
                of_assigning.append((rule, clause))
            else:
                general.append((rule, clause))
    indexed = dict(by_program), dict(by_effect), tuple(of_opaque), tuple(of_assigning), tuple(general)
    return Rules(kept, programs, *indexed)
