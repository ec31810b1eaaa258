"""A command may talk only to the cluster that the task or the configuration names."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from reifierd.documents.model import Attributes, SectionKind, Step
from reifierd.documents.task_model import Task
from reifierd.loops.tasks.blockers import Blocker, Work
from reifierd.loops.tasks.clusters import allowed_contexts, cluster_blockers, current_context
from reifierd.shell import Context, read

ALLOWED = ("staging", "dev-*")


def kubeconfig(path: Path, current: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"apiVersion: v1\nkind: Config\ncurrent-context: {current}\n"
        f"contexts:\n- name: {current}\n  context: {{cluster: c, user: u}}\nusers:\n- name: u\n  user: {{token: t}}\n"
    )
    return path


@pytest.fixture
def home(private_places: Path) -> Path:
    kubeconfig(private_places / ".kube/config", "staging")
    return private_places


def blockers(home: Path, *sources: str, **env: str) -> list[Blocker]:
    works = []
    for n, source in enumerate(sources, 1):
        step = Step(n, SectionKind.FIX, "", source, source, n * 10, attributes=Attributes())
        works.append(Work(n, step, read(source, Context(cwd=str(home), home=str(home)))))
    return list(cluster_blockers([(w, [w.view]) for w in works], ALLOWED, {"HOME": str(home), **env}))


def reasons(home: Path, *sources: str, **env: str) -> list[str]:
    return [b.reason for b in blockers(home, *sources, **env)]


@pytest.mark.parametrize(
    "source",
    [
        "kubectl get pods",
        "kubectl --context staging apply -f x",
        "kubectl --context=dev-1 get pods",
        "helm --kube-context dev-2 list",
        "flux --context staging reconcile ks app",
        "kubectl --context prod --help",
        "kubectl kustomize .",
        "helm template x",
        "helm lint x",
        "kubectl config get-contexts",
        "kubectl version --client",
        "kubectl",
        "kustomize build .",
        "ls",
        "HELM_KUBECONTEXT=dev-1 helm list",
        "kubectl config use-context dev-1 && kubectl get pods",
    ],
)
def test_what_may_run(home: Path, source: str) -> None:
    assert reasons(home, source) == []


@pytest.mark.parametrize(
    ("source", "context"),
    [
        ("kubectl --context prod get pods", "prod"),
        ("kubectl get pods --context=prod", "prod"),
        ("sudo kubectl --context prod get pods | grep x", "prod"),
        ("f() { kubectl --context prod get pods; }; f", "prod"),
        ("helm upgrade a b --kube-context prod", "prod"),
        ("HELM_KUBECONTEXT=prod helm upgrade a b", "prod"),
        ("kubectl config use-context prod", "prod"),
        ("kubectx prod && kubectl get pods", "prod"),
        ("C=prod; kubectl --context $C get pods", "prod"),
        ("xargs kubectl --context prod delete pod < pods", "prod"),
        ("flux --context=prod get ks", "prod"),
        ("stern --context prod app", "prod"),
        ("kubectl logs -f --context prod pod/x", "prod"),
        ("kubectl --context staging --context prod get pods", "prod"),
        ("helm upgrade --install -f --kube-context=prod a b", "prod"),
    ],
)
def test_another_context_is_refused_however_it_is_named(home: Path, source: str, context: str) -> None:
    found = blockers(home, source)
    assert {b.reason for b in found} == {f"the kube context {context} is not allowed for this task"}
    assert (found[0].criterion, found[0].line, f"contexts: [{context}]" in found[0].remedy) == (1, 10, True)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("kubectl --context $(pick) get pods", "the kube context is only known at run time"),
        ("kubectl --server https://10.0.0.1:6443 get pods", "`kubectl` names a server instead of a context"),
        ("ssh node kubectl get pods", "`kubectl` runs elsewhere (ssh), and names no context"),
        ("KUBECONFIG=$(mktemp); kubectl get pods", "which kubeconfig is read is only known at run time"),
        ("KUBECONFIG=/nowhere kubectl get pods", "there is no current kube context"),
        ("KUBECONFIG=/nowhere; k9s", "there is no current kube context"),
    ],
)
def test_what_cannot_be_told_waits(home: Path, source: str, told: str) -> None:
    assert reasons(home, source) == [told]


@pytest.mark.parametrize(
    "source",
    [
        "kubectl --kubeconfig other get pods",
        "KUBECONFIG=other kubectl get pods",
        "export KUBECONFIG=other; kubectl get pods",
        "env KUBECONFIG=other kubectl get pods",
        "KUBECONFIG=$HOME/other helm list",
    ],
)
def test_the_kubeconfig_that_a_command_reads_decides(home: Path, source: str) -> None:
    kubeconfig(home / "other", "prod")
    assert reasons(home, source) == ["the kube context prod is not allowed for this task"]


def test_what_a_wrapper_sets_ends_with_its_command(home: Path) -> None:
    kubeconfig(home / "other", "dev-1")
    kubeconfig(home / ".kube/config", "prod")
    assert len(reasons(home, "env KUBECONFIG=other kubectl get pods")) == 0
    assert len(reasons(home, "env KUBECONFIG=other kubectl get pods; kubectl delete pod x")) == 1


def test_a_context_that_a_block_chose_holds_for_those_behind_it(home: Path) -> None:
    found = blockers(home, "kubectl config use-context prod", "kubectl get pods")
    assert [b.criterion for b in found] == [1, 2]


def test_the_environment_may_name_the_kubeconfig(home: Path) -> None:
    other = kubeconfig(home / "other", "prod")
    assert reasons(home, "kubectl get pods", KUBECONFIG=str(other)) == [
        "the kube context prod is not allowed for this task"
    ]


def test_a_task_names_its_contexts_in_one_or_many() -> None:
    assert allowed_contexts(Task(front={"context": "a"}), ("b",)) == ("a", "b")
    assert allowed_contexts(Task(front={"contexts": ["a", "c"]}), ()) == ("a", "c")
    assert allowed_contexts(Task(front={"kubectl_context": "d"}), ()) == ("d",)
    assert allowed_contexts(Task(), ()) == ()


def test_without_any_allowed_context_no_cluster_is_talked_to(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ALLOWED", ())
    assert len(blockers(home, "kubectl get pods")) == 1


def test_the_current_context_is_that_of_kubectl_itself(home: Path, need: Callable[..., None]) -> None:
    need("kubectl")
    one, two = kubeconfig(home / "one", "first"), kubeconfig(home / "two", "second")
    (home / "none").write_text("apiVersion: v1\nkind: Config\n")
    for value in ("", str(one), f"{two}:{one}", f"{home / 'none'}:{one}", f"{home / 'missing'}:{two}"):
        environment = {"HOME": str(home), "PATH": os.environ["PATH"], "KUBECONFIG": value}
        said = subprocess.run(
            ["kubectl", "config", "current-context"], env=environment, capture_output=True, text=True, check=False
        )
        assert current_context(environment) == said.stdout.strip()


def test_a_kubeconfig_that_is_none_has_no_context(home: Path) -> None:
    for text in ("{", "[]", "current-context: [", "\x00", "current-context:"):
        (home / "odd").write_text(text)
        assert current_context({"HOME": str(home)}, str(home / "odd")) == ""
