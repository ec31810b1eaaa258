"""Code that a program carries: a shell's `-c`, an interpreter's one-liner, awk's `system()`, git's aliases, hooks of tar.

`follow` lowers what can be read of it, and returns why it cannot be told what runs (empty: it can).
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from reifierd.shell.lower import Call, Reader
from reifierd.shell.model import Word
from reifierd.shell.options import parse_options
from reifierd.shell.state import Scope, State
from reifierd.shell.tables import name_set, names, table
from reifierd.shell.words import known

NETWORK = "it runs code that comes from the network"
HIDDEN = "the code is hidden: it is decoded before it is run"
DECODERS = frozenset({"base64", "base32", "rev", "xxd", "tr", "openssl", "gunzip", "uudecode", "basenc"})
PIPED = "it runs code that comes out of a pipe"
_STRING = r"""(?:[rbfu]{0,2})(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)"""
_ONE = re.compile(_STRING, re.S)


@dataclass(frozen=True)
class Language:
    """An interpreter's row of `interpreters.toml`, its names of functions made into patterns."""

    code: frozenset[str]
    operand: bool
    values: frozenset[str]
    file: frozenset[str]
    calls: re.Pattern[str]
    deletes: re.Pattern[str] | None
    unlinks: re.Pattern[str] | None
    backticks: bool


@cache
def _languages() -> dict[str, Language]:
    found = {}
    for row in table("interpreters")["language"].values():
        for name in row["names"]:
            found[name] = _language(row)
    return found


def _language(row: dict[str, Any]) -> Language:
    def pattern(key: str) -> re.Pattern[str] | None:
        if key not in row:
            return None
        return re.compile(rf"\b(?:{row[key]})\b\s*\(?\s*((?:\[\s*)?{_STRING}(?:\s*,\s*(?:\[\s*)?{_STRING})*)", re.S)

    calls = pattern("calls")
    assert calls is not None
    return Language(
        names(row.get("code", [])), row.get("operand", False), names(row.get("values", [])), names(row.get("file", [])),
        calls, pattern("deletes"), pattern("unlinks"), row.get("backticks", False),
    )  # fmt: skip


def language_of(program: str) -> Language | None:
    languages = _languages()
    if program in languages:
        return languages[program]
    return languages["python"] if re.fullmatch(r"python\d(\.\d+)?t?", program) else None


def resolve(path: str, state: State) -> str:
    """A path made absolute where the directory is known; normalised in any case."""
    if not path.startswith("/") and state.cwd:
        path = posixpath.join(state.cwd, path)
    return posixpath.normpath(path) if path else path


def fetches(programs: Iterable[str], call: Call) -> bool:
    """Whether what the command reads comes from the network: through its pipe, or through its own substitutions."""
    fetchers = name_set("trusted", "fetchers")
    inner = (c.program for c in call.inner if c.program)
    return any(p in fetchers for p in (*programs, *inner)) or any(
        r.target is not None and r.target.shape.startswith(("/dev/tcp/", "/dev/udp/")) for r in call.redirects
    )


def follow(reader: Reader, call: Call, program: str) -> str:
    scope = call.scope.enter(program, line=call.line)
    if resolve(call.argv[0].shape, call.scope.state) in call.scope.state.fetched and "/" in call.argv[0].shape:
        return NETWORK
    if program in name_set("interpreters", "shells", "names"):
        return _shell(reader, call, scope)
    language = language_of(program)
    if language is not None:
        return _interpreter(reader, call, scope, language)
    special = _SPECIAL.get(program)
    return special(reader, call, scope) if special else ""


# --- shells


def _shell(reader: Reader, call: Call, scope: Scope) -> str:
    """`sh -c source name args`, `sh file args`, `sh -s args`, `sh < file`, `… | sh` (bash manual, Invoking Bash)."""
    values = name_set("interpreters", "shells", "values")
    parsed = parse_options(call.argv, values, leading=True)
    given = {name for name, _ in parsed.given}
    if given & {"-n", "--version", "--help", "--noexec"}:
        return ""
    rest = list(parsed.operands)
    if given & {"-c", "--command"}:
        inner = replace(scope, stdin=call.stdin)
        inner.state.positional = [w.shape for w in rest[2:]]
        if not rest:
            return ""
        return _source(reader, rest[0], inner, fetches((), call))
    if rest and "-s" not in given:
        return _script_file(reader, call, rest[0], scope)
    scope.state.positional = [w.shape for w in rest]
    return _standard_input(reader, call, scope)


