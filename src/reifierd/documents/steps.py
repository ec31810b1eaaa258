"""Steps from the blocks that may run: attributes, prompts, placeholders, titles, and what is wrong with each."""

from __future__ import annotations

import re
import unicodedata

from reifierd.documents.attributes import parse_attributes
from reifierd.documents.fill import HINT, refusal
from reifierd.documents.model import Problem, Question, SectionKind, Step
from reifierd.documents.placeholders import find_placeholders
from reifierd.documents.prompts import commands, only_comments
from reifierd.documents.readers import Event, plain_text, split_info
from reifierd.documents.words import CONSOLE

MOST_TITLE = 200
CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff]"
)
"""Characters that make a terminal or an editor show something else than what runs: no step may hold one."""
_INVISIBLE = re.compile(
    "[\u00a0\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200d\u2060-\u2064\u3164\ufeff\uffa0\U000e0000-\U000e007f]"
)


class Builder:
    """Collects steps in the document's order, and their problems.

    A precondition that turns out to hold no command must not be lost: it becomes a question.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.questions: list[Question] = []
        self.problems: list[Problem] = []

    def add(self, section: SectionKind, event: Event) -> None:
        """Make a step of an executable block, or say why it is none."""
        step = self._step(section, event)
        if step is None:
            if section is SectionKind.PRECONDITIONS:
                self.questions.append(Question(_title(event.title) or event.text.strip(), event.line))
            return
        self._check(step)
        self.steps.append(step)

    def _step(self, section: SectionKind, event: Event) -> Step | None:
        language, rest = ("bash", event.info) if event.kind == "span" else split_info(event.info)
        attributes, problems = parse_attributes(rest, event.begins)
        self.problems += problems
        command = event.text if attributes.raw else commands(event.text, console=language in CONSOLE)
        if command is None:
            self._say(
                event.begins,
                "a console block without any prompt is no step",
                "put `$ ` before its commands, or tag it bash",
            )
            return None
        if not attributes.raw and only_comments(command):
            self._say(event.begins, "nothing to run in this block: no step")
            return None
        if not event.closed:
            self._say(
                event.begins, "this block is never closed: is the file complete?", "close it with its fence", fatal=True
            )
        found = () if attributes.raw else find_placeholders(command)
        return Step(
            n=len(self.steps) + 1,
            section=section,
            title=_title(event.title),
            command=command,
            source=event.text,
            line=event.line,
            language=language,
            attributes=attributes,
            placeholders=tuple(dict.fromkeys(p.text for p in found)),
        )

    def _check(self, step: Step) -> None:
        odd = CONTROL.search(step.source)
        if odd:
            self._character(step, odd, "remove it: what is shown is not what would run", fatal=True)
        hidden = _INVISIBLE.search(step.source)
        if hidden:
            self._character(step, hidden, "look whether it is meant", fatal=False)
        if step.attributes.gate and step.section is not SectionKind.VERIFY:
            self._say(step.line, "{gate} has a meaning under Verify only: it changes nothing here")
        for placeholder in find_placeholders(step.command) if step.placeholders else ():
            why = refusal(placeholder)
            if why:
                line = step.line + step.command.count("\n", 0, placeholder.start)
                self._say(line, why, HINT, fatal=True)

    def _character(self, step: Step, found: re.Match[str], hint: str, *, fatal: bool) -> None:
        line = step.line + step.source.count("\n", 0, found.start())
        name = unicodedata.name(found[0], "a control character")
        self._say(line, f"U+{ord(found[0]):04X} ({name}) in a step", hint, fatal=fatal)

    def _say(self, line: int, message: str, hint: str = "", *, fatal: bool = False) -> None:
        self.problems.append(Problem(line, message, hint, fatal))


def _title(content: str) -> str:
    text = plain_text(content).rstrip(" :")
    return text if len(text) <= MOST_TITLE else text[: MOST_TITLE - 1] + "…"
