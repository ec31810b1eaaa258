"""`reifierd check`: judge a runbook, a script or a stream of commands, and run nothing.

Exit code 0 when all of it is allowed, 3 when something is not; the batch form always ends with 0.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import cycle
from typing import TYPE_CHECKING, Any

import click

from reifierd.cli.guarding import context_here, read_input, without_secrets
from reifierd.daemon.phrases import count
from reifierd.errors import UsageError

if TYPE_CHECKING:
    from reifierd.documents.model import Step
    from reifierd.execution.guard import Guard
    from reifierd.shell import Context, Finding, Judgement

_BATCH = 256  # lines read ahead in --jsonl
COLOURS = {"allow": "green", "override": "yellow", "refuse": "red"}
_WEIGHT = {"allow": 0, "override": 1, "refuse": 2}


@click.command(
    help="Judge a runbook (.md), a script or commands without running them. FILE may be - for standard input."
)
@click.argument("file", required=False)
@click.option(
    "--jsonl", is_flag=True, help='Batch: {"id", "shell"} a line in, {"id", "verdict", "findings"} a line out.'
)
@click.option("--json", "as_json", is_flag=True, help="The verdicts as one JSON object.")
@click.pass_context
def check(ctx: click.Context, file: str | None, jsonl: bool, as_json: bool) -> None:
    """Judge FILE, or the lines of standard input."""
    from reifierd.execution.guard import Guard
    from reifierd.workspace.own_rules import user_rules

    context = context_here(ctx.obj["workspace"])
    rules = user_rules()
    if jsonl:
        with Guard(rules) as first, Guard(rules) as second:
            _batch((first, second), context, file)
        return
    with Guard(rules) as guard:
        if file is None:
            raise UsageError("nothing to judge", hint="reifierd check FILE, or - for standard input")
        data = read_input(file)
        answer = (
            _runbook(data, guard, context)
            if file.endswith((".md", ".markdown"))
            else _script(data, file, guard, context)
        )
    answer = without_secrets(answer, data.decode("utf-8", "surrogateescape"))
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        _show(file, answer)
    if not answer["allowed"]:
        ctx.exit(3)


def findings_json(findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    """Findings as the batch form writes them."""
    return [
        {
            "rule": f.rule,
            "severity": f.severity.value,
            "reason": f.reason,
            "alternative": f.alternative,
            "command": f.command,
            "line": f.line,
        }
        for f in findings
    ]


def _batch(guards: tuple[Guard, ...], context: Context, file: str | None) -> None:
    """Two workers take turns (the second one starts only when there is more than one batch); the order is kept."""

    def judged(rows: list[tuple[Any, str]], guard: Guard) -> str:
        judgements = guard.judge([text for _, text in rows], context, views=False)
        return "".join(_answer(key, judgement) for (key, _), judgement in zip(rows, judgements, strict=True))

    with ThreadPoolExecutor(len(guards)) as pool:
        waiting: deque[Future[str]] = deque()
        for rows, guard in zip(_rows(file), cycle(guards), strict=False):
            waiting.append(pool.submit(judged, rows, guard))
            if len(waiting) > len(guards):
                sys.stdout.write(waiting.popleft().result())
        for future in waiting:
            sys.stdout.write(future.result())
    sys.stdout.flush()


def _answer(key: Any, judgement: Judgement) -> str:
    row = {"id": key, "verdict": judgement.verdict.value, "findings": findings_json(judgement.findings)}
    return json.dumps(row, ensure_ascii=False) + "\n"


def _rows(file: str | None) -> Iterator[list[tuple[Any, str]]]:
    where = file if file and file != "-" else "<stdin>"
    lines = read_input(file).decode("utf-8", "replace").splitlines() if file and file != "-" else sys.stdin
    waiting: list[tuple[Any, str]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            waiting.append((row.get("id"), str(row["shell"])))
        except (ValueError, KeyError, AttributeError) as error:
            hint = 'one {"id": …, "shell": "…"} a line'
            raise UsageError(
                f'not a JSON object with a "shell": {error}', where=f"{where}:{number}", hint=hint
            ) from error
        if len(waiting) == _BATCH:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _script(data: bytes, file: str, guard: Guard, context: Context) -> dict[str, Any]:
    text = data.decode("utf-8", "surrogateescape")
    judgement = guard.judge([text], context)[0]
    step = _judged((1, "", 1), judgement, text)
    return {
        "schema": 1,
        "file": file,
        "allowed": judgement.verdict.value == "allow",
        "problems": [],
        "params": [],
        "steps": [step],
    }


def _runbook(data: bytes, guard: Guard, context: Context) -> dict[str, Any]:
    """Judged as a run would judge it: by the same plan, step after step in the order in which they run."""
    from reifierd.documents import parse_runbook
    from reifierd.loops.operator.plan import Grounds, make_plan
    from reifierd.runs.judging import StepJudge
    from reifierd.shell import Judgement, Verdict

    runbook = parse_runbook(data)
    env = runbook.front.get("env")
    judge = StepJudge(guard, context, {str(k): str(v) for k, v in env.items()} if isinstance(env, dict) else {})
    found: dict[int, Judgement] = {}

    def remembered(step: Step, command: str) -> Judgement:
        found[step.n] = judge(step, command)
        return found[step.n]

    plan = make_plan(runbook, Grounds(remembered, context.host, shutil.which))
    problems = [{"line": p.line, "message": p.message, "hint": p.hint, "fatal": p.fatal} for p in runbook.problems]
    known = {(p.line, p.message) for p in runbook.problems}
    problems += [
        {"line": r.line, "message": r.reason, "hint": r.alternative, "fatal": True}
        for r in plan.refusals
        if not r.rule and (r.line, r.reason) not in known
    ]
    return {
        "schema": 1,
        "title": runbook.title,
        "sha256": runbook.sha256,
        "allowed": not plan.refusals,
        "problems": problems,
        "params": [p.name for p in runbook.params],
        "steps": [
            _judged((s.n, s.section.value, s.line), found.get(s.n, Judgement(Verdict.REFUSE)), s.command, s.title)
            for s in runbook.steps
        ],
    }


def _judged(place: tuple[int, str, int], judgement: Judgement, command: str, title: str = "") -> dict[str, Any]:
    number, section, line = place
    findings = findings_json(judgement.findings)
    for finding in findings:
        finding["line"] += line - 1
    return {
        "n": number,
        "section": section,
        "title": title,
        "line": line,
        "command": command,
        "verdict": judgement.verdict.value,
        "read_only": judgement.view.read_only,
        "findings": findings,
    }


def told(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of `findings_json` that a person is shown."""
    from reifierd.shell.telling import About, telling

    return telling(findings, lambda f: About(f["rule"], f["command"], f["line"], _WEIGHT[f["severity"]]))


