"""A draft: the runbook that the scribe composes, as data, before it is written as Markdown (see `render_draft`).

Everything in a draft comes from a session, a log or a host name, so nothing in it is trusted: prose is escaped
so that it can never become a heading, a list, a code block or a step; a command is written so that it is read
back byte for byte, or not written as a step at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from reifierd.documents.model import Attributes, Param, SectionKind


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
    """Where the draft comes from: host, shell, start of the session (UTC, ISO 8601), commands typed and kept."""

    host: str
    shell: str
    session: str
    commands: int = 0
    kept: int = 0


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
