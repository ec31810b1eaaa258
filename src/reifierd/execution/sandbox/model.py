"""What a sandbox is told before it begins: bounds, and what of the machine it must not show."""

from __future__ import annotations

from dataclasses import dataclass, field

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """`seconds` for all of it by the clock; `processes` at once; bytes of memory (all processes together, and each),
    bytes and number of files that may be written."""

    seconds: float = 600.0
    processes: int = 512
    memory: int = 2048 * MIB
    disk: int = 256 * MIB
    files: int = 100_000


@dataclass(frozen=True)
class Box:
    """`hidden` are folders and files of the machine that are not to be read inside."""

    limits: Limits = field(default_factory=Limits)
    hidden: tuple[str, ...] = ()
