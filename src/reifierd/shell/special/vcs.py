"""git, where the first word alone does not tell reading from changing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reifierd.shell.model import Effect, EffectKind, Invocation
from reifierd.shell.options import Options
from reifierd.shell.programs import Program
from reifierd.shell.shapes import known
from reifierd.shell.targets import READ, on

_CHANGING = frozenset(
    {
        "-d", "-D", "-m", "-M", "-u", "-f", "-c", "-C", "-s", "-F", "-e", "--delete", "--move", "--copy", "--force",
        "--set-upstream-to", "--unset-upstream", "--edit-description", "--edit", "--sign", "--file", "--create-reflog",
    }
)  # fmt: skip
_CONFIG_CHANGING = frozenset(
    {"--unset", "--unset-all", "--add", "--replace-all", "--rename-section", "--remove-section", "-e", "--edit"}
)


# Settings with which git loads or runs something, besides those whose value is read as shell code (see `hosts`).
_SETTING_RUNS = re.compile(
    r"(?:include(?:if)?\.|gpg\.|uploadpack\.|url\.|protocol\.|man\.|browser\.|trailer\.|difftool|mergetool|submodule\.|"
    r"interactive\.difffilter|remote\..*\.(?:uploadpack|receivepack|vcs|url)|core\.(?:hookspath|alternaterefscommand))",
    re.I,
)


def _transport_runs(operands: Sequence[str]) -> bool:
    """`ext::command` and `fd::` are addresses that run something (git-remote-ext(1))."""
    return any(re.match(r"[\w+.-]+::", o) for o in operands)


def gh(command: Invocation, row: Program, options: Options) -> list[Effect]:
    """`gh api` reads where it sends nothing (its manual: a field makes it a POST)."""
    words = [w.shape for w in options.operands]
    if words[:1] == ["api"]:
        method = options.value("-X", "--method")
        sends = options.has("-f", "-F", "--field", "--raw-field", "--input")
        reads = method.shape.upper() in {"GET", "HEAD"} if method else not sends
        return [READ if reads and words[1:2] != ["graphql"] else Effect(EffectKind.VCS, detail="api")]
    found = row.verbs.find(words) if words else (EffectKind.READ, "")
    return [on(found[0] if found else row.other, command, options.operands[1:], " ".join(words[:2]))]


_LISTING = frozenset(
    {"--list", "-l", "--show-current", "--contains", "--merged", "--no-merged", "-v", "-a", "-r", "--points-at"}
)
_MESSAGE = frozenset({"-m", "-F", "--message", "--file", "-C", "--reuse-message", "--fixup", "--no-edit", "-am", "-a"})


def git(command: Invocation, row: Program, options: Options) -> list[Effect]:
    """git: most by its table; branch, tag, config, remote, stash and worktree read without further words."""
    words = [w.shape for w in options.operands]
    verb, rest = (words[0] if words else "version"), words[1:]
    at = next((i for i, w in enumerate(command.argv) if i and w.shape == verb), len(command.argv))
    given = {n for n, _ in row.parse(command.argv[at:]).given}
    settings = [w.shape for w in options.all_values("-c")]
    if _transport_runs(rest) or any(_SETTING_RUNS.match(s) for s in settings):
        return [Effect(EffectKind.CODE, detail=verb)]
    dry = "--dry-run" in given or ("-n" in given and verb in {"clean", "add", "push", "rm", "mv", "fetch", "prune"})
    if dry:
        return [READ]
    if _reads(verb, rest, given):
        return [READ]
    if (special := _special(verb, rest, given, command)) is not None:
        return [special]
    found = row.verbs.find(words)
    kind = found[0] if found else row.other
    return (
        [READ]
        if kind is EffectKind.READ
        else [Effect(kind, tuple(r for r in rest if known(r)), any(not known(r) for r in rest), verb)]
    )


def _reads(verb: str, rest: list[str], given: set[str]) -> bool:
    """Verbs that look or change by their words: these only look."""
    if verb in {"branch", "tag"}:
        return not given & _CHANGING and (not rest or bool(given & _LISTING))
    if verb == "symbolic-ref":
        return len(rest) == 1 and not given & {"-d", "--delete"}
    if verb == "config":
        asks = given & {"--get", "--list", "-l", "--get-all", "--get-regexp"} or rest[:1] in (["get"], ["list"])
        return bool(asks) or (len(rest) == 1 and not given & _CONFIG_CHANGING and rest[0] != "edit")
    return verb == "remote" and (not rest or rest[0] in {"show", "get-url", "-v"})


def _special(  # noqa: PLR0911 - one return for each kind of case
    verb: str, rest: list[str], given: set[str], command: Invocation
) -> Effect | None:
    """Verbs whose options decide what they do, where the table cannot say it."""
    if verb == "format-patch":
        return READ if "--stdout" in given else Effect(EffectKind.WRITE, detail=verb)
    if verb == "reflog" and rest[:1] in (["expire"], ["delete"]):
        return Effect(EffectKind.VCS, tuple(rest[1:]), detail=f"reflog {rest[0]}")
    if verb == "symbolic-ref" and len(rest) > 1:
        return Effect(EffectKind.VCS, tuple(rest), detail="symbolic-ref")
    if verb in {"archive", "bundle"} and given & {"-o", "--output", "--output-directory"}:
        return Effect(EffectKind.WRITE, detail=verb)
    if verb == "commit" and not given & _MESSAGE and command.stdin is None:
        return Effect(EffectKind.INTERACTIVE, detail="commit")
    if verb == "rebase" and given & {"-i", "--interactive"}:
        return Effect(EffectKind.INTERACTIVE, detail="rebase")
    return None
