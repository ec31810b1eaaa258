"""`judge`: a source, the rules and a context → a verdict with its findings. Pure: the same input gives the same answer.

Fail closed (invariant 8): whatever could not be read is `override`, with that as the reason. The second reader and
`bash -n` (whose answer comes as `valid`) can only tighten.
"""

from __future__ import annotations

from reifierd.shell.characters import hygiene
from reifierd.shell.consent import self_consent
from reifierd.shell.context import Context
from reifierd.shell.matching import tripped
from reifierd.shell.model import Finding, Invocation, Judgement, Verdict
from reifierd.shell.rules import Rule, Rules
from reifierd.shell.second import disagreement
from reifierd.shell.view import read

NEVER_OVERRIDABLE = frozenset({"self-consent", "placeholder", "control-character", "invisible-character", "look-alike"})
_NOT_PARSED = "bash code that is not read in full cannot be judged: {}."


def judge(source: str, rules: Rules, context: Context | None = None, *, valid: bool | None = None) -> Judgement:
    """`valid` is what `bash -n` said: False makes the source unread; None means that nobody asked."""
    context = context or Context()
    findings = list(hygiene(source))
    view = read(source, context, rules.programs)
    problem = view.unread or ("bash itself does not accept it" if valid is False else disagreement(source, view, valid))
    if problem:
        findings.append(Finding("not-parsed", Verdict.OVERRIDE, _NOT_PARSED.format(problem), "bash -n script.sh"))
    if context.interpreter not in {"bash", "sh", "zsh", "dash", ""}:
        findings.append(Finding("interpreter", Verdict.OVERRIDE, f"The guard does not read {context.interpreter}.", ""))
    findings += self_consent(view, context)
    for number, command in enumerate(view.commands):
        findings += [_finding(rule, command, context) for rule in tripped(view.commands, number, rules, context)]
    unique = tuple(dict.fromkeys(findings))
    worst = max((f.severity for f in unique), key=lambda v: v.rank, default=Verdict.ALLOW)
    return Judgement(worst, unique, view)


def _finding(rule: Rule, command: Invocation, context: Context) -> Finding:
    lowered = rule.severity is Verdict.REFUSE and rule.id in context.overridable and rule.id not in NEVER_OVERRIDABLE
    severity = Verdict.OVERRIDE if lowered else rule.severity
    reason = f"{rule.reason} ({command.opaque})" if command.opaque and rule.family == "code" else rule.reason
    return Finding(rule.id, severity, reason, rule.alternative, spelled(command), command.line)


def spelled(command: Invocation) -> str:
    """A command in one line for a person: literal where known, as written where not."""
    words = [w.text if w.text is not None and w.text.isprintable() else w.source for w in command.argv]
    words += [f"{r.op} {r.target.text or r.target.source}" for r in command.redirects if r.target is not None]
    return " ".join(
        [*(f"{n}={(v.text or v.source) if v else '…'}" for n, v in command.assignments if not command.argv), *words]
    )[:200]
