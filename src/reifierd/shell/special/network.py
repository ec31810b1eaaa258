"""HTTP clients and copying between machines: reading or changing, by method, body and target."""

from __future__ import annotations

import re

from reifierd.shell.model import Effect, EffectKind, Invocation
from reifierd.shell.options import Options
from reifierd.shell.programs import Program
from reifierd.shell.shapes import known
from reifierd.shell.targets import READ, on

_UPLOADS = (
    "-d",
    "--data",
    "--data-raw",
    "--data-binary",
    "--data-urlencode",
    "--data-ascii",
    "--json",
    "-F",
    "--form",
    "--form-string",
    "-T",
    "--upload-file",
)


def curl(command: Invocation, row: Program, options: Options) -> list[Effect]:
    method = options.value("-X", "--request")
    name = (method.shape if method else "").upper()
    sends = options.all_values(*_UPLOADS)
    effects = []
    if (name and name not in {"GET", "HEAD", "OPTIONS"}) or (
        sends and name != "GET" and not options.has("-G", "--get", "-I", "--head")
    ):
        detail = f"{name or ('PUT' if options.has('-T', '--upload-file') else 'POST')}"
        effects.append(
            Effect(EffectKind.NETWORK_WRITE, tuple(w.shape for w in options.operands if known(w.shape)), detail=detail)
        )
    if re.search(r"_shutdown|/_delete_by_query|/_close\b|/_forcemerge", " ".join(w.shape for w in options.operands)):
        effects.append(Effect(EffectKind.NETWORK_WRITE, detail=name or "GET"))
    if options.has("-Q", "--quote"):
        effects.append(Effect(EffectKind.NETWORK_WRITE, detail="QUOTE"))
    if any("%output{" in w.shape for w in options.all_values("-w", "--write-out")):
        effects.append(Effect(EffectKind.WRITE, detail="written out"))
    files = [
        w
        for w in options.all_values("-o", "--output", "-c", "--cookie-jar", "-D", "--dump-header")
        if w.shape not in {"/dev/null", "-", "/dev/stdout", "/dev/stderr"}
    ]
    if files:
        effects.append(on(EffectKind.WRITE, command, files, "downloaded"))
    elif options.has("-O", "--remote-name", "--remote-name-all", "-J"):
        effects.append(Effect(EffectKind.WRITE, detail="downloaded"))
    return effects or [READ]


def wget(command: Invocation, row: Program, options: Options) -> list[Effect]:
    method = options.value("--method")
    if options.has("--post-data", "--post-file", "--body-data", "--body-file") or (
        method and method.shape.upper() not in {"GET", "HEAD"}
    ):
        return [Effect(EffectKind.NETWORK_WRITE, detail=method.shape.upper() if method else "POST")]
    output = options.value("-O", "--output-document")
    if options.has("--spider") or (output and output.shape in {"-", "/dev/null", "/dev/stdout"}):
        return [READ]
    return [on(EffectKind.WRITE, command, [output] if output else [], "downloaded")]


def httpie(command: Invocation, row: Program, options: Options) -> list[Effect]:
    operands = [w.shape for w in options.operands]
    method = operands[0].upper() if operands and operands[0].isupper() else ""
    body = any(re.search(r"^[\w.\[\]-]+(?::?=@?|@)", o) for o in operands[1:])
    if (method and method not in {"GET", "HEAD", "OPTIONS"}) or (body and not method) or command.stdin is not None:
        return [Effect(EffectKind.NETWORK_WRITE, detail=method or "POST")]
    return [READ]


def netcat(command: Invocation, row: Program, options: Options) -> list[Effect]:
    """nc with nothing to send waits for a person's lines."""
    fed = command.pipe_from or command.stdin is not None or command.redirects
    return [Effect(EffectKind.NETWORK_WRITE if fed else EffectKind.INTERACTIVE, detail="a raw connection")]


def copy(command: Invocation, row: Program, options: Options) -> list[Effect]:
    """scp and rsync: the last operand is written; one with a colon is on another machine."""
    if len(options.operands) < 2:
        return [READ]
    target = options.operands[-1]
    removes = [n for n, _ in options.given if n.startswith("--delete") or n in {"--del", "--remove-source-files"}]
    remote = bool(re.match(r"(?:[\w.-]+@)?[\w.\[\]:-]+:", target.shape)) or target.shape.startswith("rsync://")
    if remote:
        sent = [
            Effect(
                EffectKind.NETWORK_WRITE,
                tuple(w.shape for w in options.operands if known(w.shape)),
                detail="copied to another machine",
            )
        ]
        return sent + (
            [
                Effect(
                    EffectKind.DELETE,
                    (target.shape,) if known(target.shape) else (),
                    not known(target.shape),
                    "rsync --delete",
                    (target.shape,),
                )
            ]
            if removes
            else []
        )
    effects = [on(EffectKind.WRITE, command, [target], "copied")]
    if removes:
        effects.append(on(EffectKind.DELETE, command, [target], "rsync --delete"))
    return effects
