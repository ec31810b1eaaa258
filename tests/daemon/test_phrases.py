"""Events as sentences: every event that a loop emits has one, and none is lost for want of a field."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

import reifierd
from reifierd.daemon.events import event_log, written
from reifierd.daemon.phrases import Tone, count, events, outcome, phrase
from reifierd.redaction import Redactor

SOURCE = Path(reifierd.__file__).parent
_EMITS = re.compile(r"(?:say|tell|on_event)\(\s*\"([a-z. ]+)\", ")


def emitted() -> set[str]:
    places = [
        *(SOURCE / "loops").rglob("*.py"),
        *(SOURCE / "runs").glob("*.py"),
        *(SOURCE / "daemon").glob("*.py"),
        SOURCE / "cli/run.py",
    ]
    return {name for place in places for name in _EMITS.findall(place.read_text())}


def test_every_event_of_a_loop_has_a_sentence() -> None:
    found = emitted()
    assert len(found) > 15
    assert {e for e in found if e not in events() and f"*.{e.rpartition('.')[2]}" not in events()} == set()


@pytest.mark.parametrize(
    ("event", "fields", "text", "tone"),
    [
        (
            "drafted",
            {"draft": "runbooks/drafts/x.md", "session": "S", "kept": 5, "commands": 13},
            "runbooks/drafts/x.md from session S (5 of 13 commands)",
            Tone.PLAIN,
        ),
        ("drafted", {"draft": "runbooks/drafts/x.md", "session": ""}, "runbooks/drafts/x.md", Tone.PLAIN),
        (
            "step ended",
            {"n": 3, "of": 7, "state": "finished", "exit": 127, "command": "nonesuch\nls"},
            "3 of 7 finished, exit 127: nonesuch …",
            Tone.POOR,
        ),
        ("session.closed", {"session": "S", "commands": 1}, "S has ended: 1 command recorded", Tone.PLAIN),
        ("run ended", {"runbook": "x.md", "result": "refused", "reason": "why"}, "x.md: refused, why", Tone.POOR),
        ("run ended", {"runbook": "x.md", "result": "succeeded", "reason": ""}, "x.md: succeeded", Tone.GOOD),
        ("runner.problem", {"problem": "no space", "level": "warning"}, "no space", Tone.WARNING),
        ("spool.problem", {"file": "/f", "problem": "torn", "level": "warning"}, "/f: torn", Tone.WARNING),
        ("something new", {"a": 1, "b": "two"}, "a=1 b=two", Tone.PLAIN),
        ("not run", {"reason": "its name is missing"}, "reason=its name is missing", Tone.PLAIN),
    ],
)
def test_an_event_is_one_sentence(event: str, fields: dict[str, object], text: str, tone: Tone) -> None:
    said = phrase(event, fields)
    assert (said.text, said.tone) == (text, tone)


def test_a_command_ends_at_the_edge_of_the_terminal_and_a_reason_does_not() -> None:
    step = phrase("step", {"n": 1, "of": 1, "section": "Fix Sequence", "command": "echo " + "x" * 200})
    line = written(step, "14:02:33", 60, colour=False)
    assert (len(line), line[-1]) == (60, "…")
    ended = phrase("run ended", {"runbook": "x.md", "result": "failed", "reason": "y" * 200})
    assert len(written(ended, "14:02:33", 60, colour=False)) > 200


def test_what_is_no_plain_character_does_not_reach_the_terminal() -> None:
    said = phrase("refused", {"reason": "\x1b]0;title\x07", "runbook": "x"})
    assert "\x1b" not in written(said, "14:02:33", 80, colour=False)


def test_to_a_program_every_field_is_told() -> None:
    out = io.StringIO()
    event_log(Redactor(), out)("run ended", {"run": "1", "runbook": "x.md", "result": "failed", "reason": "r"})
    event_log(Redactor(), out)("ready", {"histories": ["/a?token=ghp_" + "a1B2" * 9]})
    first, second = map(json.loads, out.getvalue().splitlines())
    assert (first["event"], first["result"], first["level"], first["run"]) == ("run ended", "failed", "warning", "1")
    assert "a1B2a1B2" not in str(second)


def test_numbers_and_states_read_as_a_person_would_say_them() -> None:
    assert (count(1, "command"), count(0, "command")) == ("1 command", "0 commands")
    assert outcome("stopped", "stopped during the step") == "stopped during the step"
    assert (outcome("held", "old"), outcome("held", "")) == ("held, old", "held")


def test_the_first_words_tell_what_is_read_what_is_missing_and_what_waits() -> None:
    fields = {"workspace": "/w", "histories": ["/h/a", "/h/b"], "hook": "not seen yet", "repair": "add it"}
    told = phrase("ready", {**fields, "drafts": 2, "held_back": 0}).text.splitlines()
    assert told[0] == "workspace /w"
    assert [line.strip() for line in told[1:]] == [
        "reads      /h/a, /h/b",
        "live hook  not seen yet",
        "→ add it",
        "waiting    2 drafts in runbooks/drafts/",
    ]
