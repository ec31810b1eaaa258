"""What can be set about executing tasks (`[tasks]` in config.toml)."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _regular(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from None
    return text


Regular = Annotated[str, AfterValidator(_regular)]


class TypeSettings(BaseModel):
    """One type of task of your own, or what replaces a packaged one (`[tasks.types.NAME]`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    labels: tuple[str, ...] = Field(default=(), description="a task with one of these labels is of this type")
    variables: tuple[str, ...] = Field(default=(), description="environment variables that must have a value")
    images: bool = Field(default=False, description="verify the images in the registry afterwards")
    validates: bool = Field(default=False, description="run the validator over the folders that changed")
    gitops: bool = Field(default=False, description="refuse commands that change a cluster or infrastructure directly")
    readonly: bool = Field(default=False, description="refuse commands that are not known to change nothing")


class HandlerSettings(BaseModel):
    """Commands for criteria that name none (`[[tasks.handlers]]`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pattern: str = Field(min_length=1, description="regular expression (or a glob) on the criterion's text")
    glob: bool = Field(default=False, description="the pattern is a glob over the whole text")
    commands: tuple[str, ...] = Field(min_length=1, description="what to run, each in bash; groups are variables")
    projects: tuple[str, ...] = Field(
        default=(), description="only in projects whose folder matches one of these globs"
    )
    types: tuple[str, ...] = Field(default=(), description="only for tasks of these types")


class CheckSettings(BaseModel):
    """A check after the criteria, besides the task's own Verification (`[[tasks.checks]]`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    command: str = Field(min_length=1, description="must exit 0; runs in the project's folder")
    projects: tuple[str, ...] = Field(
        default=(), description="only in projects whose folder matches one of these globs"
    )
    types: tuple[str, ...] = Field(default=(), description="only for tasks of these types")


class TasksSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    attempts: int = Field(
        default=2, ge=1, le=10, description="how often a command is tried before its criterion failed"
    )
    backoff: float = Field(default=1, ge=0, description="seconds before a second try; doubled for each further one")
    timeout: float = Field(default=1800, gt=0, description="seconds a command may take unless its block says otherwise")
    side_by_side: int = Field(default=2, ge=1, description="projects worked on at the same time")
    branches: tuple[str, ...] = Field(default=("main", "master"), description="branches on which tasks may run (globs)")
    contexts: tuple[str, ...] = Field(default=(), description="kube contexts that tasks may talk to (globs)")
    production: tuple[Regular, ...] = Field(
        default=(), description="databases that no task may touch: regular expressions on hosts and names, besides prod"
    )
    direct: tuple[str, ...] = Field(
        default=("flux reconcile",), description="direct changes that deployment and configuration tasks may make"
    )
    validator: str = Field(default="", description="replaces `kustomize build`; the folder to validate is in $FOLDER")
    registry: str = Field(default="", description="REGISTRY_URL of build tasks that name none")
    version: str = Field(default="", description="VERSION of build tasks that name none")
    push: bool = Field(default=False, description="push after a commit")
    remote: str = Field(default="origin", min_length=1, description="where to push")
    push_branch: str = Field(default="", description="the branch to push to; empty: the one that was committed on")
    types: dict[str, TypeSettings] = Field(default={}, description="types of tasks of your own")
    handlers: tuple[HandlerSettings, ...] = Field(default=(), description="commands for criteria that name none")
    checks: tuple[CheckSettings, ...] = Field(default=(), description="more checks before anything is committed")
