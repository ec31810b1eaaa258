"""Which files the common programs read, write and remove, from their operands.

The roles of operands stand in knowledge.toml. A program that is not there is taken to read every argument that looks
like a path; what the shell block knows of its effects is added by `facts`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from itertools import pairwise

from reifierd.loops.scribe.cells import How, Touch, absolute, file_cell
from reifierd.loops.scribe.knowledge import knowledge
from reifierd.shell.model import Invocation

_OCTAL = re.compile(r"[0-7]{3,4}")


def words(inv: Invocation) -> list[str]:
    """The words of a command, each with its value where that is known, else as written."""
    return [w.text if w.text is not None else w.source for w in inv.argv]


def split(inv: Invocation) -> tuple[list[str], list[str]]:
    """(options with their values, operands) of a command whose program the tables know."""
    valued = knowledge().valued.get(inv.program or "", frozenset())
    options: list[str] = []
    operands: list[str] = []
    rest = words(inv)[1:]
    while rest:
        word = rest.pop(0)
        if word == "--":
            return options, operands + rest
        if not word.startswith("-") or word == "-":
            operands.append(word)
            continue
        options.append(word)
        if rest and (word in valued or _cluster_takes(word, valued)):
            options.append(rest.pop(0))
    return options, operands


def _cluster_takes(word: str, valued: frozenset[str]) -> bool:
    """`-Atc`: of several flags in one word the last one takes the next word (and the first one has no value in it)."""
    return bool(re.fullmatch(r"-[A-Za-z0-9]{2,4}", word)) and "-" + word[-1] in valued and word[:2] not in valued


def file_touches(inv: Invocation, cwd: str | None) -> list[Touch]:
    """What this command does to files, redirections included."""
    found = [*_argument_touches(inv, cwd)]
    for redirect in inv.redirects:
        if redirect.target is None or redirect.op.endswith("&") or redirect.op in ("<<", "<<-", "<<<", ">&", "<&"):
            continue
        path = _path(cwd, redirect.target.text or redirect.target.source)
        if not path.startswith("/dev/"):
            found.append(_redirected(redirect.op, path))
    return found


def _redirected(op: str, path: str) -> Touch:
    if "<" in op:
        return Touch(file_cell(path), How.READ)
    return Touch(file_cell(path), How.CHANGE if ">>" in op else How.SET, creates=True)


def _argument_touches(inv: Invocation, cwd: str | None) -> list[Touch]:
    program = inv.program or ""
    role = knowledge().operands.get(program)
    options, operands = split(inv)
    reads = [Touch(file_cell(_path(cwd, words(inv)[0])), How.READ)] if inv.argv and "/" in words(inv)[0] else []
    if role:
        return reads + _ROLES[role](options, [_path(cwd, o) for o in operands], operands)
    if edits_in_place(inv):
        return reads + [Touch(file_cell(p), How.CHANGE) for p in edited(inv, cwd)]
    if program in knowledge().programs["placeless"] | {"git", "sqlite3"}:
        named = [v for o, v in pairwise(options) if o in ("-f", "--file", "-T", "-K")]
        named += [w.partition("@")[2] for w in operands + options if w.startswith("@")]
        operands, options = named, []
    outputs = [w for w in _outputs(inv) if w != "-" and not w.startswith("/dev/")]
    written = [Touch(file_cell(_path(cwd, w)), How.SET, creates=True) for w in outputs]
    candidates = [w.partition("=")[2] if w.startswith("-") and "=" in w else w for w in options + operands]
    plain = [
        w for w in candidates if w and not w.startswith("-") and w not in outputs and "\n" not in w and "://" not in w
    ]
    return reads + [Touch(file_cell(_path(cwd, w)), How.READ) for w in plain] + written


def edits_in_place(inv: Invocation) -> bool:
    """sed -i, perl -i and the like: the program changes the files that it names."""
    options = split(inv)[0]
    if inv.program == "sed":
        return any(re.match(r"-[a-zA-Z]*i|--in-place", o) and not o.startswith("--e") for o in options)
    if inv.program in ("perl", "ruby"):
        return any(re.match(r"-\w*i", o) for o in options)
    fed = inv.pipe_from is not None or any("<" in r.op for r in inv.redirects)
    return (inv.program == "yq" and ("-i" in options or "--inplace" in options)) or (
        inv.program in ("ed", "ex") and fed
    )


def edit_script(inv: Invocation) -> str:
    """The script of an in-place edit, as one text."""
    options, operands = split(inv)
    given = [v for o, v in pairwise(options) if re.fullmatch(r"-\w*e|--expression", o)]
    return "\n".join(given) if given else (operands[0] if operands else "")


def edited(inv: Invocation, cwd: str | None) -> list[str]:
    """The files of an in-place edit."""
    options, operands = split(inv)
    has_script = any(re.fullmatch(r"-\w*[ef]|--expression|--file", o) for o in options)
    return [_path(cwd, o) for o in (operands if has_script or inv.program in ("ed", "ex") else operands[1:])]


def _outputs(inv: Invocation) -> list[str]:
    options = knowledge().outputs.get(inv.program or "", frozenset())
    text = words(inv)
    return [v for o, v in pairwise(text) if o in options]


def _path(cwd: str | None, word: str) -> str:
    return absolute(cwd, word)


def _target(sources: list[str], last: str, typed: str) -> list[str]:
    """Where sources land: below `last` when it is shown to be a folder."""
    if len(sources) > 1 or typed.endswith(("/", "/.")) or typed in (".", ".."):
        return [posixpath.join(last, posixpath.basename(s)) for s in sources]
    return [last]


def _copy(options: list[str], paths: list[str], typed: list[str]) -> list[Touch]:
    if len(paths) < 2:
        return []
    *sources, last = paths
    deep = any(re.fullmatch(r"-\w*[raR]\w*|--recursive|--archive", o) for o in options)
    reads = [Touch(file_cell(s), How.READ) for s in sources]
    how = How.CHANGE if deep else How.SET
    return reads + [
        Touch(file_cell(t), how, None if deep else "=" + file_cell(s), creates=True)
        for s, t in zip(sources, _target(sources, last, typed[-1]), strict=True)
    ]


def _move(options: list[str], paths: list[str], typed: list[str]) -> list[Touch]:
    if len(paths) < 2:
        return []
    *sources, last = paths
    moved: list[Touch] = []
    for s, t in zip(sources, _target(sources, last, typed[-1]), strict=True):
        moved += [
            Touch(file_cell(s), How.READ),
            Touch(file_cell(t), How.SET, "=" + file_cell(s), creates=True, flag=True),
            Touch(file_cell(s), How.REMOVE, flag=True),
        ]
    return moved


def _link(options: list[str], paths: list[str], typed: list[str]) -> list[Touch]:
    if len(paths) < 2:
        return []
    return [Touch(file_cell(paths[-1]), How.SET, "link " + typed[0], creates=True)]


def _remove(options: list[str], paths: list[str], typed: list[str]) -> list[Touch]:
    return [Touch(file_cell(p), How.REMOVE, flag=True) for p in paths]


def _folder(options: list[str], paths: list[str], typed: list[str]) -> list[Touch]:
    return [
        Touch(file_cell(p), How.CHANGE, "folder", creates=True, flag=True) for p in paths if not _OCTAL.fullmatch(p)
    ]


def _touch(options: list[str], paths: list[str], typed: list[str]) -> list[Touch]:
    return [Touch(file_cell(p), How.CHANGE, creates=True, flag=True) for p in paths]


def _truncate(options: list[str], paths: list[str], typed: list[str]) -> list[Touch]:
    return [Touch(file_cell(p), How.SET, " ".join(options)) for p in paths]


def _write(options: list[str], paths: list[str], typed: list[str]) -> list[Touch]:
    append = any(o in ("-a", "--append") for o in options)
    return [Touch(file_cell(p), How.CHANGE if append else How.SET, creates=True) for p in paths]


def _mode(options: list[str], paths: list[str], typed: list[str]) -> list[Touch]:
    symbolic = next((o for o in options if re.fullmatch(r"-[rwxXst]+", o)), None)  # chmod -x FILE
    given = symbolic or (typed[0] if typed else "")
    files = paths if symbolic else paths[1:]
    if any(o.startswith("--reference") for o in options):
        return [Touch(f"mode:{p}", How.SET) for p in paths]
    whole = bool(_OCTAL.fullmatch(given)) or "=" in given
    value = given if whole and not _deep(options) else None
    return [Touch(f"mode:{p}", How.SET if whole else How.CHANGE, value, flag=True) for p in files]


def _owner(options: list[str], paths: list[str], typed: list[str]) -> list[Touch]:
    if any(o.startswith("--reference") for o in options):
        return [Touch(f"{kind}:{p}", How.SET) for kind in ("owner", "group") for p in paths]
    user, _, group = (typed[0] if typed else "").partition(":")
    given = [("owner", user), ("group", group)]
    return [
        Touch(f"{kind}:{p}", How.SET, None if _deep(options) else value, flag=True)
        for kind, value in given
        if value
        for p in paths[1:]
    ]


def _group(options: list[str], paths: list[str], typed: list[str]) -> list[Touch]:
    return _owner(options, paths, [":" + typed[0], *typed[1:]] if typed else [])


def _deep(options: list[str]) -> bool:
    return any(o == "--recursive" or re.fullmatch(r"-\w*R\w*", o) for o in options)


_ROLES: dict[str, Callable[[list[str], list[str], list[str]], list[Touch]]] = {
    "copy": _copy, "move": _move, "link": _link, "remove": _remove, "folder": _folder, "touch": _touch,
    "truncate": _truncate, "mode": _mode, "owner": _owner, "group": _group, "write": _write,
}  # fmt: skip