def _show(file: str, answer: dict[str, Any]) -> None:
    """The path once, a line for each step, what was found below it, and the sum."""
    click.secho("standard input" if file == "-" else file, bold=True)
    for problem in answer["problems"]:
        click.secho(f"line {problem['line']}: {problem['message']}", fg="red" if problem["fatal"] else "yellow")
        if problem["hint"]:
            click.echo(f"          → {problem['hint']}")
    numbers: Counter[str] = Counter()
    for step in answer["steps"]:
        numbers[step["section"]] += 1
        _show_step(step, numbers[step["section"]])
    if answer["params"]:
        click.echo(f"parameters to give: {', '.join(answer['params'])}")
    click.echo(_sum(answer))


def _show_step(step: dict[str, Any], number: int) -> None:
    from reifierd.shell.telling import EXAMPLE

    place = f"{step['section']} {number} (line {step['line']})  " if step["section"] else ""
    verdict = click.style(f"{step['verdict']:<8}", fg=COLOURS[step["verdict"]])
    click.echo(f"{verdict}  {place}{_first_line(step['command'])}")
    for finding in told(step["findings"]):
        rule = click.style(finding["rule"], fg=COLOURS[finding["severity"]])
        click.echo(f"          {rule} (line {finding['line']}): {finding['reason']}")
        if finding["command"] and finding["command"] != step["command"].strip():
            click.echo(f"            {_first_line(finding['command'])}")
        if finding["alternative"]:
            click.echo(f"            → {EXAMPLE} {finding['alternative']}")


def _first_line(text: str) -> str:
    """As it stands, but in plain characters."""
    first, more, _ = text.strip().partition("\n")
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in first)
    return f"{plain} …" if more else plain


def _sum(answer: dict[str, Any]) -> str:
    verdicts = Counter(step["verdict"] for step in answer["steps"])
    steps = count(sum(verdicts.values()), "step")
    told_of = ", ".join(f"{verdicts[v]} {v}" for v in _WEIGHT if verdicts[v])
    end = "it would run" if answer["allowed"] else "it would not run as it stands"
    return f"{steps}: {told_of or 'nothing to run'}; {end}"
