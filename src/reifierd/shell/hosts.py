"""Programs that have a place for a command of another kind: sed's `e`, vim's `:!`, git's aliases and pagers, tar's
hooks, make's
recipes, the clients' escapes to a shell.

Every function lowers what it finds and returns why it cannot be told what runs (empty: it can).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from reifierd.shell.call import Call
from reifierd.shell.options import parse_options
from reifierd.shell.state import Scope
from reifierd.shell.streams import named
from reifierd.shell.tables import name_set

if TYPE_CHECKING:
    from reifierd.shell.lower import Reader

Follow = Callable[["Reader", Call, Scope], str]
PIPED = "it runs code that comes out of a pipe"
STRING = r"""(?:[rbfu]{0,2})(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)"""


def _sed(reader: Reader, call: Call, scope: Scope) -> str:
    """GNU sed's `e` command and flag."""
    parsed = parse_options(call.argv, {"-e", "-f", "-l", "--expression", "--file"})
    scripts = [w.shape for w in parsed.all_values("-e", "--expression")] or [w.shape for w in parsed.operands[:1]]
    for script in scripts:
        for found in re.finditer(r"(?:^|[;\n{}]|\d|\$|/)\s*e +([^\n]+)", script):
            reader.text(found.group(1), scope)
        found_flag = re.match(r"s(\W)((?:\\.|(?!\1).)*)\1((?:\\.|(?!\1).)*)\1[gpI0-9]*e", script, re.S)
        if found_flag:
            reader.text(found_flag.group(3), scope)
    return ""


def _vim(reader: Reader, call: Call, scope: Scope) -> str:
    for i, word in enumerate(call.argv):
        text = word.shape[1:] if word.shape.startswith("+") else ""
        if word.shape in {"-c", "--cmd", "-S"} and i + 1 < len(call.argv):
            text = call.argv[i + 1].shape
        for found in re.finditer(r"(?:^|[:|])\s*(?:silent!?\s*)?(?:r|w|%|\.)?!\s*([^|].*)", text):
            reader.text(found.group(1), scope)
        for found in re.finditer(r"\bsystem\(\s*" + STRING, text):
            reader.text("".join(s or "" for s in found.groups()), scope)
    if call.stdin is not None:
        for found in re.finditer(r"(?m)^:?!(.+)$", call.stdin):
            reader.text(found.group(1), scope)
    return ""


_GIT_COMMANDS = re.compile(
    r"(?:core\.(?:pager|editor|sshcommand|fsmonitor|askpass|gitproxy|hookspath)|alias\.[\w.-]+|sequence\.editor|pager\.\w+|"
    r"diff\.(?:external|\w+\.command)|credential\.helper|(?:merge|diff|filter)\.[\w.-]+\.(?:driver|clean|smudge|cmd|textconv|process))=(.*)\Z",
    re.I | re.S,
)


def _git(reader: Reader, call: Call, scope: Scope) -> str:
    argv = call.argv
    operands = [w.shape for w in argv[1:] if not w.shape.startswith("-")]
    if operands[:1] == ["config"] and len(operands) == 3:  # an alias or a program that a later command runs
        found = _GIT_COMMANDS.match(f"{operands[1]}={operands[2]}")
        if found and (not operands[1].lower().startswith("alias.") or operands[2].startswith("!")):
            reader.text(operands[2].removeprefix("!"), scope)
    for i, word in enumerate(argv[:-1]):
        if word.shape in {"-c", "--config"}:
            found = _GIT_COMMANDS.match(argv[i + 1].shape)
            if found:
                value = found.group(1)
                alias = argv[i + 1].shape.lower().startswith("alias.")
                reader.text(value[1:] if value.startswith("!") else f"git {value}" if alias else value, scope)
        if word.shape in {
            "-x",
            "--exec",
            "--tree-filter",
            "--index-filter",
            "--msg-filter",
            "--env-filter",
            "--upload-pack",
            "--receive-pack",
        }:
            reader.text(argv[i + 1].shape, scope)
    for word in argv:
        if word.shape.startswith(("--exec=", "--upload-pack=", "--receive-pack=", "--open-files-in-pager=")):
            reader.text(word.shape.split("=", 1)[1], scope)
    shapes = [w.shape for w in argv]
    for first, second in (("bisect", "run"), ("submodule", "foreach")):
        if first in shapes and second in shapes:
            rest = [w for w in shapes[shapes.index(second) + 1 :] if w != "--recursive"]
            reader.text(" ".join(rest), scope)
    return ""


def _options_with_code(*options: str) -> Follow:
    """`--opt code`, `--opt=code`, also with the option in short (getopt_long(3))."""

    def is_one(name: str) -> bool:
        return name in options or (len(name) > 4 and name[:2] == "--" and any(o.startswith(name) for o in options))

    def follow_options(reader: Reader, call: Call, scope: Scope) -> str:
        for i, word in enumerate(call.argv):
            name, equals, value = word.shape.partition("=")
            code = value if equals else call.argv[i + 1].shape if i + 1 < len(call.argv) else ""
            if code and is_one(name) and code not in _COMPRESSORS:
                reader.text(code.removeprefix("exec="), scope)
        return ""

    return follow_options


_COMPRESSORS = name_set("vocabulary", "compressors")  # as filters they only read and print


