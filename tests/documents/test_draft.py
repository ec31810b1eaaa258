"""Drafts: what is written is read back byte for byte, and nothing composed becomes a step or a heading."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.documents import Attributes, Param, Runbook, SectionKind, parse_runbook
from reifierd.documents.draft import Code, Draft, DraftStep, ManualStep, Source, Trigger, render_draft
from reifierd.documents.steps import CONTROL

SOURCE = Source("db1", "bash", "2026-11-20T14:02:33Z", 15, 5)


def draft(*steps: DraftStep | ManualStep, **fields: object) -> Draft:
    return replace(Draft("rb-1", "Fix DB lockup", "2026-11-20 14:02", SOURCE, steps=steps), **fields)  # type: ignore[arg-type]  # mypy cannot check a ** of objects


def written(composed: Draft) -> tuple[str, Runbook]:
    text = render_draft(composed)
    book = parse_runbook(text.encode())
    assert book.fatal == ()
    return text, book


def test_a_one_line_command_is_a_list_item_of_one_code_span() -> None:
    text, _ = written(draft(DraftStep(SectionKind.FIX, "systemctl stop app")))
    assert "\n1. `systemctl stop app`\n" in text


def test_a_step_with_attributes_is_a_fenced_block_below_its_title() -> None:
    step = DraftStep(SectionKind.FIX, "systemctl start app", "Start it again", Attributes(name="start", timeout=30))
    text, book = written(draft(step))
    assert "1. Start it again\n   ```bash {name=start timeout=30s}\n   systemctl start app\n   ```\n" in text
    assert book.steps[0].attributes == step.attributes
    assert book.steps[0].title == "Start it again"


@pytest.mark.parametrize(
    "command",
    [
        "cat > notes.md <<'EOF'\n# title\n\n```bash\nrm -rf /\n```\n````\nEOF",
        "cat <<EOF\n$ not a prompt\nEOF",
        "printf '%s' '\n$ neither\n'",
        "grep '<error>' /var/log/app.log",
        "sed -i 's/<name>/x/' a.html",
        "make <<-EOF\n\ta\n\t  b\n\tEOF",
        "  leading",
        "trailing ",
        "echo `date`",
        "echo a \\\n  b \\",
        "echo '   \n   \n'",
        "echo '<!--'",
        "- not a list",
        "# only a comment",
        "echo ü 😀 'é'",
        "tab\tinside",
        "\n\necho late\n\n",
        "> truncate-me",
        "~~~\n~~~",
        "echo {gate}",
    ],
)
def test_a_command_is_read_back_byte_for_byte(command: str) -> None:
    _, book = written(draft(*(DraftStep(kind, command, "t" * n) for n, kind in enumerate(SectionKind))))
    assert [step.command for step in book.steps] == [command] * 5
    assert [step.section for step in book.steps] == list(SectionKind)
    assert book.params == ()


def test_a_command_that_cannot_be_shown_is_left_to_a_person() -> None:
    text, book = written(
        draft(DraftStep(SectionKind.FIX, "echo \x1b[2J"), DraftStep(SectionKind.FIX, "echo \u202egnp"))
    )
    assert book.steps == ()
    assert "\x1b" not in text
    assert "`echo \\x1b[2J`" in text
    assert "runs" not in text.split("\n\n")[1]


def test_something_done_by_hand_is_never_a_step() -> None:
    _, book = written(draft(ManualStep(SectionKind.FIX, (Code("top"),)), ManualStep(SectionKind.VERIFY, "`rm -rf /`")))
    assert book.steps == ()


def test_a_doubtful_step_says_why() -> None:
    step = DraftStep(SectionKind.FIX, "rm x", doubt=("the check ", Code("curl x"), " still failed after this"))
    text, book = written(draft(step))
    assert "Doubtful: the check `curl x` still failed after this" in text
    assert book.steps[0].command == "rm x"


def test_the_first_lines_say_what_moving_it_will_do() -> None:
    fix = DraftStep(SectionKind.FIX, "systemctl restart app")
    gate = DraftStep(SectionKind.VERIFY, "curl -f localhost", attributes=Attributes(gate=True))
    secret = Param("DB_PASSWORD", secret=True)
    plain, _ = written(draft(fix))
    gated, _ = written(draft(fix, gate, params=(secret,)))
    assert "runs its 1 fix step," in plain
    assert "even if all is well" in plain
    assert "nothing is run" in gated
    assert "`DB_PASSWORD`" in gated
    assert "no fix step" in render_draft(draft())


def test_the_front_matter_comes_back_as_data() -> None:
    composed = draft(
        params=(
            Param("DB_PASSWORD", secret=True, help="typed at 14:05: redacted"),
            Param("NOTE", value="a\u2028b\x85\n: c"),
        ),
        triggers=(Trigger(r'lock on "?\w+"?: #', "/var/log/*.log"),),
        front=(("hosts", ["db1"]),),
    )
    _, book = written(composed)
    assert book.title == "Fix DB lockup"
    assert book.params == composed.params
    assert book.front["triggers"] == [{"pattern": r'lock on "?\w+"?: #', "log": "/var/log/*.log"}]
    assert book.front["source"] == {
        "host": "db1",
        "shell": "bash",
        "session": "2026-11-20T14:02:33Z",
        "commands": 15,
        "kept": 5,
    }
    assert book.front["hosts"] == ["db1"]


ACTIVE = "`*_#->~=+.|<&![](){}\\\"'$ \t\n1aZü:/\u202e\x1b\u2028\xa0"
prose = st.text(st.one_of(st.sampled_from(ACTIVE), st.characters()), max_size=30)
words = st.text(st.one_of(st.sampled_from(ACTIVE), st.characters(codec="utf-8")), min_size=1, max_size=40)
lines = st.sampled_from(
    ["```", "~~~", "$ x", "# x", "- `x`", "    x", "\tx", "<!--", "---", "# Fix", "> x", "", "EOF", "cat <<EOF"]
)
texts = st.one_of(words, st.lists(st.one_of(lines, words), max_size=6).map("\n".join))
flags = st.booleans()
environments = st.dictionaries(
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True),
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=8),
    max_size=2,
)
attributes = st.builds(
    Attributes,
    name=st.sampled_from(["", "start", "a b"]),
    cwd=st.sampled_from(["", "/srv/app", "/a b/`c`", '/q"\\&amp;']),
    timeout=st.sampled_from([None, 30.0, 0.25, 3600.0]),
    retry=st.integers(0, 3),
    expect=st.sampled_from([(0,), (0, 1), (3,)]),
    continue_on_error=flags,
    env=environments.map(lambda pairs: tuple(pairs.items())),
    strict=flags,
    readonly=flags,
    raw=st.just(False),
)
plain_or_full = st.one_of(st.just(Attributes()), attributes)
steps = st.builds(DraftStep, st.sampled_from(SectionKind), texts, prose, plain_or_full, prose, prose)
drafts = st.builds(
    Draft,
    prose,
    prose,
    prose,
    st.builds(Source, prose, prose, prose),
    prose,
    st.lists(st.builds(Trigger, prose, prose), max_size=2).map(tuple),
    st.just(()),
    st.lists(st.one_of(steps, st.builds(ManualStep, st.sampled_from(SectionKind), prose)), max_size=5).map(tuple),
    st.lists(st.one_of(prose, st.tuples(prose, st.builds(Code, prose))), max_size=3).map(tuple),
)


@settings(max_examples=150, deadline=None)
@given(drafts)
def test_whatever_is_composed_comes_back_as_the_same_steps(composed: Draft) -> None:
    text = render_draft(composed)
    book = parse_runbook(text.encode())
    assert book.fatal == ()
    expected = [
        (kind, step.command, step.attributes)
        for kind in SectionKind
        for step in composed.section(kind)
        if isinstance(step, DraftStep) and step.command.strip() and not CONTROL.search(step.command)
    ]
    assert [(s.section, s.command, replace(s.attributes, raw=False)) for s in book.steps] == expected
    assert not CONTROL.search(text.replace("\n", ""))


def test_a_variable_with_a_control_character_makes_the_step_a_persons() -> None:
    step = DraftStep(SectionKind.FIX, "true", attributes=Attributes(env=(("A", "\x08"),)))
    text = render_draft(draft(step))
    assert parse_runbook(text.encode()).steps == ()
    assert "By hand" in text
