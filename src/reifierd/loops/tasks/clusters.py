"""Which cluster a command talks to: its context must be allowed by the task or by the configuration.

The context is what the command names (`--context`), else what its environment says, else the current context of the
kubeconfig that it reads (`--kubeconfig`, `KUBECONFIG`, `~/.kube/config`: the first file that names one).
`kubectl config use-context X` counts for what follows. Where it cannot be told, or a server is named instead, the
criterion waits. The kubeconfig is read as YAML; nothing is run, and no credential of it leaves this function.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from reifierd.documents.task_model import Task
from reifierd.loops.tasks.blockers import Blocker, Work
from reifierd.loops.tasks.knowledge import table
from reifierd.loops.tasks.scripts import is_elsewhere
from reifierd.loops.tasks.values import values_of
from reifierd.shell.model import Invocation, ShellView, Word
from reifierd.shell.options import Options, parse_options
from reifierd.shell.programs import matches, packaged

_MOST_BYTES = 4_000_000
_PREFIXES = ("", "kube_", "kube-", "kubectl_", "kubectl-")
_KEYS = tuple(f"{prefix}{word}" for prefix in _PREFIXES for word in ("context", "contexts"))


def allowed_contexts(task: Task, configured: Iterable[str]) -> tuple[str, ...]:
    """The globs of the contexts that this task may talk to."""
    named: list[str] = []
    for key in _KEYS:
        value = task.front.get(key) or []
        named += [str(v) for v in (value if isinstance(value, list) else [value])]
    return (*named, *configured)


def cluster_blockers(
    blocks: Iterable[tuple[Work, Sequence[ShellView]]], allowed: tuple[str, ...], environment: Mapping[str, str]
) -> Iterator[Blocker]:
    """What stops the blocks, in the order in which they run, that talk to a cluster. A block's views are its own and
    those of its scripts; `environment` is what its commands start with besides the block's own `env`."""
    trail = _Trail(dict(environment))
    for work, views in blocks:
        mine = replace(trail, environment={**trail.environment, **dict(work.step.attributes.env)})
        reasons = [reason for view in views for c in view.commands if (reason := mine.judge(c, allowed))]
        trail.current, trail.unknown = mine.current, mine.unknown
        trail.environment.update(mine.exported)
        for reason in dict.fromkeys(reasons):
            yield Blocker("kube-context", reason, _remedy(reason), work.criterion, work.step.line, work.step.command)


def current_context(environment: Mapping[str, str], kubeconfig: str = "", cwd: str = "") -> str:
    """The current context of `kubeconfig`, else of what KUBECONFIG lists, else of `~/.kube/config`; "" for none."""
    home = environment.get("HOME", "/nonexistent")
    places = [kubeconfig] if kubeconfig else [p for p in environment.get("KUBECONFIG", "").split(":") if p]
    for place in places or [f"{home}/.kube/config"]:
        found = _stated(Path(cwd or home) / Path(place.replace("~", home, 1) if place.startswith("~/") else place))
        if found:
            return found
    return ""


def is_client(program: str | None) -> bool:
    """Whether this program talks to a cluster."""
    return (program or "") in _clients()


