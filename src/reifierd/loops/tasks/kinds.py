"""Types of tasks: which one a task is, by its labels, and what that adds.

The labels are asked in the order in which they are written: the first one that belongs to a type decides. A task with
no such label is `general`, which adds nothing. The packaged types stand in `knowledge.toml`; a type of the
configuration or of another package (see `extensions.py`) with the name of a packaged one replaces it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from reifierd.loops.tasks.knowledge import table
from reifierd.loops.tasks.settings import TypeSettings


@dataclass(frozen=True)
class Kind:
    """What a task's type adds.

    `variables` must have a value in the environment of its commands; `images` are verified in the registry afterwards;
    `validates` runs the validator over the folders that changed; `gitops` refuses direct changes to a cluster or to
    infrastructure; `readonly` refuses whatever is not known to change nothing.
    """

    name: str
    labels: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    images: bool = False
    validates: bool = False
    gitops: bool = False
    readonly: bool = False

    @classmethod
    def of(cls, name: str, settings: TypeSettings) -> Kind:
        """The type that a section `[tasks.types.NAME]` describes."""
        labels = tuple(label.lower() for label in settings.labels)
        return cls(name, **{**settings.model_dump(), "labels": labels})


GENERAL = Kind("general")


@cache
def packaged_kinds() -> tuple[Kind, ...]:
    """build, deployment, configuration and verification."""
    return tuple(Kind.of(name, TypeSettings.model_validate(row)) for name, row in table("types").items())


def kind_of(labels: Iterable[str], kinds: Iterable[Kind] = ()) -> Kind:
    """The type of a task with these labels (in lower case, in the order of the file); `kinds` default to the packaged.

    Where two types claim a label, the one that stands later in `kinds` has it.
    """
    by_label = {label: kind for kind in (tuple(kinds) or packaged_kinds()) for label in kind.labels}
    return next((by_label[label] for label in labels if label in by_label), GENERAL)
