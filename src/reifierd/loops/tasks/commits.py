"""Staging and committing exactly what a run changed.

- Staging names each path to `git update-index`, which knows no patterns; nothing else of the index moves.
- The commit is made from an index of its own: HEAD and the staged entries, not the user's index and not the work tree.
  So what the user staged stays staged and out of the commit, and an edit after the staging is not committed.
- The user's hooks run, as at any commit, but none that came since the run began. What a hook adds to the commit is
  reported.
- A commit that a daemon made and died after is found again; what it left in the git directory is removed.
- Where the branch moved meanwhile, our commit is taken back (only if it still is the branch's last) and made again.
- Nothing is pushed unless that is asked for, and never with force.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from reifierd.loops.tasks.git import Repository, RepositoryProblem, listed, names, text
from reifierd.loops.tasks.repository import Picture, Staged, entries_of, same_hooks, stands

_AGAIN = 5  # commits that are made anew because somebody else committed at the same moment
_SUBJECT = 100  # characters
_PLACE = "reifierd-"  # and the pid: folders of indexes of our own, in the git directory


@dataclass(frozen=True)
class Commit:
    """`paths` are what it changed; `added` those of them that a hook put in besides what was staged."""

    id: str
    branch: str
    paths: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def stage(repository: Repository, paths: Iterable[str]) -> tuple[Staged, ...]:
    """Stage these paths (relative to the root) as they stand in the work tree, a missing one as deleted.

    What comes back is to be recorded: `commit` takes it, and `take_picture` on the next attempt. Raises
    RepositoryProblem.
    """
    wanted = sorted(set(paths))
    if not wanted:
        return ()
    _update(repository, None, [p for p in wanted if not stands(repository.top, p)], "--force-remove", "--stdin")
    _update(
        repository, None, [p for p in wanted if stands(repository.top, p)], "--add", "--remove", "--replace", "--stdin"
    )
    indexed = {path: Staged(path, mode, oid) for path, mode, oid in entries_of(repository.git("ls-files", "-s", "-z"))}
    return tuple(indexed.get(path, Staged(path)) for path in wanted)


def stage_files(repository: Repository, files: Iterable[Path]) -> tuple[Staged, ...]:
    """Stage whole files by their absolute path, wherever they went: a task file under its old name and its new one.

    Ignored files that git does not know already are left out, so is what lies outside the work tree.
    """
    relative = [os.path.relpath(f.parent.resolve() / f.name, repository.top.resolve()) for f in files]
    inside = [path for path in relative if not path.startswith("../") and not path.startswith(".git/")]
    known = {path for path, _, _ in entries_of(repository.git("ls-files", "-s", "-z"))}
    unknown = [path for path in inside if path not in known]
    ignored = (
        set(names(repository.git("check-ignore", "-z", "--stdin", stdin=listed(unknown), ok=(0, 1))))
        if unknown
        else set()
    )
    return stage(repository, [p for p in inside if p in known or (p not in ignored and stands(repository.top, p))])


def merged(earlier: Iterable[Staged], later: Iterable[Staged]) -> tuple[Staged, ...]:
    """What two attempts staged; the later one wins."""
    return tuple({staged.path: staged for staged in (*earlier, *later)}.values())


def commit(
    repository: Repository, staged: Iterable[Staged], message: str, before: Picture | None = None
) -> Commit | None:
    """Commit exactly these entries on the branch that is checked out; None where they are in HEAD already.

    `before` is the picture of this repository that was taken before the run: hooks that came since are not executed.
    Raises RepositoryProblem: no identity, a hook that says no, a merge or rebase in progress, a detached HEAD.
    """
    entries = tuple(staged)
    if before is not None:
        same_hooks(repository, before)
    if repository.operation:
        raise RepositoryProblem(f"{repository.operation} is in progress", where=str(repository.top), hint="finish it")
    branch = repository.branch
    if not branch:
        raise RepositoryProblem("HEAD is detached", where=str(repository.top), hint="git switch BRANCH")
    for _ in range(_AGAIN):
        parent = repository.head
        made = _made(repository, parent, entries, message)
        if made is None:
            return _found(repository, parent, branch, entries, message)
        if _parent(repository, made) == parent:
            break
        repository.git(
            "update-ref", "-m", "reifierd: made again", f"refs/heads/{branch}", _parent(repository, made), made
        )
    else:
        raise RepositoryProblem("somebody else commits all the time", where=str(repository.top), hint="try again later")
    paths = _changed(repository, parent, made)
    _settle(repository, parent, made, {**{path: Staged(path) for path in paths}, **{e.path: e for e in entries}})
    return Commit(made, branch, paths, tuple(p for p in paths if p not in {e.path for e in entries}))


def push(repository: Repository, commit: Commit, remote: str, branch: str = "") -> None:
    """Push one commit to a branch of a remote (default: the branch that it is on). Raises RepositoryProblem."""
    target = f"{commit.id}:refs/heads/{branch or commit.branch}"
    repository.git("-c", "push.followTags=false", "push", "--quiet", "--", remote, target)


def message_for(task_id: str, title: str, criteria: Iterable[str]) -> str:
    """The message of a task's commit: id and title, then the criteria that were met."""
    subject = _line(f"{task_id}: {title}" if title and title != task_id else task_id)
    met = [f"- {_line(text)}" for text in criteria]
    body = ["", "Criteria:", *met] if met else []
    subject = subject if len(subject) <= _SUBJECT else subject[: _SUBJECT - 1].rstrip() + "…"
    return "\n".join([subject, *body, "", f"Task: {_line(task_id)}"]) + "\n"