def _ssh_like(reader: Reader, call: Call, scope: Scope) -> str:
    for word in call.argv:
        found = re.match(r"(?:-o)?(?:ProxyCommand|LocalCommand|KnownHostsCommand)[= ](.+)\Z", word.shape, re.I | re.S)
        if found:
            reader.text(found.group(1), scope)
    return ""


def _less(reader: Reader, call: Call, scope: Scope) -> str:
    """`less +!command file`."""
    for word in call.argv[1:]:
        if word.shape.startswith(("+!", "++!")):
            reader.text(word.shape.lstrip("+").removeprefix("!"), scope)
    return ""


def _make(reader: Reader, call: Call, scope: Scope) -> str:
    """A makefile on standard input: its recipes. Bash sees only make; so a makefile on disk is not read."""
    shapes = [w.shape for w in call.argv]
    for shape in shapes[1:]:
        if shape.startswith("SHELL=") and " " in shape:  # what every recipe is given to
            reader.text(shape.removeprefix("SHELL="), scope)
    reads = any(s in {"-f-", "--file=-", "--makefile=-", "-f/dev/stdin"} for s in shapes) or any(
        a in {"-f", "--file"} and b in {"-", "/dev/stdin"} for a, b in pairwise(shapes)
    )
    if not reads:
        return ""
    if call.stdin is None:
        return PIPED if call.scope.programs else ""
    for line in call.stdin.splitlines():
        recipe = line[1:] if line.startswith("\t") else line.partition(":")[2].partition(";")[2]
        if recipe.strip():
            reader.text(recipe.lstrip("@-+ ").replace("$$", "$"), scope)
    return ""


_BACKSLASH_BANG = re.compile(r"(?:^|\n|;)\s*(?:\\!|\.shell|\.system|system|\.!|!)\s*([^\n;]+)")


def _client(reader: Reader, call: Call, scope: Scope) -> str:
    """psql's \\!, sqlite3's .shell, mysql's system, ftp's ! (their manuals)."""
    texts = [w.shape for w in call.argv[1:]] + ([call.stdin] if call.stdin is not None else [])
    texts += [text.shape for _, text in named(call)]
    for text in texts:
        for found in _BACKSLASH_BANG.finditer(text):
            if re.search(r"(?:\\!|\.shell|\.system|system\b|!)", found.group()) and " " in text.strip():
                reader.text(found.group(1), scope)
    return ""


def _remote_parameters(reader: Reader, call: Call, scope: Scope) -> str:
    """aws ssm send-command --parameters commands=…"""
    for word in call.argv:
        found = re.match(r"""(?:\{?\s*["']?)?commands["']?\s*[=:]\s*(.+)\Z""", word.shape, re.S)
        if found:
            reader.text(found.group(1).strip("[]{}\"' ").replace('","', "; "), replace(scope, elsewhere=True))
    return ""


def _salt(reader: Reader, call: Call, scope: Scope) -> str:
    shapes = [w.shape for w in call.argv]
    for name in ("cmd.run", "cmd.shell", "cmd.run_all"):
        if name in shapes:
            reader.text(" ".join(shapes[shapes.index(name) + 1 :][:1]), replace(scope, elsewhere=True))
    return ""


def _tmux(reader: Reader, call: Call, scope: Scope) -> str:
    shapes = [w.shape for w in call.argv]
    if "send-keys" in shapes or "send" in shapes:
        keys = [s for s in shapes[2:] if s not in {"Enter", "C-m", "-t"}]
        for text in keys:
            if " " in text:
                reader.text(text, scope)
    return ""


def _netcat(reader: Reader, call: Call, scope: Scope) -> str:
    shapes = [w.shape for w in call.argv]
    for i, shape in enumerate(shapes):
        if (re.fullmatch(r"-[a-z]*[ec]", shape) or shape in {"--exec", "--sh-exec"}) and i + 1 < len(shapes):
            return "it gives a shell to the network"
        if re.search(r"(?:^|,)(?:EXEC|SYSTEM):", shape, re.I):
            return "it gives a shell to the network"
    return ""


FOLLOW: dict[str, Follow] = {
    "sed": _sed,
    "gsed": _sed,
    "vim": _vim,
    "vi": _vim,
    "nvim": _vim,
    "ex": _vim,
    "view": _vim,
    "git": _git,
    "tar": _options_with_code(
        "--checkpoint-action",
        "--to-command",
        "-I",
        "--use-compress-program",
        "--rsh-command",
        "--info-script",
        "--new-volume-script",
        "--rmt-command",
        "-F",
    ),
    "bsdtar": _options_with_code("--use-compress-program"),
    "rsync": _options_with_code("-e", "--rsh", "--rsync-path"),
    "scp": _options_with_code("-S"),
    "sftp": _options_with_code("-S"),
    "ssh": _ssh_like,
    "man": _options_with_code("-P", "--pager"),
    "zip": _options_with_code("-TT", "--unzip-command"),
    "make": _make,
    "gmake": _make,
    "psql": _client,
    "sqlite3": _client,
    "less": _less,
    "more": _less,
    "mysql": _client,
    "mariadb": _client,
    "ftp": _client,
    "lftp": _client,
    "aws": _remote_parameters,
    "salt": _salt,
    "tmux": _tmux,
    "nc": _netcat,
    "ncat": _netcat,
    "netcat": _netcat,
    "socat": _netcat,
    "nmap": _netcat,
    "logrotate": _options_with_code("--mail"),
    "split": _options_with_code("--filter"),
    "sort": _options_with_code("--compress-program"),
    "tcpdump": _options_with_code("-z"),
}
