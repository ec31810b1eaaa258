"""A draft: the runbook that the scribe composes, as data, before it is written as Markdown (see `render_draft`).

Everything in a draft comes from a session, a log or a host name, so nothing in it is trusted: prose is escaped
so that it can never become a heading, a list, a code block or a step; a command is written so that it is read
back byte for byte, or not written as a step at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from reifierd.documents.attributes import parse_attributes
from reifierd.documents.compose import attributes_text, code_span, fenced, prose, shown
from reifierd.documents.model import Attributes, Param, SectionKind
from reifierd.documents.placeholders import find_placeholders
from reifierd.documents.prompts import commands, only_comments
from reifierd.documents.steps import CONTROL
from reifierd.documents.yaml_text import dump_yaml, flow


@dataclass(frozen=True)
class Code:
    """A piece of prose to be shown in code type (a command, a file name); never a step."""

    text: str


Prose = str | tuple[str | Code, ...]
"""A line of composed text: plain, or pieces of plain text and code. Line ends in it become spaces."""


@dataclass(frozen=True)
class DraftStep:
    """One command of a section, byte for byte as it shall run.

    `title` says what it is for (may be empty), `note` what a reviewer should know, `doubt` why the step may be
    needless ("the check still failed after this"): a step with a doubt is marked as doubtful.
    """

    section: SectionKind
    command: str
    title: str = ""
    attributes: Attributes = field(default_factory=Attributes)
    note: Prose = ""
    doubt: Prose = ""


@dataclass(frozen=True)
class ManualStep:
    """Something that a person does by hand at this place of a section: prose, never run."""

    section: SectionKind
    text: Prose


@dataclass(frozen=True)
class Source:
    """Where the draft comes from: host, shell, start of the session (UTC, ISO 8601), commands typed and kept, and which
    file each program of the steps was."""

    host: str
    shell: str
    session: str
    commands: int = 0
    kept: int = 0
    programs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Trigger:
    """A regular expression over a log's lines (a path or glob) that announces this incident."""

    pattern: str
    log: str


@dataclass(frozen=True)
class Draft:
    """A whole draft. `created` is the incident's time in UTC as the heading shows it (`2026-11-20 14:02`).

    `symptom` empty means that a line asks for it. `steps` keep their order within each section. `notes` are the
    lines of the Notes section (tried and dropped commands, noise, what was not known). `front` holds further
    front matter keys as plain data, in order.
    """

    id: str
    title: str
    created: str
    source: Source
    symptom: Prose = ""
    triggers: tuple[Trigger, ...] = ()
    params: tuple[Param, ...] = ()
    steps: tuple[DraftStep | ManualStep, ...] = ()
    notes: tuple[Prose, ...] = ()
    autonomy: str = "suggest"
    front: tuple[tuple[str, object], ...] = ()

    def section(self, kind: SectionKind) -> tuple[DraftStep | ManualStep, ...]:
        return tuple(step for step in self.steps if step.section is kind)


def render_draft(draft: Draft) -> str:
    """The draft as Markdown: front matter, what moving it does, the symptom, its sections, and notes."""
    parts = [
        f"---\n{dump_yaml(_front(draft))}---\n# Incident Report: {prose(draft.created)}",
        _consequences(draft),
        f"**Detected Symptom**: {_prose(draft.symptom) or 'not found in a log; write here what was seen'}",
    ]
    for kind in SectionKind:
        steps = draft.section(kind)
        if steps or kind is not SectionKind.PRECONDITIONS:
            parts.append(f"## {kind}")
            parts += _items(steps)
    parts.append("## Notes")
    parts += ["\n".join(f"- {_prose(note)}" for note in draft.notes)] if draft.notes else []
    return "\n\n".join(parts) + "\n"


def _front(draft: Draft) -> dict[str, Any]:
    front: dict[str, Any] = {
        "id": shown(draft.id),
        "title": shown(" ".join(draft.title.split())),
        "source": flow(_shown({key: value for key, value in asdict(draft.source).items() if value != {}})),
    }
    if draft.triggers:
        front["triggers"] = [_shown(asdict(trigger)) for trigger in draft.triggers]
    front["autonomy"] = draft.autonomy
    if draft.params:
        front["params"] = {param.name: flow(_param(param)) for param in draft.params}
    return front | {key: _shown(value) for key, value in draft.front}