def found_again(repository: Repository, entries: Iterable[Staged], message: str) -> Commit | None:
    """The last commit, where it is the one that was to be made of these: whoever began it died before it stood."""
    _sweep(repository.git_dir)
    return _found(repository, repository.head, repository.branch, tuple(entries), message)


# --- the index of its own ---------------------------------------------------------------------------------------------


def _found(repository: Repository, head: str, branch: str, entries: tuple[Staged, ...], message: str) -> Commit | None:
    """The last commit, where it is the one that was to be made: whoever made it died before it was written down."""
    if not head or not entries:
        return None
    says = text(repository.git("log", "-1", "--format=%B", head)).splitlines()
    if not {*message.splitlines()} <= {*says, ""}:  # a hook may have added lines
        return None
    paths = _changed(repository, _parent(repository, head), head)
    return Commit(head, branch, paths, tuple(p for p in paths if p not in {e.path for e in entries}))


def _sweep(git_dir: Path) -> None:
    """Indexes of daemons that are dead by now."""
    for folder in git_dir.glob(f"{_PLACE}*"):
        pid = folder.name.removeprefix(_PLACE).partition("-")[0]
        if not Path(f"/proc/{pid}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _made(repository: Repository, parent: str, entries: tuple[Staged, ...], message: str) -> str | None:
    _sweep(repository.git_dir)
    with tempfile.TemporaryDirectory(prefix=f"{_PLACE}{os.getpid()}-", dir=repository.git_dir) as place:
        index = Path(place) / "index"
        repository.git("read-tree", parent or "--empty", index=index)
        _enter(repository, index, entries)
        tree = text(repository.git("write-tree", index=index))
        if parent and tree == text(repository.git("rev-parse", f"{parent}^{{tree}}")):
            return None
        if not parent and not names(repository.git("ls-files", "-z", index=index)):
            return None
        arguments = ("commit", "--quiet", "--no-status", "--cleanup=whitespace", "--file=-")
        repository.git(*arguments, stdin=message.encode("utf-8", "replace"), index=index)
    return repository.head


def _enter(repository: Repository, index: Path | None, entries: Iterable[Staged]) -> None:
    """Put entries into an index as they are; the work tree is not asked."""
    rows = tuple(entries)
    _update(repository, index, [e.path for e in rows if not e.mode], "--force-remove", "--stdin")
    _update(repository, index, [f"{e.mode} {e.oid} 0\t{e.path}" for e in rows if e.mode], "--replace", "--index-info")


def _update(repository: Repository, index: Path | None, rows: list[str], *how: str) -> None:
    if rows:
        *options, last = how
        repository.git("update-index", *options, "-z", last, stdin=listed(rows), index=index)


def _settle(repository: Repository, parent: str, made: str, ours: dict[str, Staged]) -> None:
    """The user's index follows the commit where it stands as we or HEAD left it; what the user staged since stays.
    `ours` is what was staged, and what a hook added to it."""
    tree = _tree(repository, made)
    before = _tree(repository, parent) if parent else {}
    indexed = {path: Staged(path, mode, oid) for path, mode, oid in entries_of(repository.git("ls-files", "-s", "-z"))}
    behind = []
    for path, staged in ours.items():
        now, wanted = indexed.get(path, Staged(path)), tree.get(path, Staged(path))
        if now != wanted and now in (staged, before.get(path, Staged(path))):
            behind.append(wanted)
    _enter(repository, None, behind)


def _tree(repository: Repository, commit: str) -> dict[str, Staged]:
    listing = repository.git("ls-tree", "-r", "-z", "--full-tree", commit)
    return {path: Staged(path, mode, oid) for path, mode, oid in entries_of(listing)}


def _parent(repository: Repository, commit: str) -> str:
    return text(repository.git("rev-parse", "-q", "--verify", f"{commit}^", ok=(0, 1, 128)))


def _changed(repository: Repository, parent: str, made: str) -> tuple[str, ...]:
    if not parent:
        return tuple(sorted(_tree(repository, made)))
    return tuple(sorted(names(repository.git("diff-tree", "-r", "-z", "--name-only", "--no-renames", parent, made))))


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
