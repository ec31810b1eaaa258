"""`reifierd hook SHELL`: print the live hook. Every new shell pays for this, so nothing heavy is imported on the way.

The shell code stands in `reifierd/hooks/`; printed before it are the tables and the place of the spool. Environment
names to record come from `env.txt`, `observer.env` in the configuration and REIFIERD_ENV (commas or spaces between).
"""

from __future__ import annotations

import os
import stat
import sys

from reifierd.workspace.runtime import config_file, runtime_places

TYPE_CHECKING = False  # as typing's own, which costs 3 ms; type checkers know the name
if TYPE_CHECKING:
    import click

_DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "hooks")  # noqa: PTH118, PTH100, PTH120 - pathlib costs 5 ms
SHELLS = ("bash", "zsh", "fish")
_SECRET = ("SECRET", "TOKEN", "PASS", "CREDENTIAL", "PRIVATE", "APIKEY", "COOKIE")
_SECRET_PARTS = ("KEY", "KEYS", "PWD", "PW", "AUTH", "DSN")


def print_hook(shell: str) -> int:
    """Write the hook for `shell` to standard output; 2 with a message where there is none for it."""
    if shell not in SHELLS:
        sys.stderr.write(
            f"reifierd: there is no hook for {shell!r}\n  → one of: {', '.join(f'reifierd hook {s}' for s in SHELLS)}\n"
        )
        return 2
    sys.stdout.write(render(shell, _spool(), env_names()))
    return 0


def __getattr__(name: str) -> click.Command:
    """`hook`, the click command, is made when it is asked for: the fast path never imports click."""
    if name == "hook":
        return _command()
    raise AttributeError(name)


def _command() -> click.Command:
    import click

    @click.command("hook")
    @click.argument("shell", metavar="bash|zsh|fish")
    @click.pass_context
    def hook(ctx: click.Context, shell: str) -> None:
        """Print the live hook.

        \b
        bash  eval "$(reifierd hook bash)"        at the end of ~/.bashrc
        zsh   eval "$(reifierd hook zsh)"         at the end of ~/.zshrc
        fish  reifierd hook fish | source         in ~/.config/fish/config.fish

        REIFIERD_OFF=1 in a shell records nothing.
        """
        ctx.exit(print_hook(shell))

    return hook


def render(shell: str, spool: str, names: tuple[str, ...]) -> str:
    """The text to evaluate in `shell`, recording `names` and writing below `spool`."""
    tables = (
        ("__reifierd_folder", _quote(spool, shell)),
        ("__reifierd_programs", _quote("\n".join(_lines("edits.txt")), shell)),
    )
    if shell == "fish":
        head = "".join(f"set -g {name} {value}\n" for name, value in tables)
        return f"{head}set -g __reifierd_names {' '.join(names)}\n{_file('hook.fish')}"
    body = "".join(f"{name}={value}\n" for name, value in tables)
    body += f"__reifierd_names=({' '.join(names)})\n{_file('edits.sh')}\n{_file(f'hook.{shell}')}"
    return (_BASH if shell == "bash" else _ZSH).replace("@BODY@", body)


# Read as one file of its own, so that it may return early, and be read with the user's aliases out of the way. The
# shell's own terminal is standard input again where it starts.
_BASH = """\
\\builtin source /dev/stdin <<'REIFIERD_HOOK'
[[ $- == *i* ]] && ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)) || \\builtin return 0
\\builtin shopt -q expand_aliases && __reifierd_aliased=1 || __reifierd_aliased=0
\\builtin shopt -u expand_aliases
@BODY@
((!__reifierd_aliased)) || builtin shopt -s expand_aliases
REIFIERD_HOOK
[[ $- != *i* ]] || { \\__reifierd_start || \\builtin :; } 2>/dev/null
"""

_ZSH = """\
if [[ -o interactive ]]; then
() { \\builtin emulate -LR zsh; \\builtin setopt no_aliases; \\builtin source /dev/stdin; } <<'REIFIERD_HOOK'
@BODY@
REIFIERD_HOOK
\\__reifierd_start
fi
"""


def _quote(text: str, shell: str) -> str:
    if shell == "fish":
        text = text.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{text}'"
    return "'" + text.replace("'", "'\\''") + "'"


def _file(name: str) -> str:
    with open(os.path.join(_DATA, name), encoding="utf-8") as file:  # noqa: PTH118, PTH123 - pathlib costs 5 ms
        return file.read()


def _lines(name: str) -> list[str]:
    return [line for line in _file(name).splitlines() if line and not line.startswith("#")]


def env_names() -> tuple[str, ...]:
    """The environment names to record, in the order of the table; what looks like a secret's name never is one."""
    more = os.environ.get("REIFIERD_ENV", "").replace(",", " ").split()
    names = (*_lines("env.txt"), *_configured(), *more)
    return tuple(dict.fromkeys(n for n in names if n.isascii() and n.isidentifier() and not _secret(n.upper())))


def _secret(name: str) -> bool:
    return any(part in name for part in _SECRET) or any(p in _SECRET_PARTS for p in name.split("_"))


def _configured() -> list[str]:
    try:
        with open(config_file(), "rb") as file:  # noqa: PTH123 - pathlib costs 5 ms
            text = file.read()
    except OSError:
        return []
    if b"env" not in text:
        return []
    import tomllib

    try:
        found = tomllib.loads(text.decode()).get("observer", {}).get("env", [])
    except (ValueError, AttributeError):
        return []  # a shell must start; `reifierd doctor` says what is wrong with the configuration
    return [str(name) for name in found] if isinstance(found, list) else []


def _spool() -> str:
    """The first runtime folder that is ours to write, made private; the hook records nothing where this failed."""
    places = runtime_places()
    place = next((p for p in places if _ours(p)), places[-1])
    for folder in (place, f"{place}/spool"):
        try:
            os.makedirs(folder, 0o700, exist_ok=True)  # noqa: PTH103 - pathlib costs 5 ms
            info = os.lstat(folder)
            if stat.S_ISDIR(info.st_mode) and info.st_uid == os.getuid() and info.st_mode & 0o77:
                os.chmod(folder, 0o700)  # noqa: PTH101 - as above
        except OSError:
            break
    return f"{place}/spool"


def _ours(folder: str) -> bool:
    """Not another user's `$XDG_RUNTIME_DIR` that sudo or su carried over."""
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)  # noqa: PTH120 - pathlib costs 5 ms
    try:
        info = os.stat(folder)  # noqa: PTH116 - as above
    except OSError:
        return False
    return info.st_uid == os.getuid() or bool(info.st_mode & 0o1000)
