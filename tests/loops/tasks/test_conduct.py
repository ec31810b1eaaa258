"""GitOps types make no direct change, verification only looks; nothing hides behind wrappers, pipes and scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from reifierd.documents.model import Attributes, SectionKind, Step
from reifierd.loops.tasks.blockers import Work
from reifierd.loops.tasks.conduct import conduct_blockers
from reifierd.loops.tasks.kinds import kind_of
from reifierd.loops.tasks.scripts import scripts_of
from reifierd.shell import Context, read

DIRECT = ("flux reconcile",)


def reasons(
    label: str, source: str, project: Path = Path("/w"), *, direct: tuple[str, ...] = DIRECT, readonly: bool = False
) -> list[str]:
    step = Step(1, SectionKind.FIX, "", source, source, 4, attributes=Attributes(readonly=readonly))
    work = Work(2, step, read(source, Context(cwd=str(project))))
    scripts = scripts_of(work, project, read, {}, "/home/x")
    return [b.reason for b in conduct_blockers(kind_of([label]), [(work, scripts)], direct)]


@pytest.mark.parametrize("label", ["deployment", "flux", "infrastructure", "networking", "security"])
@pytest.mark.parametrize(
    "source",
    [
        "kubectl apply -f x.yaml",
        "sudo /usr/bin/kubectl apply -f x.yaml",
        "kustomize build . | kubectl apply -f -",
        "bash -c 'kubectl apply -f x'",
        "eval 'kubectl apply -f x'",
        "k=kubectl; $k apply -f x",
        "echo x | xargs kubectl delete pod",
        "f() { kubectl patch deploy a -p '{}'; }; f",
        "kubectl create ns a",
        "kubectl replace -f x",
        "kubectl edit deploy a",
        "kubectl set image deploy/a a=b",
        "kubectl scale deploy/a --replicas=2",
        "kubectl rollout restart deploy/a",
        "kubectl cp x pod:/x",
        "helm install a b",
        "helm upgrade --install a b",
        "oc apply -f x",
        "terraform apply -auto-approve",
        "tofu apply",
        "argocd app sync shop",
        "flux suspend ks app",
        "k apply -f x",
    ],
)
def test_a_direct_change_is_left_to_gitops(label: str, source: str) -> None:
    assert reasons(label, source)


@pytest.mark.parametrize(
    "source",
    [
        "kubectl get pods -A",
        "kubectl diff -f x",
        "kubectl apply --dry-run=client -f x",
        "kubectl kustomize .",
        "kubectl config use-context staging",
        "helm template a",
        "helm lint a",
        "terraform plan",
        "flux reconcile kustomization app --with-source",
        "sed -i s/1/2/ release.yaml",
        "kustomize edit set image a=b:1",
        "git commit -am x",
    ],
)
def test_what_gitops_may_do(source: str) -> None:
    assert reasons("deployment", source) == []


def test_the_configuration_may_allow_more() -> None:
    assert reasons("deployment", "kubectl rollout restart deploy/a", direct=("kubectl rollout restart",)) == []
    assert reasons("deployment", "k apply -f x", direct=("kubectl apply",)) == []
    assert reasons("deployment", "kubectl delete ns a", direct=("kubectl apply",))
    assert reasons("deployment", "terraform apply", direct=("*",)) == []


def test_other_types_may_change_directly() -> None:
    assert reasons("docs", "kubectl apply -f x") == []
    assert reasons("builds", "kubectl apply -f x") == []


def test_a_script_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "deploy.sh").write_text("#!/bin/sh\n. ./inner.sh\n")
    (tmp_path / "inner.sh").write_text("kubectl apply -f x\n")
    assert reasons("deployment", "bash deploy.sh", tmp_path) == [
        "`kubectl apply -f x` changes it directly, and this type of task leaves that to GitOps"
    ]


@pytest.mark.parametrize(
    "source",
    [
        "curl -fsS localhost/health",
        "kubectl get pods",
        "test -f x && cat x",
        "systemctl status a",
        "shopctl health",
        "psql -c 'select 1' a",
        "grep x y | wc -l > /dev/null",
        'x=$(cat y); [ "$x" = 1 ]',
    ],
)
def test_a_verification_looks(source: str) -> None:
    assert reasons("verification", source) == []


@pytest.mark.parametrize(
    "source",
    [
        "rm x",
        "curl -X POST localhost/x",
        "echo x > y",
        "systemctl restart a",
        "kubectl delete pod a",
        "shopctl repair",
        "sudo touch x",
        "psql -c 'delete from t' a",
        "cat x | tee y",
        "bash -c 'rm x'",
    ],
)
def test_a_verification_changes_nothing(source: str) -> None:
    assert reasons("health", source)


def test_a_persons_readonly_is_believed() -> None:
    assert reasons("verification", "shopctl repair", readonly=True) == []


def test_a_script_that_only_looks_may_be_called_whatever_it_is_called(tmp_path: Path) -> None:
    script = tmp_path / "repair.sh"
    script.write_text("#!/bin/bash\ngrep -q ok state\n")
    script.chmod(0o755)
    assert reasons("verification", "./repair.sh", tmp_path) == []
    script.rename(tmp_path / "check.sh")
    assert reasons("verification", "./check.sh", tmp_path) == []
    (tmp_path / "check.sh").write_text("#!/bin/bash\nrm -f state\n")
    assert reasons("verification", "./check.sh", tmp_path)


def test_a_script_that_is_not_read_is_not_believed_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "status.py").write_text("#!/usr/bin/env python3\nopen('x', 'w')\n")
    (tmp_path / "status.py").chmod(0o755)
    for source in ("./status.py", "./check.sh", "sudo ./status.py", "timeout 5 ./verify"):
        assert any("not known to be read-only" in reason for reason in reasons("verification", source, tmp_path))
    assert reasons("verification", "./status.py", tmp_path, readonly=True) == []


def test_scripts_that_call_scripts_are_asked_together(tmp_path: Path) -> None:
    for name, text in (("a.sh", "./b.sh\n./b.sh --again\n"), ("b.sh", "grep -q ok state && ./a.sh\n")):
        (tmp_path / name).write_text("#!/bin/bash\n" + text)
        (tmp_path / name).chmod(0o755)
    assert reasons("verification", "./a.sh; ./a.sh", tmp_path) == []
    (tmp_path / "b.sh").write_text("#!/bin/bash\nshopctl repair\n")
    assert reasons("verification", "./a.sh", tmp_path)
    (tmp_path / "b.sh").write_text("#!/bin/bash\nsudo ls > state\n")
    assert any("changes something" in reason for reason in reasons("verification", "./a.sh", tmp_path))


def test_a_sourced_file_counts_by_what_stands_in_it(tmp_path: Path) -> None:
    (tmp_path / "env.sh").write_text("export A=1\n")
    assert reasons("verification", ". ./env.sh && ls", tmp_path) == []
    (tmp_path / "env.sh").write_text("touch x\n")
    assert reasons("verification", ". ./env.sh && ls", tmp_path)
    assert reasons("verification", ". ./other.sh && ls", tmp_path)


def test_what_make_only_prints_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("all:\n\trm -f x\n")
    assert reasons("verification", "make -n", tmp_path) == []
    assert reasons("verification", "make", tmp_path)


@pytest.mark.parametrize(
    "source", ["make deploy", "make -C ops", "cd ops && make all", "make -f ops/Makefile KUBE=kubectl"]
)
def test_a_makefile_hides_nothing(tmp_path: Path, source: str) -> None:
    (tmp_path / "ops").mkdir()
    (tmp_path / "Makefile").write_text(
        "KUBE = kubectl\nall:\n\ttrue\ndeploy: check\n\t@$(KUBE) apply -f x\ncheck:\n\ttrue\n"
    )
    (tmp_path / "ops/Makefile").write_text("KUBE ?= kubectl\nall:\n\t$(KUBE) apply -f x\n")
    assert any("kubectl apply -f x" in reason for reason in reasons("deployment", source, tmp_path))
    assert reasons("deployment", "make", tmp_path) == []
