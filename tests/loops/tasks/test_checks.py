"""Manifests that changed must pass a real validator; more checks come from the configuration and other packages."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reifierd.documents.model import Step
from reifierd.documents.task_model import Task
from reifierd.loops.tasks.blockers import Blocker
from reifierd.loops.tasks.checks import Check, Done, check_steps, checked, validated_folders
from reifierd.loops.tasks.kinds import kind_of

DEPLOYMENT = kind_of(["deployment"])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """apps/base, which overlays/a takes in; a folder of its own; and one that no kustomization takes in."""
    files = {
        "apps/base/kustomization.yaml": "resources: [release.yaml]\n",
        "apps/base/release.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\n",
        "overlays/a/kustomization.yaml": "resources: [../../apps/base]\n",
        "overlays/b/kustomization.yaml": "resources: [own.yaml]\n",
        "overlays/b/own.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\n",
        "loose/x.yaml": "a: 1\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def done(project: Path, *changed: str, **front: Any) -> Done:
    return Done(Task(front=front), DEPLOYMENT, project, tuple(project / name for name in changed))


def folders(*of: Any, **front: Any) -> list[str]:
    return [str(f.relative_to(of[0])) for f in validated_folders(done(*of, **front))[0]]


def run(step: Step) -> int:
    env = {**os.environ, **dict(step.attributes.env)}
    return subprocess.run(
        ["bash", "-c", step.command], cwd=step.attributes.cwd, env=env, capture_output=True, check=False
    ).returncode


def test_a_change_is_validated_where_it_stands_and_where_it_is_taken_in(project: Path) -> None:
    assert folders(project, "apps/base/release.yaml") == ["apps/base", "overlays/a"]
    assert folders(project, "overlays/b/own.yaml") == ["overlays/b"]
    assert folders(project, "README.md") == []


def test_declared_folders_are_validated_in_any_case(project: Path) -> None:
    assert folders(project, validate="overlays/b") == ["overlays/b"]
    assert folders(project, "apps/base/release.yaml", validate=["apps/base"]) == ["apps/base", "overlays/a"]


@pytest.mark.parametrize("wrong", ["nowhere", "../..", "/etc"])
def test_a_declared_folder_outside_the_project_blocks(project: Path, wrong: str) -> None:
    [blocker] = validated_folders(done(project, validate=wrong))[1]
    assert blocker.blocks


def test_a_manifest_that_nothing_takes_in_is_told(project: Path) -> None:
    _, [note] = validated_folders(done(project, "loose/x.yaml"))
    assert (note.blocks, "loose/x.yaml" in note.reason) == (False, True)


def test_kustomize_or_kubectl_really_validates(project: Path, need: Callable[..., None]) -> None:
    if not shutil.which("kustomize"):
        need("kubectl")
    (project / "overlays/a/kustomization.yaml").write_text("bases: [../../apps/base]\n")  # kubectl 1.20 knows no other
    [base, overlay], none = check_steps(done(project, "apps/base/release.yaml"), (), "", shutil.which)
    assert none == ()
    assert (run(base), run(overlay)) == (0, 0)
    (project / "apps/base/kustomization.yaml").write_text("resources: [missing.yaml]\n")
    assert run(base) != 0
    assert run(overlay) != 0


def test_a_configured_validator_gets_the_folder(project: Path) -> None:
    [step], _ = check_steps(
        done(project, "overlays/b/own.yaml"), (), 'test -f "$FOLDER/own.yaml" # x', lambda _name: None
    )
    assert run(step) == 0
    [step], _ = check_steps(done(project, "overlays/b/own.yaml"), (), "false", lambda _name: None)
    assert run(step) != 0


def test_without_any_validator_it_is_said_what_to_install(project: Path) -> None:
    steps, [blocker] = check_steps(done(project, "overlays/b/own.yaml"), (), "", lambda _name: None)
    assert (steps, blocker.blocks, "install kustomize" in blocker.remedy) == ((), True, True)


def test_other_types_validate_nothing(project: Path) -> None:
    other = Done(Task(), kind_of(["builds"]), project, (project / "overlays/b/own.yaml",))
    assert check_steps(other, (), "", shutil.which) == ((), ())


def test_checks_are_for_their_types_and_projects(project: Path) -> None:
    checks = [Check("all", "true"), Check("builds", "true", types=("build",)), Check("else", "true", projects=("/x",))]
    steps, _ = check_steps(done(project), checks, "", shutil.which)
    assert [(s.title, s.attributes.cwd) for s in steps] == [("all", str(project))]


def test_a_check_that_is_a_function_finds_blockers_and_one_that_breaks_is_one(project: Path) -> None:
    def breaks(_done: Done) -> list[Blocker]:
        raise ValueError("no scales")

    found = checked(
        done(project),
        [Check("a", function=lambda d: [Blocker("weight", str(d.kind.name))]), Check("b", function=breaks)],
    )
    assert [b.reason for b in found] == ["deployment", "the check b broke: ValueError: no scales"]
