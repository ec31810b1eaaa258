"""What each step of a runbook is judged with: the directory it starts in as far as it is known, its variables, its
interpreter, and the paths that no step may write to, because the tool does not consent for itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reifierd.documents.model import Step
from reifierd.execution.guard import Guard
from reifierd.shell import Context, Judgement

_MOVES = frozenset({"cd", "pushd", "popd", "eval", "source", ".", "exec"})


@dataclass
class StepJudge:
    """Judges a runbook's steps in the order of the document: where the next one starts follows from those before."""

    guard: Guard
    context: Context
    _cwd: str | None = field(init=False)
    _env: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._cwd = self.context.home
        self._env = dict(self.context.env)

    def __call__(self, step: Step, command: str) -> Judgement:
        attributes = step.attributes
        start = attributes.cwd or self._cwd
        context = replace(
            self.context,
            cwd=start,
            env={**self._env, **dict(attributes.env)},
            interpreter=attributes.interpreter,
        )
        [judgement] = self.guard.judge([command], context)
        moved = judgement.view.unread or any(c.program is None or c.program in _MOVES for c in judgement.view.commands)
        self._cwd = None if moved else start
        return judgement


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
