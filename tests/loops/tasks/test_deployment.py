"""Deployment tasks: a HelmRelease is edited, a real kustomize (in kubectl) or a script that parses it validates it, and
nothing is applied past GitOps."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reifierd.ledger.records import RunState

Desk = Any  # of conftest.py, which tests cannot import
Write = Callable[..., str]

RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: shop
spec:
  interval: 5m
  chart:
    spec:
      chart: shop
      version: 1.2.0
  values:
    image:
      tag: 0.1.17 # what runs
"""
KUSTOMIZATION = "resources:\n- release.yaml\n"
BUMP = "sed -i 's/tag: 0.1.17/tag: 0.1.18/' apps/shop/release.yaml"
PROVE = "grep -q 'tag: 0.1.18' apps/shop/release.yaml"
BREAK = "sed -i 's/^kind: .*/kind: [/' apps/shop/release.yaml"
PARSER = """\
import pathlib, sys
from ruamel.yaml import YAML
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.yaml")):
    YAML(typ="safe").load(path.read_text())
    print("read", path.name)
"""


@pytest.fixture
def cluster(desk: Desk) -> Desk:
    desk.project.commit(**{"apps/shop/release.yaml": RELEASE, "apps/shop/kustomization.yaml": KUSTOMIZATION})
    return desk


@pytest.fixture(params=["kustomize", "configured"])
def validated(request: pytest.FixtureRequest, cluster: Desk, need: Any) -> Desk:
    """Validated by kustomize as kubectl brings it, or by a script of the configuration that parses the YAML."""
    if request.param == "kustomize":
        need("kubectl")
    else:
        script = cluster.config.parent / "parse.py"
        script.write_text(PARSER)
        cluster.restart(validator=f'{sys.executable} {script} "$FOLDER"')
    return cluster


def release(desk: Desk) -> str:
    text: str = (desk.project.top / "apps/shop/release.yaml").read_text()
    return text


def test_the_edited_release_is_validated_and_committed(validated: Desk, task: Write) -> None:
    validated.approve(task(("Set the tag to 0.1.18", BUMP, PROVE), labels="deployment"))
    result = validated.result
    assert (result["status"], result["task_type"]) == ("committed", "deployment")
    assert release(validated) == RELEASE.replace("0.1.17", "0.1.18")
    assert validated.project.committed == ["apps/shop/release.yaml"]
    assert [s.name for s in validated.ledger.journal.steps(validated.last.run_id)][-1] == "validate apps/shop"
    assert validated.boxes() == "x"


def test_a_release_that_the_validator_refuses_is_not_committed(validated: Desk, task: Write) -> None:
    validated.approve(task(("Set the tag to 0.1.18", BUMP), ("Tidy", BREAK), labels="flux"))
    result = validated.result
    assert (result["success"], result["status"]) == (True, "ready_for_verification")
    assert validated.last.state is RunState.FAILED
    assert "Verification failed: validate apps/shop" in validated.text()
    assert validated.project.subject == "before"
    assert validated.project.status == ["M  apps/shop/release.yaml"]
    assert validated.file().parent.name == "approved"


def test_a_repaired_release_is_validated_again_and_committed_when_the_person_staged_it(
    validated: Desk, task: Write
) -> None:
    validated.approve(task(("Set the tag to 0.1.18", BUMP), ("Tidy", BREAK), labels="flux"))
    validate = validated.ran[-1][0]
    validated.project.write("apps/shop/release.yaml", RELEASE.replace("0.1.17", "0.1.18"))
    validated.resume()
    assert validated.ran[-1] == (validate, 3, 0)
    assert validated.result["status"] == "verified"
    assert "if it is right as it is now: git add apps/shop/release.yaml" in validated.result["next_steps"]
    validated.project.git("add", "apps/shop/release.yaml")
    validated.resume()
    assert validated.ran[-1] == (validate, 4, 0)
    assert validated.result["status"] == "committed"
    assert "kind: HelmRelease" in validated.project.git("show", "HEAD:apps/shop/release.yaml")
    assert validated.project.status == []


