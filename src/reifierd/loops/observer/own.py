"""What is reifierd's own business, however it is written: its commands, its files, its lines in a start-up file. Pure,
but for `Own.here`.

A person's work on drafts, consent and reports, on the configuration and on the service is no step of the incident that
they fix at the same time. Of the workspace only what reifierd knows there counts: the folder may hold a project too.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

from reifierd.shell import Context, Effect, EffectKind, Invocation, ShellView, Word
from reifierd.workspace.layout import FOLDERS, MARKER, PAUSE, config_dir, runtime_dirs, state_home

NAME = "reifierd"
_HARMLESS = {EffectKind.READ, EffectKind.SHELL_STATE}
_NAMES = {NAME, f"{NAME}.service"}
_TOP = {posixpath.dirname(folder) or folder for folder in FOLDERS} | {MARKER, PAUSE, "README.md"}
_RELATIVE = tuple(folder for folder in FOLDERS if "/" in folder)  # telling enough where the directory is not known
_HOOK = re.compile(rf"{NAME}['\"]?\s+hook\b")
_START_UP = {
    ".bashrc", ".bash_profile", ".bash_login", ".bash_aliases", ".profile", ".zshrc", ".zshenv", ".zprofile", ".zlogin",
    "config.fish",
}  # fmt: skip
_SHELLS = {"bash", "zsh", "fish", "sh"}
_HINTS = {NAME, "exec", PAUSE, MARKER} | {part for folder in FOLDERS for part in folder.split("/")} | _START_UP
_TARGETS = {"run", "demo"}  # of the Makefile in reifierd's own checkout


@dataclass(frozen=True)
class Own:
    """Where reifierd's own things stand on this machine: workspace `roots`, whole `folders` (configuration, state,
    runtime), and its `checkout` ("" where it was installed). All absolute; `home` is what `~` means."""

    home: str = "/home/user"
    roots: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    checkout: str = ""

    @classmethod
    def here(cls, root: Path) -> Own:
        """The places of this user with the workspace at `root`."""
        code = Path(__file__).resolve().parents[3]
        checkout = str(code.parent) if code.name == "src" and (code.parent / "Makefile").is_file() else ""
        folders = (config_dir(), state_home(), *runtime_dirs())
        roots = dict.fromkeys((str(root.absolute()), str(root.resolve())))
        return cls(str(Path.home()), tuple(roots), tuple(map(str, folders)), checkout)

    def context(self, cwd: str | None) -> Context:
        return Context(cwd=cwd, home=self.home, env={"HOME": self.home})

    def hinted(self, words: Set[str], cwd: str | None) -> bool:
        """Whether a line of these words, typed in `cwd`, may be about reifierd: cheap, and false only for none."""
        places = {posixpath.basename(place) for place in (*self.roots, *self.folders)}
        inside = cwd is not None and (cwd == self.checkout or self.has(cwd, None))
        return inside or not words.isdisjoint(_HINTS | places)

    def has(self, path: str, cwd: str | None) -> bool:
        """Whether `path`, meant in `cwd`, is a thing of reifierd's."""
        whole = posixpath.normpath(posixpath.join(cwd or "", path))
        if not whole.startswith("/"):
            return any(_below(whole, folder) for folder in _RELATIVE)
        return any(_below(whole, f) for f in self.folders) or any(
            whole == root or (_below(whole, root) and whole[len(root) :].strip("/").split("/")[0] in _TOP)
            for root in self.roots
        )


def is_own(call: Invocation, view: ShellView, own: Own) -> bool:
    """Whether this command of `view` is about reifierd and nothing else."""
    if call.program == NAME or _words(call)[:2] == ["-m", NAME]:
        return True
    if call.program == "make":
        return bool(own.checkout) and call.cwd == own.checkout and {*_words(call)} <= _TARGETS
    return is_set_up(call, view) or _on_own_things(call, own)


def is_set_up(call: Invocation, view: ShellView) -> bool:
    """A shell that is started anew, reads its start-up file again or loads the hook, or the line that will load it."""
    hook = _HOOK.search(view.source) is not None
    if call.program in ("source", ".", "eval"):
        return hook or any(posixpath.basename(w) in _START_UP for w in _words(call)[:1])
    if call.program in _SHELLS:
        return call.via[-1:] == ("exec",) and all(w.startswith("-") and "c" not in w for w in _words(call))
    changes = [e for e in call.effects if e.kind not in _HARMLESS]
    return hook and bool(changes) and all(_in_start_up_file(e) for e in changes)


def _on_own_things(call: Invocation, own: Own) -> bool:
    """Every change is to a thing of reifierd's; of a program that only looks, and of one that nobody knows (it may be
    an editor), every path is."""
    arguments = [w for w in call.argv[1:] if not (w.text or "").startswith("-")]
    only_own = bool(arguments) and all(_is_own_word(w, call, own) for w in arguments)
    changes = [e for e in call.effects if e.kind not in _HARMLESS]
    if not changes:
        return any(_is_own_word(w, call, own) or w.text in _NAMES for w in arguments)
    return all(only_own if e.kind is EffectKind.UNKNOWN else _changes_own(e, call, own) for e in changes)


def _changes_own(effect: Effect, call: Invocation, own: Own) -> bool:
    if effect.open_targets or not effect.targets:
        return False
    if effect.kind in (EffectKind.SERVICE, EffectKind.PACKAGE):
        return {*effect.targets} <= _NAMES
    return all(own.has(target, call.cwd) for target in effect.targets)


def _is_own_word(word: Word, call: Invocation, own: Own) -> bool:
    return word.text is not None and own.has(word.text, call.cwd)


def _in_start_up_file(effect: Effect) -> bool:
    names = {posixpath.basename(target) for target in effect.targets}
    return effect.kind is EffectKind.WRITE and not effect.open_targets and bool(names) and names <= _START_UP


def _words(call: Invocation) -> list[str]:
    return [w.text or "" for w in call.argv[1:]]


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
