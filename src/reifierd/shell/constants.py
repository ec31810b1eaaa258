"""What a few programs print when everything they are given is known: the ways in which a command is hidden in data.

`output` returns None where the result is only known at run time.
"""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
from collections.abc import Callable, Sequence

from reifierd.shell.model import Word
from reifierd.shell.shapes import FILLED, UNKNOWN, known
from reifierd.shell.spelling import decode_ansi
from reifierd.shell.state import State

MAX_OUTPUT = 65_536  # characters; longer constants are not followed
_FORMAT = re.compile(r"%(?:%|[-+ 0#]*\d*(?:\.\d+)?([sdibqxc]))")
_FILTERS = re.compile(
    r"-(i?)(?:name|path|regex|wholename|newer|mtime|mmin|ctime|cmin|atime|amin|size|empty|user|perm)\Z"
)


def output(argv: Sequence[Word], stdin: str | None, state: State) -> str | None:
    """The standard output of one command. Unknown parts stay as marks in it."""
    program = (argv[0].text or "").rsplit("/", 1)[-1]
    make = _PROGRAMS.get(program)
    if make is None:
        return None
    try:
        text = make([w.shape for w in argv[1:]], stdin, state)
    except (ValueError, binascii.Error, IndexError):
        return None
    return None if text is None or len(text) > MAX_OUTPUT else text


def _echo(words: list[str], stdin: str | None, state: State) -> str | None:
    escapes, newline = False, "\n"
    while words and re.fullmatch(r"-[neE]+", words[0]):
        escapes, newline = "e" in words[0] or (escapes and "E" not in words[0]), "" if "n" in words[0] else newline
        words = words[1:]
    text = " ".join(words)
    return (decode_ansi(text) if escapes else text) + newline


def _printf(words: list[str], stdin: str | None, state: State) -> str | None:
    if words and words[0] == "--":
        words = words[1:]
    if not words or words[0] == "-v":
        return ""
    pattern, values, out = decode_ansi(words[0]), list(words[1:]), ""
    while True:
        before = len(values)

        def fill(found: re.Match[str]) -> str:
            if found.group() == "%%":
                return "%"
            value = values.pop(0) if values else ""
            return decode_ansi(value) if found.group(1) == "b" else value

        out += _FORMAT.sub(fill, pattern)
        if not values or len(values) == before or len(out) > MAX_OUTPUT:
            return out


def _cat(words: list[str], stdin: str | None, state: State) -> str | None:
    files = [w for w in words if w == "-" or not w.startswith("-")]
    if not files or (len(files) == 1 and files[0] in {"-", "/dev/stdin"}):
        return stdin
    streams = [stdin if f == "-" else (state.streams[f].text if f in state.streams else None) for f in files]
    return None if None in streams else "".join(s for s in streams if s is not None)


def _decoded(data: str | None, decode: Callable[[bytes], bytes]) -> str | None:
    if data is None or not known(data):
        return None
    return decode(data.encode()).decode("utf-8", "replace").replace("\x00", "")


def _base64(words: list[str], stdin: str | None, state: State) -> str | None:
    if any(re.fullmatch(r"--d(ecode)?|-[iw0-9]*[dD].*", w) for w in words):
        return _decoded(stdin, lambda d: base64.b64decode(re.sub(rb"\s", b"", d) + b"=" * (-len(d.strip()) % 4)))
    return _decoded(stdin, lambda d: base64.b64encode(d) + b"\n")


def _base32(words: list[str], stdin: str | None, state: State) -> str | None:
    return _decoded(stdin, lambda d: base64.b32decode(d.strip())) if words else None


def _openssl(words: list[str], stdin: str | None, state: State) -> str | None:
    return _base64(["-d"], stdin, state) if "-d" in words and ({"base64", "-base64", "-a"} & set(words)) else None


def _xxd(words: list[str], stdin: str | None, state: State) -> str | None:
    joined = "".join(w[1:] for w in words if w.startswith("-"))
    return _decoded(stdin, lambda d: bytes.fromhex(re.sub(r"\s", "", d.decode()))) if "r" in joined else None


def _rev(words: list[str], stdin: str | None, state: State) -> str | None:
    return _decoded(stdin, lambda d: "\n".join(line[::-1] for line in d.decode().split("\n")).encode())


def _tac(words: list[str], stdin: str | None, state: State) -> str | None:
    return _decoded(stdin, lambda d: ("\n".join(reversed(d.decode().splitlines())) + "\n").encode())


def _tr(words: list[str], stdin: str | None, state: State) -> str | None:
    if stdin is None or not known(stdin):
        return None
    if words and words[0] in {"-d", "--delete"}:
        return "".join(c for c in stdin if c not in _tr_set(words[1]))
    if len(words) != 2:
        return None
    old, new = _tr_set(words[0]), _tr_set(words[1])
    new = new + new[-1:] * (len(old) - len(new))
    return stdin.translate({ord(a): b for a, b in zip(reversed(old), reversed(new[: len(old)]), strict=True)})


