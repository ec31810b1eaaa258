"""What a task's type forbids its commands, by what they do: wrappers, pipes, functions and scripts hide nothing.

- GitOps (deployment, configuration): no direct change to a cluster or to infrastructure, such as `kubectl apply`,
  `helm upgrade`, `terraform apply`, `argocd app sync`, unless the configuration allows it (`[tasks] direct`: patterns
  of the program and its first words; `*` allows all). Dry runs and reading are no changes.
- Read-only (verification): no command that is known to change something, and an unknown program only with a read-like
  verb (its own name is none) or a person's `{readonly}` at the block.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path

from reifierd.loops.tasks.blockers import Blocker, Work
from reifierd.loops.tasks.clusters import is_client
from reifierd.loops.tasks.kinds import Kind
from reifierd.loops.tasks.scripts import Script, named_script
from reifierd.shell.looking import known_changes, looks_only
from reifierd.shell.model import EffectKind, Invocation, ShellView
from reifierd.shell.options import parse_options
from reifierd.shell.programs import matches, packaged
from reifierd.shell.verdict import spelled

_DIRECT = frozenset({EffectKind.KUBERNETES, EffectKind.INFRASTRUCTURE})


def conduct_blockers(
    kind: Kind, blocks: Iterable[tuple[Work, Sequence[Script]]], direct: tuple[str, ...]
) -> Iterator[Blocker]:
    """What stops a block for the task's type; `direct` is the configuration's."""
    for work, scripts in blocks:
        if kind.gitops:
            yield from _direct(work, [work.view, *(s.view for s in scripts)], direct)
        if kind.readonly and not work.step.attributes.readonly:
            yield from _changing(work, scripts)


def changes_directly(command: Invocation) -> bool:
    """Whether a command changes a cluster or infrastructure past the repository."""
    if command.wrapped:
        return False
    words = _words(command)
    if any(e.kind in _DIRECT for e in command.effects):
        return not (is_client(command.program) and words[1:2] == ["config"])  # the kubeconfig, no cluster
    by_hand = is_client(command.program) and any(e.kind is EffectKind.INTERACTIVE for e in command.effects)
    return by_hand or (is_client(command.program) and words[1:2] == ["cp"])


def _direct(work: Work, views: Iterable[ShellView], allowed: tuple[str, ...]) -> Iterator[Blocker]:
    refused = dict.fromkeys(
        spelled(c)
        for view in views
        for c in view.commands
        if changes_directly(c) and not any(p == "*" or matches(p.split(), _words(c)) for p in allowed)
    )
    for command in refused:
        reason = f"`{command}` changes it directly, and this type of task leaves that to GitOps"
        remedy = "change the manifests and let GitOps apply them, or allow it: direct below [tasks] in config.toml"
        yield Blocker("direct-change", reason, remedy, work.criterion, work.step.line, work.step.command)


def _changing(work: Work, scripts: Sequence[Script]) -> Iterator[Blocker]:
    """A script that is read and only looks may be called whatever it is called; one that is not read, never by its
    name. What `make -n` prints is not run."""
    read = {_called(s.caller): s for s in scripts if s.interpreter != "make" or not looks_only(s.caller)}
    quiet = _quiet(read)
    inside = [c for s in read.values() for c in s.view.commands if known_changes(c)]
    own = [c for c in work.view.commands if not _looks(c, read, quiet)]
    for command in dict.fromkeys((*own, *inside)):
        known = known_changes(command)
        reason = f"`{spelled(command)}` " + (
            f"changes something ({', '.join(known)})" if known else "is not known to be read-only"
        )
        remedy = "a verification only looks" + ("" if known else ": mark the block {readonly} if it changes nothing")
        yield Blocker("read-only", reason, remedy, work.criterion, work.step.line, work.step.command)
    if work.view.unread is not None and not own:
        reason = f"the block cannot be read in full: {work.view.unread}"
        yield Blocker("read-only", reason, "", work.criterion, work.step.line, work.step.command)


Called = Path | tuple[str, ...]


def _called(command: Invocation) -> Called:
    """The script that a command runs, whatever it hands to it; else its words."""
    named = named_script(command, Path())
    return named[1] if named else tuple(w.shape for w in command.argv)


def _looks(command: Invocation, read: Mapping[Called, Script], quiet: Set[Called]) -> bool:
    called = _called(command)
    return called in quiet if called in read else looks_only(command, by_name=False)


def _quiet(read: Mapping[Called, Script]) -> set[Called]:
    """The scripts that only look, and call only such: all of them, less those that turn out otherwise."""
    quiet, before = set(read), -1
    while len(quiet) != before:
        before = len(quiet)
        quiet = {
            called
            for called in quiet
            if read[called].view.unread is None and all(_looks(c, read, quiet) for c in read[called].view.commands)
        }
    return quiet


def _words(command: Invocation) -> list[str]:
    """The program (as the table calls it: kubectl for k) and its operands."""
    row = packaged().get(command.program or "")
    options = row.parse(command.argv) if row else parse_options(command.argv)
    name = (row.like if row and row.like else command.program) or ""
    return [name, *(w.shape for w in options.operands)]
