"""What can be set about writing drafts (`[scribe]` in config.toml)."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ScribeSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    logs: tuple[str, ...] = Field(default=(), description="log files (globs) in which symptoms are looked for")
    draft: Literal["changes", "all"] = Field(default="changes", description="which sessions make a draft")