def _param(param: Param) -> dict[str, Any]:
    said = {"secret": param.secret or None, "help": shown(param.help) or None, "value": param.value}
    return {key: value for key, value in said.items() if value is not None}


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list | tuple) else value


def _consequences(draft: Draft) -> str:
    """What moving the file will do."""
    fixes = sum(isinstance(s, DraftStep) and not _unwritable(s) for s in draft.section(SectionKind.FIX))
    gated = any(isinstance(step, DraftStep) and step.attributes.gate for step in draft.section(SectionKind.VERIFY))
    steps = f"{fixes} fix step" + ("" if fixes == 1 else "s")
    lines = [
        f"Moving this file into `runbooks/approved/` runs its {steps}, in this order, stopping at the first that fails."
    ]
    if not fixes:
        lines = ["Moving this file into `runbooks/approved/` changes nothing: it holds no fix step."]
    elif gated:
        lines.append(
            "Where all its checks under Verify hold already, nothing is run: "
            "`{gate}` marks one that tells sick from healthy."
        )
    else:
        lines.append("It has no check that tells sick from healthy, so it runs even if all is well.")
    secrets = [param.name for param in draft.params if param.secret]
    if secrets:
        lines.append("It needs a value that was redacted: " + ", ".join(f"`{name}`" for name in secrets) + ".")
    return "\n".join(lines)


def _items(steps: tuple[DraftStep | ManualStep, ...]) -> list[str]:
    return ["\n".join(_item(f"{n}. ", step) for n, step in enumerate(steps, 1))] if steps else []


def _item(marker: str, step: DraftStep | ManualStep) -> str:
    if isinstance(step, ManualStep):
        return f"{marker}By hand: {_prose(step.text)}"
    refusal = _unwritable(step)
    if refusal:
        return f"{marker}By hand: {prose(refusal)}: {code_span(step.command)}"
    attributes = replace(step.attributes, raw=step.attributes.raw or _needs_raw(step.command))
    doubt = ("Doubtful: ", *_pieces(step.doubt)) if step.doubt else ""
    remarks = [_prose(text) for text in (doubt, step.note) if _prose(text)]
    if not remarks and not step.title and attributes == Attributes() and _fits_span(step.command):
        return f"{marker}`{step.command}`"
    indent = " " * len(marker)
    info = " ".join(filter(None, ("bash", attributes_text(attributes))))
    title = prose(step.title)
    block = fenced(step.command, info, indent)
    head = f"{marker}{title}\n{block}" if title else marker + block.removeprefix(indent)
    return "\n\n".join([head, *(indent + remark for remark in remarks)]) + ("\n" if remarks else "")


def _unwritable(step: DraftStep) -> str:
    """Why a command cannot be written so that it is read back as it is; "" when it can."""
    if not step.command.strip():
        return "an empty command"
    if CONTROL.search(step.command):
        return "this command holds control characters, which a file that people read cannot carry"
    attributes, problems = parse_attributes(attributes_text(step.attributes), 1)
    if problems or attributes != step.attributes:
        return "the directory or environment of this command cannot be written down"
    return ""


def _needs_raw(command: str) -> bool:
    """Whether a reader would see prompts, placeholders or nothing at all where a shell saw a command."""
    return commands(command, console=False) != command or only_comments(command) or bool(find_placeholders(command))


def _fits_span(command: str) -> bool:
    return command == command.strip() and not re.search(r"[`\n\t]", command)


def _prose(text: Prose) -> str:
    pieces = enumerate(_pieces(text))
    parts = (code_span(p.text) if isinstance(p, Code) else _joined(p, starts=at == 0) for at, p in pieces)
    return "".join(parts).strip()


def _joined(piece: str, *, starts: bool) -> str:
    """Escaped text that keeps the blanks at its ends, where code follows or precedes."""
    if not piece.strip():
        return " " if piece else ""
    before, after = (" " if piece[end].isspace() else "" for end in (0, -1))
    return before + prose(piece, starts=starts) + after


def _pieces(text: Prose) -> tuple[str | Code, ...]:
    return (text,) if isinstance(text, str) else text
