"""The variables that a type of task needs: for a build, REGISTRY_URL and VERSION.

A value comes from, in this order: the task's front matter (`env`, or a key of the variable's name, as `version`), the
criterion's own text (for VERSION also its commands), the configuration, the environment of this program, and the other
texts of the task. A front matter and a criterion that say different versions contradict each other: the criterion
waits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from reifierd.documents.task_model import Criterion, Task
from reifierd.loops.tasks.blockers import Blocker
from reifierd.loops.tasks.kinds import Kind
from reifierd.loops.tasks.settings import TasksSettings

_NUMBER = r"v?(\d+(?:\.\d+)+(?:[-+.]?[0-9A-Za-z]+)*)"
_VERSIONS = (
    re.compile(rf"(?i:\bversion\b)[\s:=`'\"]*{_NUMBER}"),
    re.compile(rf"(?<![\w.@/-]){_NUMBER.replace('v?', 'v', 1)}"),
    re.compile(r"(?<![\w.@/:-])(\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.-]*[0-9A-Za-z])?)(?![\w.]*\d)"),
)
_REGISTRY = re.compile(
    r"(?i:\bregistry\b|\bpush(?:ed)?\b[^.`]{0,40}?\bto\b)[\s:=`'\"]*"
    r"((?:https?://)?(?:localhost(?::\d+)?|[\w-]+(?:\.[\w-]+)+(?::\d+)?|[\w-]+:\d+)(?:/[\w.-]+)*)"
)
_SAID = {"REGISTRY_URL": ("registry_url", "registry"), "VERSION": ("version",)}


def variables_for(
    task: Task, criterion: Criterion, kind: Kind, settings: TasksSettings, environ: Mapping[str, str]
) -> tuple[dict[str, str], tuple[Blocker, ...]]:
    """The environment that this criterion's commands get, and what stops it: a missing value, a contradiction.

    `environ` is what this program itself was started with. The criterion's own `env` attributes are not looked at: they
    are set later, and win.
    """
    found: dict[str, str] = {}
    blockers = []
    for name in kind.variables:
        value, contradiction = _value(name, task, criterion, settings, environ)
        if contradiction:
            remedy = f"say the same {name} in both, or leave it out of the front matter"
            blockers.append(Blocker("variable", contradiction, remedy, criterion.n, criterion.line))
        elif value:
            found[name] = value
        elif not _sets_all(criterion, name):
            reason = f"{name} has no value, and a task of type {kind.name} needs one"
            blockers.append(Blocker("variable", reason, _remedy(name), criterion.n, criterion.line))
    return found, tuple(blockers)


def version_in(text: str) -> str:
    """The one version that a text names, without a leading v: "0.1.18" of "with version 0.1.18."; else ""."""
    for pattern in _VERSIONS:
        found = set(pattern.findall(text))
        if found:
            return found.pop() if len(found) == 1 else ""
    return ""


def registry_in(text: str) -> str:
    """The one registry that a text names ("pushed to localhost:5000"); else ""."""
    found = set(_REGISTRY.findall(text))
    return found.pop() if len(found) == 1 else ""


def _value(
    name: str, task: Task, criterion: Criterion, settings: TasksSettings, environ: Mapping[str, str]
) -> tuple[str, str]:
    """The value and, where two sources contradict each other, how."""
    front = _from_front(name, task.front)
    own = _from_texts(name, [criterion.text, *(step.command for step in criterion.commands)])
    if front and own and front.removeprefix("v") != own and name == "VERSION":
        return "", f"the front matter says {name} {front}, and the criterion says {own}"
    configured = {"REGISTRY_URL": settings.registry, "VERSION": settings.version}.get(name, "")
    others = (c.text for c in task.criteria)
    return front or own or configured or environ.get(name, "") or _from_texts(name, [task.title, *others]), ""


def _from_front(name: str, front: Mapping[str, object]) -> str:
    env = front.get("env")
    places = [(env, (name,))] if isinstance(env, dict) else []
    for place, keys in [*places, (front, (name, name.lower(), *_SAID.get(name, ())))]:
        for key in keys:
            value = place.get(key)
            if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
                return str(value).strip()
    return ""


def _from_texts(name: str, texts: Iterable[str]) -> str:
    """What the texts agree on; nothing where they name different ones."""
    read = {"VERSION": version_in, "REGISTRY_URL": registry_in}.get(name)
    found = {value for text in texts if (value := read(text))} if read else set()
    return found.pop() if len(found) == 1 else ""


def _sets_all(criterion: Criterion, name: str) -> bool:
    """Every command of it sets the variable itself."""
    steps = criterion.commands
    return bool(steps) and all(name in dict(s.attributes.env) or _sets(s.command, name) for s in steps)


def _sets(command: str, name: str) -> bool:
    return re.search(rf"(?:^|[\s;&|(]){name}=\S", command) is not None


def _remedy(name: str) -> str:
    key = _SAID.get(name, ("",))[-1]
    configured = {"REGISTRY_URL": "registry", "VERSION": "version"}.get(name)
    example = {"REGISTRY_URL": "localhost:5000", "VERSION": "1.2.3"}.get(name, "…")
    ways = [f"write `{key or name}: {example}` into the front matter" if key else f"write `env: {{{name}: {example}}}`"]
    ways += [f"set `{configured}` below [tasks] in config.toml"] if configured else []
    return " or ".join(ways)
