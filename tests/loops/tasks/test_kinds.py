"""A task's type follows from its labels; others may add types."""

from __future__ import annotations

import pytest

from reifierd.loops.tasks.kinds import GENERAL, Kind, kind_of, packaged_kinds
from reifierd.loops.tasks.settings import TypeSettings


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        (["builds"], "build"),
        (["registry"], "build"),
        (["deployment"], "deployment"),
        (["flux"], "deployment"),
        (["infrastructure"], "configuration"),
        (["networking"], "configuration"),
        (["security"], "configuration"),
        (["verification"], "verification"),
        (["health"], "verification"),
        (["docs", "urgent"], "general"),
        ([], "general"),
    ],
)
def test_the_type_follows_from_the_label(labels: list[str], name: str) -> None:
    assert kind_of(labels).name == name


def test_of_several_labels_the_first_that_belongs_to_a_type_decides() -> None:
    assert kind_of(["urgent", "health", "builds"]).name == "verification"
    assert kind_of(["builds", "health"]).name == "build"


def test_what_the_types_add() -> None:
    build, deployment, configuration, verification = packaged_kinds()
    assert (build.variables, build.images, build.gitops) == (("REGISTRY_URL", "VERSION"), True, False)
    assert (deployment.validates, deployment.gitops, deployment.readonly) == (True, True, False)
    assert (configuration.validates, configuration.gitops) == (True, True)
    assert (verification.readonly, verification.validates) == (True, False)
    assert Kind("general") == GENERAL


def test_a_later_type_takes_a_label_over() -> None:
    own = Kind.of("firmware", TypeSettings(labels=("Builds",), images=True))
    assert kind_of(["builds"], (*packaged_kinds(), own)) is own
    assert kind_of(["registry"], (*packaged_kinds(), own)).name == "build"
