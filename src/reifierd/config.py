"""The configuration: `$XDG_CONFIG_HOME/reifierd/config.toml`, every key optional, every problem reported at once."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from reifierd.errors import UsageError
from reifierd.loops.observer.settings import ObserverSettings
from reifierd.loops.scribe.settings import ScribeSettings
from reifierd.loops.tasks.settings import TasksSettings
from reifierd.runs.settings import RunSettings
from reifierd.workspace.layout import config_dir
from reifierd.workspace.own_rules import user_rules

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = ["Config", "load_config", "user_rules"]


_MUST = {  # by the type of pydantic's error
    **dict.fromkeys(("float_parsing", "float_type"), "must be a number"),
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), "must be a whole number"),
    **dict.fromkeys(("bool_parsing", "bool_type"), "must be true or false"),
    **dict.fromkeys(("tuple_type", "list_type"), 'must be a list: ["…"]'),
    "string_type": "must be a text in quotes",
    "missing": "is missing",
}


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    observer: ObserverSettings = ObserverSettings()
    scribe: ScribeSettings = ScribeSettings()
    operator: RunSettings = RunSettings()
    tasks: TasksSettings = TasksSettings()


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
        told = [_told(e) for e in error.errors()]
        what = told[0] if len(told) == 1 else "\n  ".join((f"{len(told)} problems:", *told))
        raise UsageError(what, where=str(place), hint=f"edit {place}") from error


def _told(error: ErrorDetails) -> str:
    """One mistake in the words of the file: the key as it is written there, and what it must be."""
    *above, last = map(str, error["loc"])
    name = ".".join((*above, last))
    if error["type"] == "extra_forbidden":
        return _unknown(above, last)
    if error["type"] == "model_type":
        return f"{name} must be a section: [{name}]"
    must = _MUST.get(error["type"]) or error["msg"].replace("Input should be", "must be")
    return f"{_place(above)} {last} {must}" if above else f"{last} {must}"


def _unknown(above: list[str], last: str) -> str:
    """With the key or section that is nearest to it, wherever it stands."""
    keys = {section: list(_model(section).model_fields) for section in Config.model_fields}
    homes = [section for section, names in keys.items() if last in names]
    if not above:
        near = difflib.get_close_matches(last, keys, 1, 0.5)
        meant = f"; it belongs below [{homes[0]}]" if homes else f"; did you mean [{near[0]}]?" if near else ""
        return f"unknown {'key' if homes else 'section'} '{last}'{meant}"
    near = difflib.get_close_matches(last, keys[above[0]] if len(above) == 1 else (), 1, 0.5)
    meant = f"; it belongs below [{homes[0]}]" if homes else f"; did you mean '{near[0]}'?" if near else ""
    return f"{_place(above)} unknown key '{last}'{meant}"


def _place(above: list[str]) -> str:
    """As the file has it: `[tasks.types.NAME]`, and one of many by its number: `[[tasks.handlers]], number 2:`."""
    name = ".".join(part for part in above if not part.isdigit())
    number = next((int(part) + 1 for part in above if part.isdigit()), 0)
    return f"[[{name}]], number {number}:" if number else f"[{name}]"


def _model(section: str) -> type[BaseModel]:
    model = Config.model_fields[section].annotation
    assert isinstance(model, type) and issubclass(model, BaseModel)
    return model