def _source(reader: Reader, source: Word, scope: Scope, network: bool) -> str:
    if not source.shape.strip("\x00\x01 \n") and source.shape:
        return NETWORK if network else "it runs shell code that is only known at run time"
    reader.text(source.shape, scope)
    return ""


def _script_file(reader: Reader, call: Call, file: Word, scope: Scope) -> str:
    state = call.scope.state
    if file.shape in state.streams:
        stream = state.streams[file.shape]
        if stream.text is not None and known(stream.text):
            reader.text(stream.text, scope)
            return ""
        return NETWORK if fetches(stream.programs, call) else PIPED
    if file.shape in {"/dev/stdin", "-", "/dev/fd/0"}:
        return _standard_input(reader, call, scope)
    return NETWORK if resolve(file.shape, state) in state.fetched else ""


def _standard_input(reader: Reader, call: Call, scope: Scope) -> str:
    text = call.stdin
    files = [r.target for r in call.redirects if r.fd == 0 and r.target is not None and r.body is None]
    if text is not None and known(text):
        reader.text(text, replace(scope, stdin=None))
        return HIDDEN if DECODERS & set(call.scope.programs) else ""
    if files:
        file = files[-1].shape
        network = resolve(file, call.scope.state) in call.scope.state.fetched or file.startswith(("/dev/tcp/", "/dev/udp/"))
        return NETWORK if network else ""
    if text is not None and text.strip("\x00\x01 \n"):
        reader.text(text, replace(scope, stdin=None))
        return NETWORK if fetches(call.scope.programs, call) else ""
    if text is not None or call.scope.programs:
        return NETWORK if fetches(call.scope.programs, call) else _piped(reader, call)
    return ""


def _piped(reader: Reader, call: Call) -> str:
    """A named file through `cat` is the file; anything else that comes out of a pipe cannot be told."""
    before = next((c for c in reversed(reader.commands) if c.program and c.via == call.scope.via and c.start < call.start), None)
    if call.scope.programs in {("cat",), ("sudo", "cat")} and before is not None and len(before.argv) > 1:
        fetched = {resolve(w.shape, call.scope.state) for w in before.argv[1:]} & call.scope.state.fetched
        return NETWORK if fetched else ""
    return PIPED


# --- interpreters


def _interpreter(reader: Reader, call: Call, scope: Scope, language: Language) -> str:
    parsed = parse_options(call.argv, language.values | language.code | language.file | {"-m", "-W", "-X"}, leading=True)
    codes = parsed.all_values(*language.code)
    if language.operand and not parsed.has(*language.file):
        codes += parsed.operands[:1]
    if codes:
        for code in codes:
            literal_calls(reader, code.shape, scope, language, awk=language.operand)
        if any(not c.shape.strip("\x00\x01 ") and c.shape for c in codes):
            return NETWORK if fetches((), call) else "it runs code that is only known at run time"
        return ""
    if parsed.has("-m", "--version", "-V", "-h", "--help", "-v") or language.operand:
        return ""
    operand = parsed.operands[0] if parsed.operands else None
    if operand is not None and operand.shape in call.scope.state.streams:
        stream = call.scope.state.streams[operand.shape]
        if stream.text is not None:
            literal_calls(reader, stream.text, scope, language)
            return ""
        return NETWORK if fetches(stream.programs, call) else PIPED
    if operand is None or operand.shape in {"-", "/dev/stdin"}:
        if call.stdin is not None and known(call.stdin):
            literal_calls(reader, call.stdin, scope, language)
            return ""
        if call.scope.programs and fetches(call.scope.programs, call):
            return NETWORK
        return ""
    return NETWORK if resolve(operand.shape, call.scope.state) in call.scope.state.fetched else ""