def _tr_set(text: str) -> str:
    text = decode_ansi(text)
    classes = {
        "upper": "A-Z",
        "lower": "a-z",
        "digit": "0-9",
        "space": " \t\n",
        "alpha": "A-Za-z",
        "alnum": "A-Za-z0-9",
    }
    text = re.sub(r"\[:(\w+):\]", lambda f: classes.get(f.group(1), ""), text)
    return re.sub(
        r"(.)-(.)", lambda f: "".join(map(chr, range(ord(f.group(1)), ord(f.group(2)) + 1))), text, flags=re.S
    )


def _cut(words: list[str], stdin: str | None, state: State) -> str | None:
    joined = " ".join(words)
    found = re.fullmatch(r"-c ?(\d+)-(\d+)?", joined)
    if not found or stdin is None or not known(stdin):
        return None
    first, last = int(found.group(1)) - 1, int(found.group(2)) if found.group(2) else None
    return "\n".join(line[first:last] for line in stdin.split("\n"))


def _lines(words: list[str], stdin: str | None, state: State) -> str | None:
    """head, tail, sort, uniq, tee, grep: some of the lines, or all; as a constant all of them are followed."""
    return stdin


def _sed(words: list[str], stdin: str | None, state: State) -> str | None:
    scripts = [w for w in words if not w.startswith("-")]
    found = re.fullmatch(r"s(\W)((?:(?!\1).)*)\1((?:(?!\1).)*)\1(g?)", scripts[0]) if len(scripts) == 1 else None
    if stdin is None or not known(stdin) or not found:
        return None
    old, new = found.group(2), found.group(3)
    if re.search(r"[\\.*\[\]^$&]", old + new):
        return None
    return "\n".join(line.replace(old, new, -1 if found.group(4) else 1) for line in stdin.split("\n"))


def _mktemp(words: list[str], stdin: str | None, state: State) -> str:
    return f"/tmp/tmp.{FILLED}"  # noqa: S108 - what mktemp prints, not a file that we make


def _found(words: list[str], stdin: str | None, state: State) -> str:
    """find: paths below its first start point; filtered ones are never the start point itself alone."""
    starts = []
    for word in words:
        if word.startswith(("-", "(", "!")):
            break
        starts.append(word)
    mark = FILLED if any(_FILTERS.match(w) for w in words) else UNKNOWN
    return "\n".join(posixpath.join(start, mark) for start in (starts or ["."])) + "\n"


def _same_name(words: list[str], stdin: str | None, state: State) -> str | None:
    return next((w for w in words if not w.startswith("-")), None)


def _dirname(words: list[str], stdin: str | None, state: State) -> str | None:
    path = next((w for w in words if not w.startswith("-")), None)
    return posixpath.dirname(path) or "." if path and known(path) else None


def _basename(words: list[str], stdin: str | None, state: State) -> str | None:
    path = next((w for w in words if not w.startswith("-")), None)
    return posixpath.basename(path.rstrip("/")) if path and known(path) else None


def _seq(words: list[str], stdin: str | None, state: State) -> str | None:
    numbers = [int(w) for w in words if w.isdigit()]
    if len(numbers) != len(words) or not 1 <= len(numbers) <= 2:
        return None
    first, last = (1, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])
    return "\n".join(map(str, range(first, min(last, first + 63) + 1))) + "\n"


def _filled(words: list[str], stdin: str | None, state: State) -> str:
    return FILLED


def _pwd(words: list[str], stdin: str | None, state: State) -> str:
    return state.cwd or FILLED


_PROGRAMS: dict[str, Callable[[list[str], str | None, State], str | None]] = {
    "echo": _echo,
    "printf": _printf,
    "cat": _cat,
    "base64": _base64,
    "base32": _base32,
    "openssl": _openssl,
    "xxd": _xxd,
    "rev": _rev,
    "tac": _tac,
    "tr": _tr,
    "cut": _cut,
    "sed": _sed,
    "mktemp": _mktemp,
    "find": _found,
    "seq": _seq,
    "head": _lines,
    "tail": _lines,
    "sort": _lines,
    "uniq": _lines,
    "tee": _lines,
    "grep": _lines,
    "which": _same_name,
    "command": _same_name,
    "realpath": _same_name,
    "readlink": _same_name,
    "dirname": _dirname,
    "basename": _basename,
    "pwd": _pwd,
    "date": _filled,
    "whoami": _filled,
    "hostname": _filled,
    "id": _filled,
    "uname": _filled,
    "nproc": _filled,
    "uuidgen": _filled,
    "tempfile": _mktemp,
    "true": lambda *_: "",
    ":": lambda *_: "",
}
