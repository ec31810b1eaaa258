"""What each step of a runbook is judged with: all that its shell read before it, where it starts, the variables that
the runbook sets, and the paths that no step may write to, because the tool does not consent for itself.

The steps of a run share one shell's state, so a step means nothing by itself: `rm -rf etc` after `cd /`, `ls` after an
alias. Each is therefore read after those that run before it. What the runbook puts into the environment is judged like
the `export` that it amounts to.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from reifierd.documents.model import SectionKind, Step
from reifierd.execution.guard import Guard
from reifierd.shell import Context, Earlier, Judgement

_PROBED = frozenset({SectionKind.VERIFY})  # gates ask these before anything else was run, in a shell of their own


class Bench(Protocol):
    """Whoever gives verdicts: the guard, or what it was asked before."""

    def judge(self, sources: Sequence[str], context: Context) -> list[Judgement]:
        """One Judgement for each source, in order."""


class Ahead:
    """Verdicts that are asked for together, since many in one message cost the guard less than one in each. A verdict
    counts for the very same text in the very same context."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._known: dict[str, list[tuple[Context, Judgement]]] = {}

    def ask(self, asked: Iterable[tuple[str, Context]]) -> None:
        """Have the guard judge these; those in one context that follow each other, together."""
        together: list[str] = []
        common = Context()
        for source, context in asked:
            if together and context != common:
                self._put(together, common)
                together = []
            together.append(source)
            common = context
        self._put(together, common)

    def judge(self, sources: Sequence[str], context: Context) -> list[Judgement]:
        """As the guard's; what was not asked before, is asked now."""
        return [self._said(source, context) or self._guard.judge([source], context)[0] for source in sources]

    def _put(self, sources: Sequence[str], context: Context) -> None:
        for source, judgement in zip(sources, self._guard.judge(sources, context), strict=True):
            self._known.setdefault(source, []).append((context, judgement))

    def _said(self, source: str, context: Context) -> Judgement | None:
        return next((judgement for then, judgement in self._known.get(source, ()) if then == context), None)


@dataclass
class StepJudge:
    """Judges steps in the order in which they run. `exported` is the front matter's `env`, `start` the folder that the
    first one starts in ("": $HOME)."""

    guard: Bench
    context: Context
    exported: Mapping[str, str] = field(default_factory=dict)
    start: str = ""
    _before: list[Earlier] = field(default_factory=list)

    def anew(self) -> StepJudge:
        """The same judge, for a shell of its own."""
        return replace(self, _before=[])

    def __call__(self, step: Step, command: str) -> Judgement:
        judgement = self._judged(step, command, tuple(self._before))
        if step.section in _PROBED and self._before:
            judgement = _stricter(judgement, self._judged(step, command, ()))
        if not step.attributes.exclude_from_run_all:
            self._before.append(Earlier(command, step.attributes.cwd, dict(step.attributes.env)))
        return judgement

    def asked(self, step: Step, command: str, before: tuple[Earlier, ...] = ()) -> tuple[str, Context]:
        """What the guard is asked of a step, after those that run `before` it."""
        attributes = step.attributes
        set_here = {**self.exported, **dict(attributes.env)}
        context = replace(
            self.context,
            cwd=self.start or self.context.home,
            before=(*before, Earlier("", attributes.cwd)),
            env={**self.context.env, **set_here},
            interpreter=attributes.interpreter,
        )
        exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in set_here.items())
        return exports + command, context

    def _judged(self, step: Step, command: str, before: tuple[Earlier, ...]) -> Judgement:
        source, context = self.asked(step, command, before)
        [judgement] = self.guard.judge([source], context)
        return _shifted(judgement, source.count("\n") - command.count("\n"))


def _shifted(judgement: Judgement, lines: int) -> Judgement:
    """Findings at the lines of the step itself; those about its environment stand at its first."""
    findings = tuple(replace(f, line=max(1, f.line - lines)) for f in judgement.findings)
    return replace(judgement, findings=findings)


def _stricter(one: Judgement, other: Judgement) -> Judgement:
    findings = tuple(dict.fromkeys((*one.findings, *other.findings)))
    return replace(max(one, other, key=lambda j: j.verdict.rank), findings=findings)


def guard_context(
    protected: tuple[str, ...], environment: Mapping[str, str], host: str, overridable: frozenset[str]
) -> Context:
    """The context that all steps of a run share."""
    return Context(
        home=environment["HOME"],
        env=environment,
        protected=protected,
        host=host,
        overridable=overridable,
    )
