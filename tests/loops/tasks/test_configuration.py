"""Configuration tasks: infrastructure is edited in the repository, checked, and never changed directly."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reifierd.runs.words import Wish

Desk = Any  # of conftest.py, which tests cannot import
Write = Callable[..., str]

POLICY = "kind: NetworkPolicy\nspec:\n  ports: [80]\n"
OPEN_443 = "sed -i 's/ports: .80./ports: [80, 443]/' net/policy.yaml"


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Programs that only write down that they were called: no cluster is there to be talked to."""

    def make(*names: str) -> None:
        folder = tmp_path / "programs"
        folder.mkdir()
        for name in names:
            program = folder / name
            program.write_text(f'#!/bin/bash\necho {name} "$@" >> {tmp_path}/said\n')
            program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    return make


@pytest.fixture
def net(desk: Desk) -> Desk:
    desk.project.commit(**{"net/policy.yaml": POLICY, "net/check.sh": "grep -q 'ports: \\[80' \"$1\"/policy.yaml\n"})
    desk.restart(validator='bash net/check.sh "$FOLDER"')
    return desk


def test_an_edited_policy_is_validated_in_the_folder_that_the_file_names(net: Desk, task: Write) -> None:
    net.approve(task(("Open 443", OPEN_443, "grep -q 443 net/policy.yaml"), labels="networking", front="validate: net"))
    assert (net.result["status"], net.result["task_type"]) == ("committed", "configuration")
    assert [s.name for s in net.ledger.journal.steps(net.last.run_id)][-1] == "validate net"
    assert net.project.committed == ["net/policy.yaml"]


def test_what_the_validator_refuses_is_staged_and_waits(net: Desk, task: Write) -> None:
    net.approve(task(("Close all", "sed -i 's/80/0/' net/policy.yaml"), labels="security", front="validate: net"))
    assert net.result["status"] == "ready_for_verification"
    assert net.project.status == ["M  net/policy.yaml"]
    assert net.project.subject == "before"


def test_a_manifest_that_no_kustomization_takes_in_is_told(net: Desk, task: Write) -> None:
    net.approve(task(("Open 443", OPEN_443), labels="networking"))
    assert net.result["status"] == "committed"
    assert "no kustomization takes in net/policy.yaml" in net.receipt


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        ("terraform apply -auto-approve", "infrastructure-destroy"),
        ("kubectl --context test delete networkpolicy shop", "kubernetes-delete"),
        ("helm --kube-context test upgrade a b", ""),
    ],
)
def test_infrastructure_is_not_changed_directly_whatever_rule_is_overridden(
    net: Desk, task: Write, stand_ins: Callable[..., None], command: str, rule: str
) -> None:
    stand_ins("terraform", "kubectl", "helm")
    net.restart(contexts=["test"])
    text = task(("Do it at once", command), ("Open 443", OPEN_443), labels="infrastructure")
    net.approve(text, wish=Wish(overrides=(rule,) if rule else ()))
    [reason] = [r["reason"] for r in net.result["remaining_criteria"]]
    assert "GitOps" in reason
    assert [c for c, _, _ in net.ran] == [OPEN_443]


def test_the_configuration_can_allow_a_direct_change(
    net: Desk, task: Write, stand_ins: Callable[..., None], tmp_path: Path
) -> None:
    stand_ins("flux")
    net.restart(contexts=["test"])
    told = "flux --context test reconcile kustomization net"
    net.approve(task(("Open 443", OPEN_443), ("Tell GitOps", told), labels="networking"))
    assert net.result["status"] == "committed"
    assert (tmp_path / "said").read_text() == "flux --context test reconcile kustomization net\n"


def test_a_failing_edit_leaves_the_rest_to_the_next_attempt(net: Desk, task: Write, tmp_path: Any) -> None:
    net.approve(
        task(("Open 443", f"test -e {tmp_path}/yes && {OPEN_443}"), ("Note it", "echo y > note"), labels="networking")
    )
    assert net.result["status"] == "partially_complete"
    assert net.boxes() == " x"
    (tmp_path / "yes").touch()
    net.resume()
    assert net.result["status"] == "committed"
    assert net.project.committed == ["net/policy.yaml", "note"]
    assert [attempt for c, attempt, _ in net.ran if "443" in c] == [1, 2, 3]
    assert [attempt for c, attempt, _ in net.ran if c == "echo y > note"] == [1]