@dataclass
class _Trail:
    """What the commands so far have set for those that follow."""

    environment: dict[str, str]
    current: str | None = None  # what `use-context` chose; None: nothing
    unknown: set[str] = field(default_factory=set)  # variables with a value that is only known at run time
    exported: dict[str, str] = field(default_factory=dict)  # what the commands set themselves
    lent: tuple[str, dict[str, Word]] = ("", {})  # a wrapper (env) and what it sets for the command that it runs

    def judge(self, command: Invocation, allowed: tuple[str, ...]) -> str:  # noqa: PLR0911 - one return for each case
        """Why a command may not run; "" where it may."""
        self._remember(command)
        chosen = _chosen(command)
        if chosen is not None:
            self.current = chosen.text
            return _judged(chosen.text, allowed)
        row = _clients().get(command.program or "")
        if row is None or command.wrapped:
            return ""
        options = _options(command)
        words = [w.shape for w in options.operands]
        quiet = options.has("--help", "--version") or not (words or row.get("bare"))
        if quiet or any(_is_local(p, words, command) for p in row["local"]):
            return ""
        if next(values_of(command.argv, row["elsewhere"]), None) is not None:
            return f"`{command.program}` names a server instead of a context"
        named = list(values_of(command.argv, row["context"]))
        if named:
            return next((reason for word in named if (reason := _judged(word.text, allowed))), "")
        if is_elsewhere(command):
            return f"`{command.program}` runs elsewhere ({', '.join(command.via)}), and names no context"
        return self._from_environment(command, row, allowed)

    def _from_environment(self, command: Invocation, row: dict[str, Any], allowed: tuple[str, ...]) -> str:
        lender, lent = self.lent
        own = {**(lent if lender in command.via else {}), **{n: v for n, v in command.assignments if v is not None}}
        variable = row.get("variable", "")
        if variable in own or variable in self.environment:
            return _judged(own[variable].text if variable in own else self.environment[variable], allowed)
        if self.current is not None:
            return _judged(self.current, allowed)
        config = next(values_of(command.argv, row["config"]), None) or own.get("KUBECONFIG")
        if (config is not None and config.text is None) or (config is None and "KUBECONFIG" in self.unknown):
            return "which kubeconfig is read is only known at run time"
        known = {**self.environment, **({"KUBECONFIG": config.text} if config is not None and config.text else {})}
        return _judged(current_context(known, cwd=command.cwd or ""), allowed)

    def _remember(self, command: Invocation) -> None:
        """Assignments that stay (alone on a line, or exported), and those of a wrapper."""
        if command.wrapped and command.assignments:
            self.lent = command.program or "", {n: v for n, v in command.assignments if v is not None}
        stays = not command.argv or command.program in {"export", "declare", "typeset", "readonly"}
        for name, value in command.assignments if stays else ():
            if value is not None and value.text is not None:
                self.environment[name] = self.exported[name] = value.text
                self.unknown.discard(name)
            else:
                self.unknown.add(name)


def _judged(context: str | None, allowed: tuple[str, ...]) -> str:
    if context is None:
        return "the kube context is only known at run time"
    if not context:
        return "there is no current kube context"
    if any(fnmatch.fnmatchcase(context, glob) for glob in allowed):
        return ""
    return f"the kube context {context} is not allowed for this task"


def _remedy(reason: str) -> str:
    if "is not allowed" not in reason:
        return "name it: kubectl --context NAME …"
    name = reason.split()[3]
    return f"write `contexts: [{name}]` into the front matter, or set contexts below [tasks] in config.toml"


def _chosen(command: Invocation) -> Word | None:
    """The context that a command makes the current one."""
    if command.program == "kubectx" and len(command.argv) > 1 and not command.argv[1].shape.startswith("-"):
        return command.argv[1]
    words = _options(command).operands if is_client(command.program) else ()
    shapes = [w.shape for w in words]
    if shapes[:2] in (["config", "use-context"], ["config", "use"]) and len(words) > 2:
        return words[2]
    return None


def _is_local(pattern: str, words: list[str], command: Invocation) -> bool:
    plain = [w for w in pattern.split() if not w.startswith("-")]
    options = [w for w in pattern.split() if w.startswith("-")]
    given = {w.shape for w in command.argv[1:]}
    return matches(plain, words) and all(o in given or f"{o}=true" in given for o in options)


def _options(command: Invocation) -> Options:
    """Read with the options of both tables that take a value."""
    row, client = packaged().get(command.program or ""), _clients().get(command.program or "", {})
    own = {option for key in ("context", "elsewhere", "config") for option in client.get(key, ())}
    return parse_options(command.argv, own | (row.values if row else set()))


@cache
def _clients() -> dict[str, dict[str, Any]]:
    return {program: row for row in table("clusters").values() for program in row["programs"]}


def _stated(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            return ""
        data = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, YAMLError, RecursionError):
        return ""
    return str(data.get("current-context") or "") if isinstance(data, dict) else ""
