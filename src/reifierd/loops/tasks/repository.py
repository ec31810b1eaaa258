"""What a run changed in a work tree: a picture before, a picture after, and exactly the difference.

- A file that was clean before and differs from HEAD afterwards was changed by the run, whoever else had it open:
  nobody can tell more. It may be staged and committed.
- A file that the user had changed, staged or created before, and that the run did not touch, is the user's. One that
  the run changed on top of that is *mixed*: it is reported and never staged, because the two cannot be told apart.
- Ignored files, submodules, repositories within the repository and files in conflict are left alone. What was ignored
  before the run stays left alone, also when the run changes what is ignored.
- What git itself executes (hooks, filters, a file system monitor) is the user's own will, but not where the run wrote
  it: nothing would have judged it. Then git is not asked for anything more, and a person looks.
- What an earlier attempt staged and nobody touched since (`ours`) still counts as the run's.

Pictures and staged entries are plain data for the journal: a run that was killed goes on with the picture that it
began with.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reifierd.loops.tasks.git import Repository, RepositoryProblem, names, text

_STATUS = ("status", "--porcelain=v2", "-z", "--untracked-files=all", "--ignored=matching", "--no-renames",
           "--ignore-submodules=none")  # fmt: skip
_HASHED = 64 * 1024 * 1024  # bytes; of a larger file its size and times are compared
_SUBMODULE = "160000"
_CONFLICT = "UU"  # whatever kind of conflict it is
_EXECUTES = (  # configuration keys whose values git runs (git-config(1))
    r"^(core\.(hookspath|fsmonitor|sshcommand|gitproxy|askpass|alternaterefscommand|attributesfile)|"
    r"filter\..*|gpg\..*|credential\..*|include.*|url\..*|remote\..*\.(receivepack|uploadpack|vcs)|"
    r"(diff|merge)\..*\.(command|textconv|driver))$"
)


@dataclass(frozen=True)
class Staged:
    """One path as it was staged: `mode` as git writes it ("100644"), "" for a file that is gone; `oid` its content."""

    path: str
    mode: str = ""
    oid: str = ""


@dataclass(frozen=True)
class Picture:
    """A work tree before a run. Paths are relative to its root; what is not text in them is in surrogate escapes.

    `dirty` has everything that is not as in HEAD and not `ours`, with a print of what stands in the work tree (type,
    executable or not, hash of the content); `ignored` has files, and folders with a `/` at the end; `executes` is a
    print of what git itself runs.
    """

    head: str
    branch: str
    dirty: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)  # submodules and repositories within
    executes: str = ""

    def as_data(self) -> dict[str, Any]:
        """For JSON; `Picture(**data)` is the way back."""
        return asdict(self)


@dataclass(frozen=True)
class Changes:
    """What differs after a run. All paths are relative to the root of the work tree, sorted.

    `paths` are to be staged; `mixed` were dirty before and changed by the run; `left` are (path, why) that are the
    run's and still not staged; `committed` are in commits that the run made itself, `taken` those of them that the user
    had in work.
    """

    paths: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()
    left: tuple[tuple[str, str], ...] = ()
    committed: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()

    @property
    def all_paths(self) -> tuple[str, ...]:
        """Everything that the run changed, for the report."""
        return tuple(sorted({*self.paths, *self.mixed, *self.committed, *(path for path, _ in self.left)}))


def take_picture(repository: Repository, ours: Iterable[Staged] = ()) -> Picture:
    """The work tree as it is now; `ours` is what an earlier attempt at the task staged. Raises RepositoryProblem."""
    entries, ignored = _look(repository)
    mine = {staged.path: staged for staged in ours}
    files = {p: e for p, e in entries.items() if not e.other and not (p in mine and e.is_still(mine[p]))}
    return Picture(
        repository.head,
        repository.branch,
        {path: fingerprint(repository.top, path) for path in files},
        ignored,
        {path: entry.record for path, entry in entries.items() if entry.other},
        _executes(repository),
    )


def changes_since(repository: Repository, before: Picture, leave_out: Iterable[Path] = ()) -> Changes:
    """What a run changed since `before`; `leave_out` are folders (absolute) that are none of its business, as the
    workspace where it lies in the project. Raises RepositoryProblem, also where the run changed what git executes."""
    same_hooks(repository, before)
    entries, _ = _look(repository)
    skipped = tuple(os.path.relpath(folder.resolve(), repository.top) for folder in leave_out)
    ignored = frozenset(before.ignored)
    paths, mixed, left = [], [], []
    for path, entry in entries.items():
        if _beneath(path, skipped):
            continue
        if entry.other:
            if before.others.get(path) != entry.record:
                left.append((path.rstrip("/"), entry.other))
        elif path in before.dirty:
            if fingerprint(repository.top, path) != before.dirty[path]:
                mixed.append(path)
        elif entry.xy == _CONFLICT:  # staging it would call the conflict resolved
            left.append((path, "it is in conflict"))
        elif _was_ignored(path, ignored):
            left.append((path, "it was ignored before the run"))
        else:
            paths.append(path)
    for path in before.dirty.keys() - entries.keys():
        if not _beneath(path, skipped) and fingerprint(repository.top, path) != before.dirty[path]:
            mixed.append(path)
    committed = _between(repository, before.head, repository.head)
    taken = tuple(path for path in committed if path in before.dirty)
    return Changes(tuple(sorted(paths)), tuple(sorted(mixed)), tuple(sorted(left)), committed, taken)


def settled(repository: Repository, staged: Iterable[Staged]) -> tuple[tuple[Staged, ...], tuple[Staged, ...]]:
    """What of an earlier attempt's staged entries still waits, and those that somebody changed since.

    A path that a person staged anew is taken as the person has it; one that is as in HEAD waits no more.
    """
    entries, _ = _look(repository)
    ours, touched = [], []
    for one in staged:
        entry = entries.get(one.path)
        if entry is None:
            continue
        if entry.is_still(one):
            ours.append(one)
        elif entry.xy[1] == ".":
            ours.append(Staged(one.path) if entry.xy[0] == "D" else Staged(one.path, entry.mode, entry.oid))
        else:
            touched.append(one)
    return tuple(ours), tuple(touched)


def same_hooks(repository: Repository, before: Picture) -> None:
    """Raises RepositoryProblem where what git itself executes is not what it was when the picture was taken."""
    if before.executes and _executes(repository) != before.executes:
        reason = "the run changed what git itself executes (hooks, filters): nothing is staged or committed"
        raise RepositoryProblem(
            reason, where=str(repository.top), hint="look at it, then git add and git commit by hand"
        )


def fingerprint(top: Path, path: str) -> str:  # noqa: PLR0911 - one return for each kind of file
    """What stands at a path: "" for nothing, else its type and a hash of its content. Links are not followed."""
    place = top / path
    try:
        if _through_a_link(top, path):
            return ""
        found = place.lstat()
        if stat.S_ISLNK(found.st_mode):
            return "link " + hashlib.sha256(os.fsencode(place.readlink())).hexdigest()
        if not stat.S_ISREG(found.st_mode):
            return f"kind {stat.S_IFMT(found.st_mode):o}"
        kind = "program" if found.st_mode & 0o111 else "file"
        if found.st_size > _HASHED:
            return f"{kind} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"
        with place.open("rb") as stream:
            return f"{kind} {hashlib.file_digest(stream, 'sha256').hexdigest()}"
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        return f"unreadable {error.errno}"


def stands(top: Path, path: str) -> bool:
    """Whether there is something at a path that git would take in (not beyond a link)."""
    return not _through_a_link(top, path) and os.path.lexists(top / path)


def _through_a_link(top: Path, path: str) -> bool:
    return any((top / parent).is_symlink() for parent in Path(path).parents)


# --- git status -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Entry:
    """One path of `git status --porcelain=v2`. `other` says why it is no file of this repository."""

    record: str
    xy: str = "??"
    mode: str = ""
    oid: str = ""
    other: str = ""

    def is_still(self, staged: Staged) -> bool:
        """The index has what was staged, and the work tree agrees with the index."""
        deleted = not staged.mode and self.xy == "D."
        return deleted or (self.xy[1] == "." and (self.mode, self.oid) == (staged.mode, staged.oid))


def _look(repository: Repository) -> tuple[dict[str, _Entry], tuple[str, ...]]:
    """All that is not as in HEAD, and what is ignored."""
    entries: dict[str, _Entry] = {}
    ignored = []
    for record in names(repository.git(*_STATUS)):
        kind, _, rest = record.partition(" ")
        if kind == "!":
            ignored.append(rest)
        elif kind == "?":
            within = "it is a repository of its own" if rest.endswith("/") else ""
            # a file that is not in the index any more, and still stands: both records are about one path
            entries[rest] = _Entry(record, other=within)
        elif kind == "1":
            xy, sub, _, mode, work_mode, _, oid, path = rest.split(" ", 7)
            other = "it is a submodule" if sub[0] == "S" or _SUBMODULE in (mode, work_mode) else ""
            entries[path] = _Entry(record, xy, mode, oid, other)
        elif kind == "u":
            entries[rest.split(" ", 9)[-1]] = _Entry(record, _CONFLICT)
    return entries, tuple(ignored)


def _executes(repository: Repository) -> str:
    """A print of the hooks and of the configuration that git runs; asking for it runs none of them."""
    configured = repository.git("config", "-z", "--get-regexp", _EXECUTES, ok=(0, 1))
    folder = repository.top / text(repository.git("rev-parse", "--git-path", "hooks"))
    hooks = sorted(p.name for p in folder.iterdir() if p.suffix != ".sample") if folder.is_dir() else []
    prints = [f"{name} {fingerprint(folder, name)}" for name in hooks]
    return hashlib.sha256(b"\0".join([configured, *map(os.fsencode, prints)])).hexdigest()


def _was_ignored(path: str, ignored: frozenset[str]) -> bool:
    return path in ignored or any(f"{parent}/" in ignored for parent in Path(path).parents)


def _beneath(path: str, folders: tuple[str, ...]) -> bool:
    return any(folder in {".", path} or path.startswith(f"{folder}/") for folder in folders)


def _between(repository: Repository, old: str, new: str) -> tuple[str, ...]:
    """The files that commits changed. After a first commit all of its files."""
    if old == new or not new:
        return ()
    if not old:
        return tuple(sorted(names(repository.git("ls-tree", "-r", "-z", "--name-only", "--full-tree", new))))
    return tuple(sorted(names(repository.git("diff-tree", "-r", "-z", "--name-only", "--no-renames", old, new))))


def entries_of(listing: bytes) -> Iterator[tuple[str, str, str]]:
    """(path, mode, oid) of `ls-files -s -z` and of `ls-tree -r -z`; only what is merged."""
    for record in names(listing):
        about, _, path = record.partition("\t")
        words = about.split(" ")
        if len(words) == 3 and words[1] in ("blob", "commit"):
            yield path, words[0], words[2]
        elif words[2:] == ["0"]:
            yield path, words[0], words[1]
