"""The command line: one click group whose commands are imported only when they are asked for.

One handler at the top turns every error into a message and an exit code (see `reifierd.errors`).
"""

from __future__ import annotations

import difflib
import importlib
import sys
from pathlib import Path

import click

from reifierd import __version__
from reifierd.errors import ReifierError, UsageError

# name → (module below reifierd.cli, attribute, one line of help): the help is here so that `--help` imports nothing
COMMANDS: dict[str, tuple[str, str, str]] = {
    "init": ("init", "init", "Make a workspace (default ~/reifierd)."),
    "run": ("run", "run", "The daemon; --once does all that is due and exits."),
    "status": ("status", "status", "What the daemon does and what waits for you, on one screen."),
    "doctor": ("doctor", "doctor", "Look at everything that can be wrong and say the repair."),
    "hook": ("hook", "hook", 'Print the live hook: eval "$(reifierd hook bash)".'),
    "history": ("history", "history", "Read a shell history file exactly as its shell does."),
    "sessions": ("sessions", "sessions", "The recorded sessions; merge or split them."),
    "draft": ("draft", "draft", "Write drafts now, or for older sessions."),
    "forget": ("forget", "forget", "Remove a session from every store."),
    "check": ("check", "check", "Judge a runbook, a script or commands without running them."),
    "explain": ("explain", "explain", "Show what the guard sees in a command."),
    "redact": ("redact", "redact", "Take the secrets out of a text."),
    "approve": ("approve", "approve", "Consent: move a draft into approved/, or release a held file."),
    "reject": ("approve", "reject", "Move a draft or a suggestion into rejected/."),
    "rehearse": ("rehearse", "rehearse", "Run a runbook in a sandbox, and show what it would change."),
    "runs": ("runs", "runs", "The runs, or one of them, live."),
    "resume": ("runs", "resume", "Go on with a run at the failed, unknown or waiting step."),
    "stop": ("runs", "stop", "Stop a run."),
    "task": ("task", "task", "Task files: list, show, write and run them."),
    "service": ("service", "service", "Install the systemd user service."),
}


class LazyGroup(click.Group):
    """Lists COMMANDS from their names and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        found: click.Command = getattr(importlib.import_module(f"reifierd.cli.{module}"), attribute)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """With the command that is nearest, where there is none of that name."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            hint = f"reifierd {near[0]}" if near else "reifierd --help"
            raise UsageError(f"there is no command {args[0]}", hint=hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, _, help_line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="reifierd")
@click.option(
    "--workspace",
    "-w",
    type=click.Path(path_type=Path),
    help="The workspace (else REIFIERD_WORKSPACE, else ~/reifierd).",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="The configuration file (else ~/.config/reifierd/config.toml).",
)
@click.pass_context
def cli(ctx: click.Context, workspace: Path | None, config: Path | None) -> None:
    """The incident you fixed in a shell becomes a runbook you approve by moving a file."""
    ctx.obj = {"workspace": workspace, "config": config}


def run(argv: list[str]) -> int:
    """Run one command; returns the exit code. 70 and a log file for whatever nobody foresaw."""
    try:
        return int(cli.main(args=argv, prog_name="reifierd", standalone_mode=False) or 0)
    except Exception as error:  # the one place where errors become messages and exit codes
        return _exit_code(error)
    except KeyboardInterrupt:
        return 130


def _usage(error: click.ClickException) -> str:
    """click's complaint in our shape: what is wrong, and the command that says how it is right."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context else "reifierd"
    message = error.format_message().rstrip(".")
    return f"{message[:1].lower()}{message[1:]}\n  → {path} --help"


def _exit_code(error: Exception) -> int:
    """Say what happened, to a person, and with which code the program ends."""
    match error:
        case ReifierError():
            click.echo(f"reifierd: {error}", err=True)
            return error.exit_code
        case click.exceptions.Exit():
            return error.exit_code
        case click.ClickException():
            click.echo(f"reifierd: {_usage(error)}", err=True)
            return 2
        case click.Abort():
            return 130
        case BrokenPipeError():
            sys.stderr.close()  # nobody reads us any more; the interpreter's own complaint at exit is not wanted
            return 0
    from reifierd.daemon.crash import write_crash

    click.echo(f"reifierd: a bug: {type(error).__name__}; please report it with {write_crash(error)}", err=True)
    return 70
