"""Invariant 11: the tool does not consent for itself. There is no override."""

from __future__ import annotations

import pytest

from reifierd.shell import Context, Verdict, judge, load_rules

RULES = load_rules()
WORK = "/home/ops/reifierd"
CONTEXT = Context(
    cwd="/home/ops",
    home="/home/ops",
    protected=(
        f"{WORK}/runbooks/approved",
        f"{WORK}/tasks/approved",
        "/home/ops/.config/reifierd",
        "/home/ops/.local/state/reifierd",
    ),
    overridable=frozenset({"self-consent"}),
)


@pytest.mark.parametrize(
    "source",
    [
        f"mv {WORK}/runbooks/drafts/a.md {WORK}/runbooks/approved/",
        "cp a.md reifierd/runbooks/approved/a.md",
        "cd reifierd/runbooks && mv drafts/a.md approved/",
        "echo x > ~/reifierd/tasks/approved/t.md",
        'W=~/reifierd; cat a.md | tee "$W/runbooks/approved/a.md"',
        'mv a.md "$WORKSPACE/runbooks/approved/a.md"',
        "sed -i s/a/b/ ~/.config/reifierd/config.toml",
        "rm -f ~/.config/reifierd/rules/own.toml",
        "sqlite3 ~/.local/state/reifierd/x/ledger.sqlite3 'insert into approvals values (1)'",
        "python3 -c \"open('/home/ops/reifierd/runbooks/approved/a.md', 'w')\"",
        "ln -s /home/ops/reifierd/runbooks/approved /tmp/a",
        "touch reifierd/runbooks/appr*/x",
        "cp -r new/runbooks ~/reifierd/",
        "rsync -a new/ ~/reifierd/runbooks/",
        "bash -c 'mv x ~/reifierd/runbooks/approved'",
        "find . -name a.md -exec mv {} ~/reifierd/runbooks/approved ';'",
        "sudo cat a.md > ~/reifierd/runbooks/approved/a.md",
        "reifierd approve fix",
        "reifierd resume 4",
        "reifierd -w /srv/w approve x",
        "sudo -u ops reifierd stop 3",
        "python3 -m reifierd approve x",
        "uv run reifierd approve x",
        "reifierd task run t",
        "r=reifierd; $r approve x",
        "echo x | xargs reifierd approve",
        "env A=1 /opt/bin/reifierd reject x",
    ],
)
def test_invariant_11_a_step_never_consents_for_itself(source: str) -> None:
    judgement = judge(source, RULES, CONTEXT)
    assert judgement.verdict is Verdict.REFUSE
    assert "self-consent" in {f.rule for f in judgement.findings}


@pytest.mark.parametrize(
    "source",
    [
        "ls ~/reifierd/runbooks/approved",
        "cat ~/reifierd/runbooks/approved/a.md",
        "cp a.md ~/reifierd/runbooks/drafts/",
        "cp ~/reifierd/runbooks/approved/a.md /tmp/",
        "reifierd status",
        "reifierd check x.md",
        "grep reifierd approve.log",
        "echo reifierd approve x",
        "vim-like-tool approved/x",
        "mkdir approved",
        "cp x ~/.config/other/",
    ],
)
def test_looking_and_drafting_stay_free(source: str) -> None:
    assert "self-consent" not in {f.rule for f in judge(source, RULES, CONTEXT).findings}
