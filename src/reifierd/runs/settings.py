"""What can be set about running what was approved (`[operator]` in config.toml)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class RunSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    timeout: float = Field(default=300, gt=0, description="seconds a step may take unless it says otherwise")
    grace: float = Field(default=10, gt=0, description="seconds between SIGTERM and SIGKILL")
    many: int = Field(default=5, ge=1, description="more files than this arriving at once are held")
    consent_age: float = Field(
        default=3600, gt=0, description="a file whose change is older than this when first seen is held (seconds)"
    )
    output_cap: int = Field(
        default=1_000_000,
        ge=1000,
        description="bytes of output kept of one step, half of its head and half of its tail",
    )
    units: bool = Field(
        default=True, description="run steps as transient units of the user's service manager, where one answers"
    )
    overridable: tuple[str, ...] = Field(default=(), description="rules of severity refuse that a person may override")
