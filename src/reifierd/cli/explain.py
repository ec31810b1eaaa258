"""`reifierd explain 'COMMAND'`: what the guard sees, as a tree: commands, their words, effects and targets, the
verdict.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from reifierd.cli.check import COLOURS, findings_json, told
from reifierd.cli.guarding import context_here, without_secrets

if TYPE_CHECKING:
    from rich.tree import Tree

    from reifierd.shell import Effect, Invocation, Judgement

_QUIET = {"read-only", "shell state"}  # effects of no consequence


@click.command(help="Show what the guard sees in a command: a tree of commands, effects and findings.")
@click.argument("command")
@click.option("--cwd", help="The directory in which it would start.")
@click.option("--json", "as_json", is_flag=True, help="The same as one JSON object.")
@click.pass_context
def explain(ctx: click.Context, command: str, cwd: str | None, as_json: bool) -> None:
    """Explain COMMAND; it is not run."""
    from reifierd.execution.guard import Guard
    from reifierd.workspace.own_rules import user_rules

    context = context_here(ctx.obj["workspace"], cwd=cwd)
    with Guard(user_rules()) as guard:
        judgement = guard.judge([command], context)[0]
    if as_json:
        click.echo(json.dumps(without_secrets(_as_json(judgement), command), ensure_ascii=False))
        return
    from rich.console import Console

    tree = _tree(command, judgement)
    _hide(tree, command)
    Console(highlight=False).print(tree)


def _hide(tree: Tree, source: str) -> None:
    """Take the secrets of `source` out of every label, before lines are broken."""
    tree.label = without_secrets(tree.label, source)
    for branch in tree.children:
        _hide(branch, source)


def _tree(source: str, judgement: Judgement) -> Tree:
    from rich.markup import escape
    from rich.tree import Tree

    from reifierd.shell.telling import EXAMPLE

    colour = COLOURS[judgement.verdict.value]
    tree = Tree(f"[{colour} bold]{judgement.verdict.value}[/]  {escape(source)}")
    branches: dict[tuple[str, ...], Tree] = {(): tree}
    for command in judgement.view.commands:
        parent = _branch(branches, command.via)
        _add(parent, command)
    if judgement.view.unread:
        tree.add(f"[yellow]not read in full: {escape(judgement.view.unread)}[/]")
    for finding in told(findings_json(judgement.findings)):
        severity = finding["severity"]
        found = tree.add(f"[{COLOURS[severity]}]{severity}: {finding['rule']}[/] {escape(finding['reason'])}")
        if finding["alternative"]:
            found.add(f"{EXAMPLE} {escape(finding['alternative'])}")
    return tree


def _branch(branches: dict[tuple[str, ...], Tree], via: tuple[str, ...]) -> Tree:
    """The branch for what stands inside `via`, made when it is first met."""
    from rich.markup import escape

    if via not in branches:
        branches[via] = _branch(branches, via[:-1]).add(f"[dim]in {escape(via[-1])}[/]")
    return branches[via]


def _add(parent: Tree, command: Invocation) -> None:
    from rich.markup import escape

    words = " ".join(
        f"[bold]{escape(w.text)}[/]" if w.text is not None else f"[magenta]{escape(w.source)}[/]" for w in command.argv
    )
    settings = " ".join(
        escape(f"{n}={v.text if v is not None and v.text is not None else '…'}") for n, v in command.assignments
    )
    pipe = f" [dim]| {escape(command.pipe_to)}[/]" if command.pipe_to else ""
    node = parent.add(" ".join(p for p in (settings, words) if p) + pipe or "[dim](a redirect)[/]")
    for effect in command.effects:
        node.add(_effect(effect))
    if command.opaque:
        node.add(f"[yellow]{escape(command.opaque)}[/]")


def _effect(effect: Effect) -> str:
    from rich.markup import escape

    colour = "green" if effect.kind.value in _QUIET else "cyan"
    targets = ", ".join(escape(t) for t in effect.targets)
    unknown = "something only known at run time" if effect.open_targets else ""
    done_to = " and ".join(p for p in (targets, unknown) if p)
    return f"[{colour}]{effect.kind.value}[/] {escape(effect.detail)} {done_to}".rstrip()


def _as_json(judgement: Judgement) -> dict[str, Any]:
    commands = [
        {
            "argv": [w.text for w in c.argv], "source": [w.source for w in c.argv], "program": c.program,
            "via": list(c.via), "line": c.line, "cwd": c.cwd, "opaque": c.opaque,
            "effects": [
                {"kind": e.kind.value, "targets": list(e.targets), "open": e.open_targets, "detail": e.detail}
                for e in c.effects
            ],
        }
        for c in judgement.view.commands
    ]  # fmt: skip
    return {
        "verdict": judgement.verdict.value,
        "read_only": judgement.view.read_only,
        "unread": judgement.view.unread,
        "commands": commands,
        "findings": findings_json(judgement.findings),
    }
