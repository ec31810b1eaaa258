"""`reifierd doctor`: everything that can be wrong, each with its repair."""

from __future__ import annotations

import click

from reifierd.cli.common import echo_json
from reifierd.daemon.health import Level, examine
from reifierd.workspace.layout import default_root

SIGNS = {Level.OK: ("✓", "green"), Level.HINT: ("·", "yellow"), Level.BAD: ("✗", "red")}


@click.command()
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Look at everything that can be wrong and say the repair. Exit code 1 when something keeps it from working."""
    findings = examine((ctx.obj["workspace"] or default_root()).expanduser(), ctx.obj["config"])
    if as_json:
        echo_json([{"check": f.check, "level": f.level.value, "found": f.found, "repair": f.repair} for f in findings])
    else:
        for f in findings:
            sign, colour = SIGNS[f.level]
            click.secho(f"{sign} ", fg=colour, nl=False)
            click.echo(f"{f.check}: {f.found}")
            if f.repair and f.level is not Level.OK:
                click.echo(f"    → {f.repair}")
    ctx.exit(1 if any(f.level is Level.BAD for f in findings) else 0)