def test_a_release_that_is_still_broken_is_refused_again(validated: Desk, task: Write) -> None:
    validated.approve(task(("Set the tag to 0.1.18", BUMP), ("Tidy", BREAK), labels="flux"))
    validated.project.write("apps/shop/release.yaml", "kind: [\nmore: [\n")
    validated.resume()
    assert validated.result["status"] == "ready_for_verification"
    assert validated.project.subject == "before"


def test_applying_past_gitops_is_refused_and_nothing_of_it_runs(cluster: Desk, task: Write, need: Any) -> None:
    need("kubectl")
    cluster.restart(validator="true", contexts=["*"])
    cluster.approve(
        task(
            ("Set the tag to 0.1.18", BUMP),
            ("Apply it", "kubectl --context staging apply -f apps/shop/release.yaml"),
            labels="deployment",
        )
    )
    result = cluster.result
    assert result["status"] == "partially_complete"
    [open_still] = result["remaining_criteria"]
    assert "leaves that to GitOps" in open_still["reason"]
    assert any("direct below [tasks]" in step for step in result["next_steps"])
    assert [command for command, _, _ in cluster.ran] == [BUMP]
    assert cluster.boxes() == "x "
    assert cluster.project.subject == "before"


def test_a_script_that_applies_is_seen_through(cluster: Desk, task: Write, need: Any) -> None:
    need("kubectl")
    cluster.project.script("roll.sh", "kubectl --context staging apply -f apps/shop/release.yaml")
    cluster.project.commit()
    cluster.restart(validator="true", contexts=["*"])
    cluster.approve(task(("Roll it out", "./roll.sh"), labels="deployment"))
    assert cluster.result["status"] == "blocked"
    assert "leaves that to GitOps" in cluster.result["remaining_criteria"][0]["reason"]
    assert cluster.ran == []


def test_a_kube_context_that_nobody_allowed_is_blocked(cluster: Desk, task: Write, need: Any) -> None:
    need("kubectl")
    look = "kubectl --context production get pods"
    cluster.approve(task(("See the pods", look), labels="deployment"))
    assert cluster.result["status"] == "blocked"
    assert "production" in cluster.result["remaining_criteria"][0]["reason"]
    assert cluster.ran == []


def test_a_failing_edit_is_tried_twice_and_leaves_the_release_alone(cluster: Desk, task: Write) -> None:
    cluster.approve(task(("Set the tag", "grep -q 'tag: 9' apps/shop/release.yaml && " + BUMP), labels="deployment"))
    result = cluster.result
    assert (result["success"], result["status"]) == (False, "partially_complete")
    assert [(attempt, status) for _, attempt, status in cluster.ran] == [(1, 1), (2, 1)]
    assert release(cluster) == RELEASE
    assert cluster.project.status == []


def test_an_edit_that_fails_once_is_validated_after_the_second_attempt(
    validated: Desk, task: Write, tmp_path: Path
) -> None:
    once = f"test -e {tmp_path}/once || {{ touch {tmp_path}/once; exit 1; }}"
    validated.approve(task(("Set the tag to 0.1.18", f"{once}\n{BUMP}"), ("Prove it", PROVE), labels="deployment"))
    assert [status for _, _, status in validated.ran][:3] == [1, 0, 0]
    assert validated.result["status"] == "committed"
    assert validated.project.committed == ["apps/shop/release.yaml"]


def test_without_a_validator_it_says_what_to_install(
    cluster: Desk, task: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("bash", "sed", "grep", "git", "cat", "env"):
        (programs / name).symlink_to(f"/usr/bin/{name}")
    monkeypatch.setenv("PATH", str(programs))
    cluster.approve(task(("Set the tag to 0.1.18", BUMP), labels="deployment"))
    result = cluster.result
    assert result["status"] == "ready_for_verification"
    assert any("install kustomize" in step for step in result["next_steps"])