def literal_calls(reader: Reader, code: str, scope: Scope, language: Language, *, awk: bool = False) -> None:
    """Lower the literal arguments of system calls in another language's code."""
    for found in language.calls.finditer(code):
        strings = _strings(found.group(1))
        listed = "[" in found.group(1)[:2] or len(strings) > 1
        reader.text(shlex.join(strings) if listed else strings[0], scope)
    for pattern, command in ((language.deletes, "rm -rf --"), (language.unlinks, "rm -f --")):
        for found in pattern.finditer(code) if pattern else ():
            reader.text(f"{command} {shlex.join(_strings(found.group(1))[:1])}", scope)
    if language.backticks:
        for found in re.finditer(r"`([^`]+)`|\b(?:qx|%x)\s*[{(\[/|]([^})\]/|]*)[})\]/|]", code):
            reader.text(found.group(1) or found.group(2), scope)
    if awk:
        for found in re.finditer(r'"([^"]+)"\s*\|\s*getline|\|&?\s*"([^"]+)"', code):
            reader.text(found.group(1) or found.group(2), scope)


def _strings(text: str) -> list[str]:
    found = ["".join(s or "" for s in m.groups()) for m in _ONE.finditer(text)]
    return [re.sub(r"\\(.)", r"\1", s) for s in found] or [""]


# --- programs with a place for a command


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
        for found in re.finditer(r"\bsystem\(\s*" + _STRING, text):
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
    for i, word in enumerate(argv[:-1]):
        if word.shape in {"-c", "--config"}:
            found = _GIT_COMMANDS.match(argv[i + 1].shape)
            if found:
                value = found.group(1)
                alias = argv[i + 1].shape.lower().startswith("alias.")
                reader.text(value[1:] if value.startswith("!") else f"git {value}" if alias else value, scope)
        if word.shape in {"-x", "--exec", "--tree-filter", "--index-filter", "--msg-filter", "--env-filter", "--upload-pack", "--receive-pack"}:
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


def _options_with_code(*options: str) -> Any:
    def follow_options(reader: Reader, call: Call, scope: Scope) -> str:
        for i, word in enumerate(call.argv):
            name, equals, value = word.shape.partition("=")
            if equals and name in options:
                reader.text(value.removeprefix("exec="), scope)
            elif word.shape in options and i + 1 < len(call.argv):
                reader.text(call.argv[i + 1].shape.removeprefix("exec="), scope)
        return ""

    return follow_options


def _ssh_like(reader: Reader, call: Call, scope: Scope) -> str:
    for word in call.argv:
        found = re.match(r"(?:-o)?(?:ProxyCommand|LocalCommand|KnownHostsCommand)[= ](.+)\Z", word.shape, re.I | re.S)
        if found:
            reader.text(found.group(1), scope)
    return ""


def _make(reader: Reader, call: Call, scope: Scope) -> str:
    """A makefile on standard input: its recipes. Bash sees only make; so a makefile on disk is not read."""
    shapes = [w.shape for w in call.argv]
    reads = any(s in {"-f-", "--file=-", "--makefile=-", "-f/dev/stdin"} for s in shapes) or any(
        a in {"-f", "--file"} and b in {"-", "/dev/stdin"} for a, b in zip(shapes, shapes[1:], strict=False)
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


_SPECIAL: dict[str, Any] = {
    "sed": _sed, "gsed": _sed, "vim": _vim, "vi": _vim, "nvim": _vim, "ex": _vim, "view": _vim, "git": _git,
    "tar": _options_with_code("--checkpoint-action", "--to-command", "-I", "--use-compress-program", "--rsh-command", "--info-script", "-F"),
    "bsdtar": _options_with_code("--use-compress-program"),
    "rsync": _options_with_code("-e", "--rsh", "--rsync-path"), "scp": _options_with_code("-S"), "sftp": _options_with_code("-S"),
    "ssh": _ssh_like, "man": _options_with_code("-P", "--pager"), "zip": _options_with_code("-TT", "--unzip-command"),
    "make": _make, "gmake": _make, "psql": _client, "sqlite3": _client, "mysql": _client,
    "mariadb": _client, "ftp": _client, "lftp": _client, "aws": _remote_parameters, "salt": _salt,
    "tmux": _tmux, "nc": _netcat, "ncat": _netcat, "netcat": _netcat, "socat": _netcat, "nmap": _netcat,
    "logrotate": _options_with_code("--mail"), "split": _options_with_code("--filter"),
    "sort": _options_with_code("--compress-program"), "tcpdump": _options_with_code("-z"),
}  # fmt: skip
