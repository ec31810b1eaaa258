"""The configuration: `$XDG_CONFIG_HOME/reifierd/config.toml`, every key optional, every problem reported at once."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from reifierd.errors import UsageError
from reifierd.loops.observer.settings import ObserverSettings
from reifierd.loops.operator.settings import OperatorSettings
from reifierd.loops.scribe.settings import ScribeSettings
from reifierd.workspace.layout import config_dir
from reifierd.workspace.own_rules import user_rules

__all__ = ["Config", "load_config", "user_rules"]


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    observer: ObserverSettings = ObserverSettings()
    scribe: ScribeSettings = ScribeSettings()
    operator: OperatorSettings = OperatorSettings()


def load_config(path: Path | None = None) -> Config:
    """Read and check the configuration; a missing default file is an empty one, a missing named file is an error."""
    place = path or config_dir() / "config.toml"
    if path is None and not place.exists():
        return Config()
    try:
        return Config.model_validate(tomllib.loads(place.read_text()))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"cannot be read: {error}", where=str(place), hint="check the path and its permissions"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"is not TOML: {error}", where=str(place), hint=f"edit {place}") from error
    except ValidationError as error:
        problems = "\n".join(f"  {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise UsageError(
            f"{error.error_count()} problem(s):\n{problems}", where=str(place), hint=f"edit {place}"
        ) from error
