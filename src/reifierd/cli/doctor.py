"""`reifierd doctor`: everything that can be wrong, each with its repair."""

from __future__ import annotations

import click

from reifierd.cli.common import chosen_root, echo_json

SIGNS = {"ok": ("✓", "green"), "hint": ("·", "yellow"), "bad": ("✗", "red")}


@click.command()
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Look at everything that can be wrong and say the repair. Exit code 1 when something keeps it from working."""
    from reifierd.daemon.health import Finding, Level, examine

    def facts(f: Finding) -> dict[str, str]:
        repair = {} if f.level is Level.OK or not f.repair else {"repair": f.repair}
        return {"check": f.check, "level": f.level.value, "found": f.found, **repair}

    found = [facts(f) for f in examine(chosen_root(ctx), ctx.obj["config"])]
    if as_json:
        echo_json(found)
    for f in () if as_json else found:
        sign, colour = SIGNS[f["level"]]
        click.secho(f"{sign} ", fg=colour, nl=False)
        click.echo(f"{f['check']}: {f['found']}")
        if "repair" in f:
            click.echo(f"    → {f['repair']}")
    ctx.exit(1 if any(f["level"] == Level.BAD for f in found) else 0)
