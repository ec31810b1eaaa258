"""Whatever is typed: the draft reads back, and holds nothing that was not typed or failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reifierd.documents import parse_runbook
from reifierd.documents.draft import render_draft
from reifierd.documents.model import SectionKind
from reifierd.ledger.records import Session, SessionState
from reifierd.loops.scribe.compose import Setting, compose
from reifierd.loops.scribe.sections import analyse

POOL = (
    "cp a b", "cp b a", "mv a c", "mv c a", "rm a", "touch f", "rm f", "mkdir d", "rmdir d", "cd /srv/x", "cd", "X=1",
    "export X=2", 'echo "$X" > a', 'cat "$X"', "sed -i 's/a/b/' a", "sed -i 's/b/a/' a", "./ctl start", "./ctl stop",
    "./ctl restart", "./ctl status", "systemctl restart x", "redis-cli set k 1", "redis-cli del k", "git stash",
    "git stash pop", "git commit -qm x", "git reset --hard HEAD~1", "vim a", "top", "ls", "kill 4711", "echo `date` '",
    "for i in 1 2; do echo $i; done", "cat <<E > a\nx\nE", "sqlite3 a 'update t set x=1 where y=2'",
    "touch f && ./ctl status",
    "sudo -u x test -w a", ") (", "", "#", "a\x1bb", "```\n", "curl <host>/x",
)  # fmt: skip

SESSIONS = st.lists(
    st.tuples(st.sampled_from(POOL), st.sampled_from((0, 0, 1, None)), st.sampled_from("ab")), max_size=14
)


@given(SESSIONS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_draft_reads_back_and_runs_only_what_was_typed_and_did_not_fail(
    typed: Callable[..., Any], lines: list[tuple[str, int | None, str]]
) -> None:
    commands = [typed(text, code, shell=shell, n=n) for n, (text, code, shell) in enumerate(lines)]
    draft = compose(analyse(commands, "/home/u"), Session("s", SessionState.CLOSED, 1.8e9, 1.8e9), Setting())
    runbook = parse_runbook(render_draft(draft).encode())
    assert [p for p in runbook.problems if p.fatal and runbook.steps] == []
    good = {text for text, code, _ in lines if code in (0, None)}
    for step in runbook.section(SectionKind.FIX):
        assert step.command in good or any(text.startswith(step.command) for text, _, _ in lines)
