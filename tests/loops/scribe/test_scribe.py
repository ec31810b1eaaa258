"""From a closed session in a real ledger to a draft in a real workspace."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reifierd.documents import parse_runbook
from reifierd.documents.model import Runbook, SectionKind
from reifierd.ledger import Ledger, open_ledger
from reifierd.ledger.records import Command, SecretParam, Session, SessionState
from reifierd.loops.scribe.scribe import Scribe
from reifierd.loops.scribe.settings import ScribeSettings
from reifierd.redaction import Redactor
from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import Layout

NAME = "2027-01-15T08:00:00Z"
Typed = Callable[..., Command]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return make_workspace(tmp_path / "ws")


@pytest.fixture
def ledger(layout: Layout) -> Ledger:
    layout.state.mkdir(parents=True, exist_ok=True)
    return open_ledger(layout.ledger, Redactor())


@pytest.fixture
def draft(layout: Layout, ledger: Ledger) -> Callable[..., tuple[Session, Runbook | None]]:
    def make(commands: list[Command], **settings: Any) -> tuple[Session, Runbook | None]:
        began = commands[0].started or 0.0
        session = Session(NAME, SessionState.CLOSED, began, began + 600)
        ledger.history.put_session(session)
        added = ledger.history.add(commands)
        ledger.history.assign(NAME, [c.id for c in added if c.id is not None])
        assert Scribe(ScribeSettings.model_validate(settings), ledger, Redactor(), layout).tick(began + 900)
        done = ledger.history.session(NAME)
        assert done is not None
        text = (layout.root / done.draft).read_bytes() if done.draft else None
        return done, parse_runbook(text) if text is not None else None

    return make


def test_a_session_becomes_a_draft_that_reads_back_as_it_was_composed(draft: Any, typed: Typed, layout: Layout) -> None:
    lines = [
        ("./bin/kioskctl status", 1),
        ("rm -f run/kiosk.pid", 0),
        ("./bin/kioskctl start", 0),
        ("./bin/kioskctl status", 0),
    ]
    session, runbook = draft([typed(text, code, cwd="/srv/kiosk", n=n) for n, (text, code) in enumerate(lines)])
    assert session.state is SessionState.DRAFTED
    assert session.draft == "runbooks/drafts/incident_20270115_0800_remove-stale-kiosk-pid-pid-file-and-start-it.md"
    assert runbook.fatal == ()
    assert [s.command for s in runbook.section(SectionKind.FIX)] == ["rm -f run/kiosk.pid", "./bin/kioskctl start"]
    (check,) = runbook.section(SectionKind.VERIFY)
    assert (check.command, check.attributes.gate, check.attributes.cwd) == ("./bin/kioskctl status", True, "/srv/kiosk")


def test_a_session_that_changed_nothing_is_skipped_unless_all_are_wanted(draft: Any, typed: Typed) -> None:
    session, runbook = draft([typed("df -h")])
    assert (session.state, session.reason, runbook) == (SessionState.SKIPPED, "it changed nothing", None)


def test_with_draft_all_looking_around_makes_a_draft_too(draft: Any, typed: Typed) -> None:
    session, runbook = draft([typed("df -h")], draft="all")
    assert session.state is SessionState.DRAFTED
    assert [s.command for s in runbook.steps] == ["df -h"]


def test_drafting_again_overwrites_nothing(draft: Any, typed: Typed, ledger: Ledger, layout: Layout) -> None:
    session, _ = draft([typed("touch /srv/x")])
    (layout.root / session.draft).write_text("mine now")
    ledger.history.put_session(replace(session, state=SessionState.CLOSED))
    Scribe(ScribeSettings.model_validate({}), ledger, Redactor(), layout).tick(0)
    again = ledger.history.session(NAME)
    assert again is not None
    assert again.draft != session.draft
    assert (layout.root / session.draft).read_text() == "mine now"


def test_a_crash_between_file_and_ledger_makes_no_second_draft(
    draft: Any, typed: Typed, ledger: Ledger, layout: Layout
) -> None:
    session, _ = draft([typed("touch /srv/x")])
    ledger.history.put_session(replace(session, state=SessionState.CLOSED, draft=None))
    Scribe(ScribeSettings.model_validate({}), ledger, Redactor(), layout).tick(0)
    assert len(list((layout.root / "runbooks/drafts").glob("incident_*"))) == 1


def test_a_setting_stands_right_before_its_first_use_and_with_every_check(draft: Any, typed: Typed) -> None:
    lines = ["export SITE=north", "df -h", 'cp "/srv/$SITE/a" /srv/b', 'cat "/srv/$SITE/b"']
    _, runbook = draft([typed(text, n=n) for n, text in enumerate(lines)])
    assert [s.command for s in runbook.section(SectionKind.FIX)] == ["export SITE=north", 'cp "/srv/$SITE/a" /srv/b']
    (check,) = runbook.section(SectionKind.VERIFY)
    assert check.attributes.env == (("SITE", "north"),)


def test_the_same_name_in_two_terminals_is_set_anew_where_the_terminal_changes(draft: Any, typed: Typed) -> None:
    one, two = {"shell": "one"}, {"shell": "two"}
    lines = [("P=/srv/a", one), ("P=/srv/b", two), ('touch "$P/x"', one), ('touch "$P/y"', two), ('touch "$P/z"', one)]
    _, runbook = draft([typed(text, n=n, **shell) for n, (text, shell) in enumerate(lines)])
    told = [s.command for s in runbook.section(SectionKind.FIX)]
    assert told == ["P=/srv/a", 'touch "$P/x"', "P=/srv/b", 'touch "$P/y"', "P=/srv/a", 'touch "$P/z"']


def test_a_client_right_after_a_start_may_try_again_and_a_typed_wait_stays(draft: Any, typed: Typed) -> None:
    lines = ["systemctl restart kioskd", "sleep 2", "curl -fsS -X POST http://127.0.0.1:9/enable", "sleep 5"]
    _, runbook = draft([typed(text, n=n) for n, text in enumerate(lines)])
    told = [(s.command, s.attributes.retry) for s in runbook.section(SectionKind.FIX)]
    assert told == [(lines[0], 0), (lines[1], 0), (lines[2], 3)]


def test_a_secret_is_a_parameter_of_the_draft(draft: Any, typed: Typed) -> None:
    command = replace(
        typed('curl -fsS -u ops:"$OPS_PASSWORD" -X POST http://h/x'), params=(SecretParam("OPS_PASSWORD", "typed"),)
    )
    _, runbook = draft([command])
    assert [(p.name, p.secret) for p in runbook.params] == [("OPS_PASSWORD", True)]


def test_a_secret_that_only_a_look_needs_holds_no_run_up(draft: Any, typed: Typed) -> None:
    secret = (SecretParam("OPS_PASSWORD", "typed"),)
    look = replace(typed('curl -fsS -u ops:"$OPS_PASSWORD" http://h/x'), params=secret)
    again = replace(typed('curl -fsS -u ops:"$OPS_PASSWORD" http://h/x', n=2), params=secret)
    _, runbook = draft([look, typed("systemctl restart kioskd", n=1), again])
    assert runbook.params == ()
    assert [s.command for s in runbook.steps] == ["systemctl restart kioskd"]


def test_what_only_an_inherited_name_decides_carries_it(draft: Any, typed: Typed) -> None:
    command = replace(typed("psql -c 'vacuum'"), env=(("PGHOST", "db7"), ("EDITOR", "vi")))
    _, runbook = draft([command])
    (step,) = runbook.section(SectionKind.FIX)
    assert step.attributes.env == (("PGHOST", "db7"),)


def test_without_exit_codes_the_draft_says_so(draft: Any, typed: Typed, layout: Layout) -> None:
    session, _ = draft([typed("touch /srv/x", None)])
    assert "exit codes were not known" in (layout.root / session.draft).read_text()


def test_an_editor_in_a_work_tree_leaves_the_diff_since_the_last_commit(
    draft: Any, typed: Typed, tmp_path: Path, need: Callable[..., None]
) -> None:
    need("git")
    tree = tmp_path / "tree"
    tree.mkdir()
    file = tree / "relay.conf"
    file.write_text("listen 80\n")
    git = ["git", "-C", str(tree), "-c", "user.name=n", "-c", "user.email=e@x"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True)
    file.write_text("listen 8080\n")
    _, runbook = draft([replace(typed("nano relay.conf", cwd=str(tree)), started=file.stat().st_mtime - 1)])
    (step,) = runbook.section(SectionKind.FIX)
    assert "+listen 8080" in step.command


def test_an_edit_nobody_recorded_is_told_as_something_to_do_by_hand(draft: Any, typed: Typed, layout: Layout) -> None:
    session, runbook = draft([typed("vim /etc/relay/relay.conf"), typed("systemctl reload relay", n=1)])
    assert [s.command for s in runbook.section(SectionKind.FIX)] == ["systemctl reload relay"]
    assert "By hand: `vim /etc/relay/relay.conf`" in (layout.root / session.draft).read_text()


def test_the_symptom_comes_from_a_log_that_was_read(draft: Any, typed: Typed, tmp_path: Path, layout: Layout) -> None:
    log = tmp_path / "kiosk.log"
    log.write_text("INFO up\nERROR lock /srv/kiosk/run/lock is held by 4711\n")
    session, runbook = draft([typed(f"tail {log}"), typed("rm /srv/kiosk/run/lock", n=1)])
    assert "lock is held" not in session.reason
    assert runbook.front["triggers"][0]["pattern"] == r"ERROR lock \S*/run/lock is held by \d+"


def test_a_typed_process_number_is_asked_for_anew_where_the_session_shows_how(draft: Any, typed: Typed) -> None:
    _, runbook = draft([typed("cat /run/kiosk.pid"), typed("kill 48213", n=1)])
    (step,) = runbook.section(SectionKind.FIX)
    assert step.command == "kill $(cat /run/kiosk.pid)"


def test_a_mistyped_secret_is_not_asked_for_and_the_right_one_is_called_plainly(draft: Any, typed: Typed) -> None:
    wrong = (SecretParam("OPS_PASSWORD", "typed at 14:05"),)
    right = (SecretParam("OPS_PASSWORD_2", "typed at 14:06"),)
    _, runbook = draft(
        [
            replace(typed('curl -fsS -u ops:"$OPS_PASSWORD" http://h/t -o run/token', 22), params=wrong),
            replace(typed('curl -fsS -u ops:"$OPS_PASSWORD_2" http://h/t -o run/token', n=1), params=right),
        ]
    )
    (param,) = runbook.params
    assert (param.name, "value 2" in param.help) == ("OPS_PASSWORD", True)
    assert [s.command for s in runbook.steps] == ['curl -fsS -u ops:"$OPS_PASSWORD" http://h/t -o run/token']


def test_a_look_at_a_temporary_folder_is_told_and_no_step_and_no_title_holds_a_variable(
    draft: Any, typed: Typed, layout: Layout
) -> None:
    session, runbook = draft(
        [
            typed("d=$(mktemp -d)", cwd="/srv/shelf"),
            typed("jq . data/all.json > $d/all.json", cwd="/srv/shelf", n=1),
            typed("diff data/all.json $d/all.json", 1, cwd="/srv/shelf", n=2),
            typed("cat $d/all.json", cwd="/srv/shelf", n=3),
            typed("cp $d/all.json data/all.json", cwd="/srv/shelf", n=4),
        ]
    )
    assert runbook.section(SectionKind.DIAGNOSIS) == ()
    assert next(s.command for s in runbook.section(SectionKind.FIX)) == "d=$(mktemp -d)"
    assert "$" not in runbook.title
    assert "Looked at on the way: `cat $d/all.json`" in (layout.root / session.draft).read_text()
