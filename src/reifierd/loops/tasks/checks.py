"""What is proven after the criteria, besides the task's own Verification: by its type, and by checks of one's own.

- Folders of manifests that the run changed, or that the front matter names (`validate:`), must pass the validator:
  `kustomize build`, or `kubectl kustomize` where only that is installed, or what the configuration names. A folder
  counts as changed when something in it or in a folder that it takes in (resources, bases, components, patches) was.
- Checks of the configuration and of other packages follow; a check is a command, or a function that finds blockers.

Everything that is a command comes as a Step: the engine has it judged, runs and journals it as any other.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from reifierd.documents.model import Attributes, SectionKind, Step
from reifierd.documents.task_model import Task
from reifierd.loops.tasks.blockers import Blocker
from reifierd.loops.tasks.handlers import fits
from reifierd.loops.tasks.kinds import Kind
from reifierd.loops.tasks.settings import CheckSettings

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_VALIDATORS = (("kustomize", "kustomize build"), ("kubectl", "kubectl kustomize"))
_INSTALL = (
    "install kustomize (https://kubectl.docs.kubernetes.io/installation/kustomize/), or set validator below [tasks]"
)
_MOST_FOLDERS = 5_000


@dataclass(frozen=True)
class Done:
    """What was done, for a check to judge. `changed` are absolute paths of the project's work tree."""

    task: Task
    kind: Kind
    project: Path
    changed: tuple[Path, ...] = ()
    environment: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Check:
    """Either `command` (must exit 0, in the project's folder) or `function` (whatever blocker it finds fails)."""

    name: str
    command: str = ""
    function: Callable[[Done], Iterable[Blocker]] | None = None
    projects: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    where: str = "config.toml"

    @classmethod
    def of(cls, settings: CheckSettings, where: str) -> Check:
        return cls(settings.name, settings.command, None, settings.projects, settings.types, where)


def check_steps(
    done: Done, checks: Iterable[Check], validator: str, which: Callable[[str], str | None]
) -> tuple[tuple[Step, ...], tuple[Blocker, ...]]:
    """The commands that must succeed before anything is committed, and what is in the way of asking them.

    `validator` is the configuration's (`[tasks] validator`), `which` finds a program as the steps' PATH does.
    """
    steps: list[Step] = []
    found: list[Blocker] = []
    if done.kind.validates:
        folders, found = validated_folders(done)
        command = f"( {validator}\n)" if validator else _builder(which)
        if folders and not command:
            reason = "the manifests cannot be validated: neither kustomize nor kubectl is installed"
            found.append(Blocker("validator", reason, _INSTALL))
        steps = [_step(f"validate {_under(f, done.project)}", command, done, f) for f in folders if command]
    mine = [c for c in checks if c.command and fits(c.projects, c.types, done.kind.name, done.project)]
    return (*steps, *(_step(check.name, check.command, done) for check in mine)), tuple(found)


def checked(done: Done, checks: Iterable[Check]) -> tuple[Blocker, ...]:
    """What the checks that are functions find. One that breaks counts as failed: the error is the reason."""
    found: list[Blocker] = []
    for check in checks:
        if check.function is None or not fits(check.projects, check.types, done.kind.name, done.project):
            continue
        try:
            found += check.function(done)
        except Exception as error:  # another package's code: whatever it raises is its answer
            reason = f"the check {check.name} broke: {type(error).__name__}: {error}"
            found.append(Blocker("check", reason, f"repair or remove {check.where}"))
    return tuple(found)


# --- folders of manifests ---------------------------------------------------------------------------------------------


def validated_folders(done: Done) -> tuple[tuple[Path, ...], list[Blocker]]:
    """The folders to validate, outermost first, and what cannot be validated (a note) or is named wrongly."""
    declared, found = _declared(done)
    holders = kustomizations(done.project)
    affected = set(declared) | {path.parent for path in done.changed}
    affected |= {home for path in done.changed if (home := _home(path, holders, done.project))}
    while more := {folder for folder, takes in holders.items() if takes & affected} - affected:
        affected |= more
    taken_in = {folder for takes in holders.values() for folder in takes} | set(holders)
    for path in (p for p in done.changed if p.suffix in {".yaml", ".yml"} and p.is_file()):
        if not taken_in.intersection(path.parents) and not any(path.is_relative_to(f) for f in declared):
            reason = f"no kustomization takes in {_under(path, done.project)}: it was not validated"
            found.append(Blocker("validator", reason, "name a folder: validate: [FOLDER]", blocks=False))
    return tuple(sorted(folder for folder in affected if folder in holders or folder in declared)), found


def kustomizations(project: Path) -> dict[Path, frozenset[Path]]:
    """Every folder with a kustomization below `project`, and the folders that it takes something from."""
    found: dict[Path, frozenset[Path]] = {}
    for count, (place, folders, files) in enumerate(os.walk(project)):
        folders[:] = [f for f in folders if f not in {".git", "node_modules", ".venv", ".terraform"}]
        name = next((n for n in KUSTOMIZATIONS if n in files), "")
        if name:
            found[Path(place)] = frozenset(_takes(Path(place), name))
        if count >= _MOST_FOLDERS:
            break
    return found


def _takes(folder: Path, name: str) -> Iterator[Path]:
    try:
        data = YAML(typ="safe").load((folder / name).read_text(encoding="utf-8"))
    except (OSError, YAMLError, ValueError, RecursionError):
        return  # the validator says what is wrong with it
    for key in ("resources", "bases", "components", "patchesStrategicMerge", "crds", "configurations", "transformers"):
        entries = data.get(key) if isinstance(data, dict) else None
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, str) and "://" not in entry and "\n" not in entry:
                path = Path(os.path.normpath(folder / entry))
                yield path if path.is_dir() else path.parent


def _home(path: Path, holders: Mapping[Path, object], project: Path) -> Path | None:
    """The nearest folder with a kustomization that a changed file lies in."""
    return next((p for p in path.parents if p in holders and p.is_relative_to(project)), None)


def _declared(done: Done) -> tuple[list[Path], list[Blocker]]:
    named = done.task.front.get("validate") or []
    folders, wrong = [], []
    for name in [named] if isinstance(named, str) else named if isinstance(named, list) else [named]:
        folder = Path(os.path.normpath(done.project / str(name)))
        if folder.is_dir() and folder.is_relative_to(done.project):
            folders.append(folder)
        else:
            reason = f"validate names {name}, which is no folder of the project"
            wrong.append(Blocker("validator", reason, "correct it in the front matter"))
    return folders, wrong


def _builder(which: Callable[[str], str | None]) -> str:
    found = next((command for program, command in _VALIDATORS if which(program)), "")
    return f'{found} "$FOLDER" >/dev/null' if found else ""


def _under(path: Path, project: Path) -> str:
    return os.path.relpath(path, project)


def _step(name: str, command: str, done: Done, folder: Path | None = None) -> Step:
    """Manifests are not shown in the report: what a kustomization makes may hold secrets."""
    env = (("FOLDER", str(folder)),) if folder else ()
    attributes = Attributes(name=name, cwd=str(done.project), env=env)
    return Step(1, SectionKind.VERIFY, name, command, command, 1, attributes=attributes)
