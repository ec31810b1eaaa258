"""Programs on files, processes and the machine whose effect depends on more than options: dd, kill, find, tar, …"""

from __future__ import annotations

import re
from itertools import pairwise

from reifierd.shell.model import Effect, EffectKind, Invocation, Word
from reifierd.shell.options import Options
from reifierd.shell.places import absolute
from reifierd.shell.programs import Program
from reifierd.shell.shapes import known
from reifierd.shell.targets import READ, on, written


def dd(command: Invocation, row: Program, options: Options) -> list[Effect]:
    outputs = [w for w in command.argv[1:] if w.shape.startswith("of=")]
    words = [
        Word(w.source, None if w.text is None else w.text[3:], w.prefix[3:], w.start, w.end, w.glob, w.shape[3:])
        for w in outputs
    ]
    words = [w for w in words if w.shape not in {"/dev/null", "/dev/stdout"}]
    return [on(EffectKind.OVERWRITE, command, words, "dd")] if words else [READ]


def kill(command: Invocation, row: Program, options: Options) -> list[Effect]:
    shapes = [w.shape for w in command.argv[1:]]
    if (shapes[:1] and shapes[0] in {"-l", "-L", "-0", "--list", "--table"}) or shapes[:2] in (
        ["-s", "0"],
        ["-n", "0"],
    ):
        return [READ]
    signal, rest = "TERM", shapes
    if (
        shapes
        and re.fullmatch(r"-(?:[A-Za-z][A-Za-z0-9+]*|\d+)", shapes[0])
        and shapes[0] not in {"-s", "-n"}
        and len(shapes) > 1
    ):
        signal, rest = shapes[0][1:], shapes[1:]
    elif shapes[:1] and shapes[0] in {"-s", "-n", "--signal"}:
        signal, rest = (shapes[1] if len(shapes) > 1 else ""), shapes[2:]
    rest = [r for r in rest if r != "--"]
    return [
        Effect(
            EffectKind.PROCESS,
            tuple(r for r in rest if known(r)),
            any(not known(r) for r in rest),
            f"signal {signal.upper().removeprefix('SIG')}",
            tuple(rest),
        )
    ]


_FILTER = re.compile(
    r"-(?:i?name|i?path|i?regex|i?wholename|newer\w*|[mac](?:time|min)|size|empty|user|perm|group|inum|lname|samefile)"
)


def find(command: Invocation, row: Program, options: Options) -> list[Effect]:
    shapes = [w.shape for w in command.argv[1:]]
    starts: list[Word] = []
    for word in command.argv[1:]:
        if word.shape.startswith(("-", "(", "!")) and word.shape not in {"-H", "-L", "-P"}:
            break
        if word.shape not in {"-H", "-L", "-P"}:
            starts.append(word)
    starts = starts or [Word(".", ".", ".", shape=".")]
    effects = []
    if "-delete" in shapes:
        filtered = any(
            _FILTER.fullmatch(s) and before not in {"!", "-not"} for before, s in pairwise(["", *shapes])
        )  # `! -name keep` is everything but one
        detail = "find -delete filtered" if filtered else "find -delete everything"
        effects.append(on(EffectKind.DELETE, command, starts, detail))
    for i, shape in enumerate(shapes[:-1]):
        if shape in {"-fprint", "-fprint0", "-fprintf", "-fls"}:
            effects.append(written(command, [shapes[i + 1]]))
    return effects or [READ]


def tar(command: Invocation, row: Program, options: Options) -> list[Effect]:  # noqa: PLR0911 - one return for each kind of case
    shapes = [w.shape for w in command.argv[1:]]
    if not shapes:
        return [READ]
    letters = shapes[0].lstrip("-") if not shapes[0].startswith("--") else ""
    letters += "".join(s[1:] for s in shapes[1:] if re.fullmatch(r"-[A-Za-z]+", s) and s not in {"-C"})
    if not shapes[0].startswith("-") and set("IF") & set(letters):  # `tar tfI archive program`
        return [Effect(EffectKind.CODE, detail="tar " + shapes[0])]
    if (
        "--list" in shapes
        or "--test-label" in shapes
        or (set("td") & set(letters) and not set("xcruA") & set(letters))
        or {"-d", "--diff", "--compare"} & set(shapes)
    ):
        return [READ]
    archive = next(
        (shapes[i + 1] for i, s in enumerate(shapes[:-1]) if s in {"-f", "--file"} or re.fullmatch(r"-?[A-Za-z]*f", s)),
        None,
    )
    archive = archive or next((s.split("=", 1)[1] for s in shapes if s.startswith("--file=")), None)
    place = next((shapes[i + 1] for i, s in enumerate(shapes[:-1]) if s in {"-C", "--directory"}), None)
    deletes = [Effect(EffectKind.DELETE, (), True, "--remove-files")] if "--remove-files" in shapes else []
    if set("cru") & set(letters) or {"--create", "--append", "--update"} & set(shapes):
        if archive in {None, "-"}:
            return [READ, *deletes]
        return [
            Effect(EffectKind.WRITE, (absolute(archive, command.cwd),) if archive and known(archive) else ()),
            *deletes,
        ]
    if set("x") & set(letters) or "--extract" in shapes or "--get" in shapes:
        if "O" in letters or "--to-stdout" in shapes:
            return [READ]
        target = place or command.cwd or "."
        return [on(EffectKind.WRITE, command, [Word(target, target, target, shape=target)], "unpacked")]
    return [Effect(EffectKind.WRITE), *deletes]


def sysctl(command: Invocation, row: Program, options: Options) -> list[Effect]:
    changes = [w.shape for w in options.operands if "=" in w.shape]
    if options.has("-w", "--write", "-p", "-f", "--load", "--system") or changes:
        return [Effect(EffectKind.INFRASTRUCTURE, tuple(changes), detail="sysctl " + " ".join(changes))]
    return [READ]


def ifconfig(command: Invocation, row: Program, options: Options) -> list[Effect]:
    words = [w.shape for w in options.operands]
    return (
        [READ]
        if len(words) < 2
        else [Effect(EffectKind.FIREWALL, tuple(words[:1]), detail="ifconfig " + " ".join(words[1:]))]
    )


def openssl(command: Invocation, row: Program, options: Options) -> list[Effect]:
    shapes = [w.shape for w in command.argv[1:]]
    outputs = [
        command.argv[i + 2] for i, s in enumerate(shapes[:-1]) if s in {"-out", "-keyout", "-outdir", "-CAserial"}
    ]
    outputs = [w for w in outputs if w.shape not in {"/dev/null", "/dev/stdout"}]
    if outputs:
        return [on(EffectKind.WRITE, command, outputs, "openssl")]
    if shapes[:1] and shapes[0] in {"ca", "genpkey-x"}:
        return [Effect(EffectKind.WRITE, detail="openssl ca")]
    return [READ]


def read_builtin(command: Invocation, row: Program, options: Options) -> list[Effect]:
    fed = command.pipe_from or command.stdin is not None or any(r.fd == 0 for r in command.redirects)
    within = any(v in {"while", "()"} for v in command.via)
    prompts = any(re.match(r"-[a-z]*p", w.shape) for w in command.argv[1:])
    return [
        Effect(
            EffectKind.INTERACTIVE
            if prompts or not (fed or within or options.has("-r", "-t", "-d", "-a", "-u"))
            else EffectKind.SHELL_STATE
        )
    ]
