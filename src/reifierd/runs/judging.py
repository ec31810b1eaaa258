"""What each step of a runbook is judged with: all that its shell read before it, where it starts, the variables that
the runbook sets, and the paths that no step may write to, because the tool does not consent for itself.

The steps of a run share one shell's state, so a step means nothing by itself: `rm -rf etc` after `cd /`, `ls` after an
alias. Each is therefore read after those that run before it. What the runbook puts into the environment is judged like
the `export` that it amounts to.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reifierd.documents.model import SectionKind, Step
from reifierd.execution.guard import Guard
from reifierd.shell import Context, Earlier, Judgement

_PROBED = frozenset({SectionKind.VERIFY})  # gates ask these before anything else was run, in a shell of their own


@dataclass
class StepJudge:
    """Judges steps in the order in which they run. `exported` is the front matter's `env`, `start` the folder that the
    first one starts in ("": $HOME)."""

    guard: Guard
    context: Context
    exported: Mapping[str, str] = field(default_factory=dict)
    start: str = ""
    _before: list[Earlier] = field(default_factory=list)

    def __call__(self, step: Step, command: str) -> Judgement:
        judgement = self._judged(step, command, tuple(self._before))
        if step.section in _PROBED and self._before:
            judgement = _stricter(judgement, self._judged(step, command, ()))
        if not step.attributes.exclude_from_run_all:
            self._before.append(Earlier(command, step.attributes.cwd, dict(step.attributes.env)))
        return judgement

    def _judged(self, step: Step, command: str, before: tuple[Earlier, ...]) -> Judgement:
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
        [judgement] = self.guard.judge([exports + command], context)
        return _shifted(judgement, exports.count("\n"))


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
