"""What can be set about watching shells (`[observer]` in config.toml)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ObserverSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    histories: tuple[str, ...] = Field(
        default=(), description="history files to read besides those found by themselves"
    )
    find_histories: bool = Field(default=True, description="look for $HISTFILE and each shell's default place")
    gap: float = Field(default=300, gt=0, description="seconds without a command that end a session")
    noise: tuple[str, ...] = Field(default=(), description="more programs that are noise, as in noise.toml")
    env: tuple[str, ...] = Field(default=(), description="more environment names that decide what a command means")
    first_days: float = Field(
        default=7, ge=0, description="at the first start, sessions of the last so many days are drafted"
    )
    first_drafts: int = Field(default=3, ge=0, description="… and at most so many")
    retention_days: float = Field(default=90, gt=0, description="sessions recorded longer ago are forgotten")
    retention_mb: float = Field(
        default=200, gt=0, description="… as are the oldest, when the ledger is larger than this"
    )
