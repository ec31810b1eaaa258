"""One git repository, asked through GitPython: fixed argument lists, no shell, names of files only on standard input.

- Nothing of the caller's `GIT_*` variables is passed on: they may name another repository, index or configuration.
- The user's configuration and hooks hold: they are the user's own will, and code that this user runs at every commit.
- Nobody is asked for anything: no terminal, no editor, no password.
- Another git at work (index.lock) is waited for, shortly.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from reifierd.errors import ReifierError

HOOKS = 900.0  # seconds that a commit with its hooks, or a push, may take
_TRIES, _PAUSE = 20, 0.25  # while another git holds the index
_QUIET = {
    "GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "true", "GIT_PAGER": "cat", "GIT_ASKPASS": "true", "SSH_ASKPASS": "true",
}  # fmt: skip
_OPERATIONS = {
    "rebase-merge": "a rebase", "rebase-apply": "a rebase or `git am`", "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick", "REVERT_HEAD": "a revert", "BISECT_LOG": "a bisect",
}  # fmt: skip
_WAYS_OUT = (
    ("dubious ownership", "the repository belongs to another user", "git config --global --add safe.directory '{top}'"),
    ("tell me who you are", "git does not know who commits", "{identity}"),
    ("empty ident", "git does not know who commits", "{identity}"),
    ("auto-detect email", "git does not know who commits", "{identity}"),
    ("index.lock", "another git is at work there, or one crashed", "if none is: rm '{top}/.git/index.lock'"),
    ("non-fast-forward", "the remote has commits that are not here", "git pull --rebase, then git push"),
    ("fetch first", "the remote has commits that are not here", "git pull --rebase, then git push"),
    ("gpg failed to sign", "the commit cannot be signed without a person", "git commit by hand, or unlock the key"),
)  # fmt: skip
_IDENTITY = 'git config --global user.name "…" && git config --global user.email you@example.org'


class RepositoryProblem(ReifierError):  # noqa: N818 - as Refused: what git says, not always a mistake
    """Git says no; `hint` is what a person does about it."""


@dataclass(frozen=True)
class Repository:
    """A work tree: `top` is its root, `git_dir` its own git directory (of a linked work tree: not the main one)."""

    top: Path
    git_dir: Path

    @property
    def branch(self) -> str:
        """The branch that is checked out; "" where HEAD is detached."""
        return text(self.git("symbolic-ref", "-q", "--short", "HEAD", ok=(0, 1)))

    @property
    def head(self) -> str:
        """The commit that is checked out; "" before the first."""
        return text(self.git("rev-parse", "-q", "--verify", "HEAD^{commit}", ok=(0, 1, 128)))

    @property
    def operation(self) -> str:
        """What is going on in it, in words ("a rebase"); "" for nothing."""
        return next((words for name, words in _OPERATIONS.items() if (self.git_dir / name).exists()), "")

    def git(self, *arguments: str, stdin: bytes = b"", index: Path | None = None, ok: tuple[int, ...] = (0,)) -> bytes:
        """What git prints; see `run`."""
        return run(self.top, *arguments, stdin=stdin, index=index, ok=ok)


def find_repository(folder: Path) -> Repository | None:
    """The work tree that a folder lies in, or None. Raises RepositoryProblem where git refuses to look (ownership)."""
    try:
        top = run(folder, "rev-parse", "--show-toplevel")
    except RepositoryProblem as problem:
        if "not a git repository" in str(problem) or "must be run in a work tree" in str(problem):
            return None
        raise
    return Repository(Path(text(top)), Path(text(run(folder, "rev-parse", "--absolute-git-dir"))))


def text(output: bytes) -> str:
    """Output without its last line end; names of files keep whatever bytes they have."""
    return os.fsdecode(output.removesuffix(b"\n"))


def names(output: bytes) -> list[str]:
    """What a `-z` option lists."""
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def listed(paths: Iterable[str]) -> bytes:
    """Names for a `-z --stdin`."""
    return b"".join(os.fsencode(path) + b"\0" for path in paths)


def run(
    folder: Path, *arguments: str, stdin: bytes = b"", index: Path | None = None, ok: tuple[int, ...] = (0,),
    limit: float = HOOKS,
) -> bytes:  # fmt: skip
    """Ask git in `folder`. `index` is another index than the repository's own, `ok` the statuses that are no error.

    Raises RepositoryProblem.
    """
    for attempt in range(_TRIES):
        status, output, error = _once(folder, arguments, stdin, index, limit)
        if status in ok:
            return output
        if "index.lock" not in error or "File exists" not in error:
            break
        if attempt + 1 < _TRIES:
            time.sleep(_PAUSE)
    raise _problem(folder, arguments, error)


def _once(
    folder: Path, arguments: tuple[str, ...], stdin: bytes, index: Path | None, limit: float
) -> tuple[int, bytes, str]:
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")  # a machine without git is told about below, not at import
    import git  # noqa: PLC0415 - it costs a tenth of a second, and only those who commit pay it

    strange = [name for name in os.environ if name.startswith("GIT_") and not name.startswith("GIT_PYTHON_")]
    cleaned = ["env", *(part for name in strange for part in ("-u", name))]
    said = [f"{name}={value}" for name, value in _QUIET.items()]
    said += [f"GIT_INDEX_FILE={index}"] if index else []
    with tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        try:
            status, output, error = git.Git(str(folder)).execute(
                [*cleaned, *said, "git", "--no-optional-locks", *arguments],
                istream=given, with_extended_output=True, with_exceptions=False, stdout_as_string=False,
                strip_newline_in_stdout=False, kill_after_timeout=limit, shell=False,
            )  # fmt: skip
        except (git.GitCommandNotFound, OSError) as missing:
            raise RepositoryProblem(f"git cannot be run: {missing}", hint="apt-get install git") from missing
    return status, bytes(output), str(error)


def _problem(folder: Path, arguments: tuple[str, ...], error: str) -> RepositoryProblem:
    if "env: 'git'" in error:
        return RepositoryProblem("git is not installed", hint="apt-get install git")
    for sign, words, way in _WAYS_OUT:
        if sign in error:
            hint = way.format(top=folder, identity=_IDENTITY)
            return RepositoryProblem(words, where=str(folder), hint=hint)
    command = arguments[2] if arguments[0] == "-c" else arguments[0]
    silent = "it says nothing, as a hook that refuses may" if command == "commit" else "it says nothing"
    last = error.strip() or silent
    return RepositoryProblem(f"git {command} failed: {last}", where=str(folder), hint=f"git -C '{folder}' status")
