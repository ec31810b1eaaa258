"""Programs on text and the like whose effect depends on their operands or their own code: sed, awk, uniq, date, rpm."""

from __future__ import annotations

import re

from reifierd.shell import scripts
from reifierd.shell.model import Effect, EffectKind, Invocation
from reifierd.shell.options import Options
from reifierd.shell.programs import Program
from reifierd.shell.shapes import FILLED, UNKNOWN
from reifierd.shell.targets import READ, on, written

_CODE = Effect(EffectKind.CODE, detail="a program in its own code")
_SED_FILES = ("-e", "-f", "--expression", "--file")


def sed(command: Invocation, row: Program, options: Options) -> list[Effect]:
    code = [v for n, v in options.given if v is not None and (n == "-e" or n.startswith("--ex"))] or (
        [] if options.has(*_SED_FILES) else list(options.operands[:1])
    )
    files = list(options.operands if options.all_values(*_SED_FILES) else options.operands[1:])
    if any(re.match(r"-[nErsuz]*i|--i", w.shape) for w in command.argv[1:]):
        emptied = any(re.fullmatch(r"\s*(?:0,|1,)?(?:\$\s*)?d\s*", s.shape) and s.shape.strip() != "$d" for s in code)
        return [on(EffectKind.OVERWRITE if emptied else EffectKind.WRITE, command, files, "edited in place")]
    unknown = [_CODE] if any(w.shape and not w.shape.strip(UNKNOWN + FILLED) for w in code) else []
    return unknown or _of_code(command, [scripts.sed(w.shape) for w in code])


def awk(command: Invocation, row: Program, options: Options) -> list[Effect]:
    if any(w.shape in {"inplace", "-iinplace"} for w in command.argv):
        return [on(EffectKind.WRITE, command, list(options.operands[1:]), "edited in place")]
    code = options.operands[0].shape if options.operands and not options.has("-f", "--file") else ""
    if re.search(r"/inet[46]?/(?:tcp|udp)/", code):
        return [Effect(EffectKind.NETWORK_WRITE, detail="a network socket")]
    return _of_code(command, [scripts.awk(code)])


def _of_code(command: Invocation, doings: list[scripts.Doings]) -> list[Effect]:
    files = [file for one in doings for file in one.writes]
    found = [written(command, files)] if files else []
    return [*found, *([_CODE] if any(one.runs for one in doings) else [])] or [READ]


def second_operand(command: Invocation, row: Program, options: Options) -> list[Effect]:
    """uniq, xxd: the second operand is a file that is written."""
    outputs = [w for w in options.operands[1:2] if w.shape not in {"-", "/dev/stdout", "/dev/null"}]
    return [on(EffectKind.OVERWRITE, command, outputs)] if outputs else [READ]


def date(command: Invocation, row: Program, options: Options) -> list[Effect]:
    """`date MMDDhhmm` sets the clock; an operand with + is a format (date(1))."""
    sets = [w.shape for w in options.operands if not w.shape.startswith("+")]
    return [Effect(EffectKind.INFRASTRUCTURE, detail="date " + " ".join(sets))] if sets else [READ]


def rpm(command: Invocation, row: Program, options: Options) -> list[Effect]:
    """Macros may run commands: `%(…)`, `%{lua:…}` (rpm-macros(7))."""
    macros = [w.shape for w in options.all_values("--eval", "-E", "--define", "-D", "--queryformat", "--qf")]
    if any(re.search(r"%\(|%\{(?:lua|load|uncompress)", m) for m in macros):
        return [Effect(EffectKind.CODE, detail="a macro that runs something")]
    return [READ] if options.has("--eval", "-E") else [Effect(EffectKind.PACKAGE, detail="rpm")]
