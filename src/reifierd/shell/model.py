"""What the shell block says about a piece of bash: commands, words, effects, findings, a verdict.

Plain frozen data, no behaviour beyond small look-ups, so that the guard, the scribe and the redaction
share one view of what a command is. Offsets are character offsets into the source that was read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class EffectKind(StrEnum):
    """What a command does to the world; `READ` means that it changes nothing."""

    READ = "read-only"
    WRITE = "write"  # creates or changes files in an ordinary way (mkdir, cp, sed -i, > file)
    DELETE = "delete"
    OVERWRITE = "overwrite"  # truncates or replaces what was there
    DEVICE_WRITE = "device write"
    PERMISSIONS = "permissions"
    PROCESS = "process"
    SERVICE = "service"
    POWER = "power"
    NETWORK_EXEC = "network exec"
    NETWORK_WRITE = "network write"  # an HTTP POST, an upload, a mail
    FIREWALL = "firewall"
    VCS = "vcs"
    DATABASE = "database"
    CONTAINER = "container"
    CLOUD = "cloud"
    KUBERNETES = "kubernetes"
    INFRASTRUCTURE = "infrastructure"
    PACKAGE = "package"
    ACCOUNT = "account"
    SECRET_FLOW = "secret flow"  # noqa: S105 - a kind of effect, no secret
    EVIDENCE = "evidence erasure"
    SHELL_STATE = "shell state"  # cd, export, NAME=value, alias, set, source: changes only the shell itself
    INTERACTIVE = "interactive"  # needs a person at a terminal: an editor, a pager, a prompt
    CODE = "unread code"  # it runs what an option, a file or another place gives it, and that is not read here
    UNKNOWN = "unknown"  # a program that no table knows


@dataclass(frozen=True)
class Word:
    """One word after quoting: `text` is its literal value, or None where a part is only known at run time.

    `source` is the word as written; `prefix` the literal beginning that is known in either case. `glob` says that an
    unquoted `*`, `?` or `[` is in it. `shape` is the value with "\\x00" for each part that is only known at run time
    and "\\x01" for one that is known not to be empty.
    """

    source: str
    text: str | None
    prefix: str = ""
    start: int = 0
    end: int = 0
    glob: bool = False
    shape: str = ""

    @property
    def known(self) -> bool:
        return self.text is not None


@dataclass(frozen=True)
class Redirect:
    """`op` is `>`, `>>`, `<`, `<<<`, `<<`, `>&`, …; `fd` the descriptor named or implied; `body` a heredoc's text."""

    op: str
    fd: int
    target: Word | None
    body: Word | None = None


@dataclass(frozen=True)
class Effect:
    """One consequence of a command, with the files, services, hosts or tables it is about.

    `targets` holds literal targets after `cd`, assignments and quoting were followed; `open_targets` says that
    at least one more target is only known at run time.
    """

    kind: EffectKind
    targets: tuple[str, ...] = ()
    open_targets: bool = False
    detail: str = ""
    shapes: tuple[str, ...] = ()  # every target, with marks for unknown parts (see Word.shape)


@dataclass(frozen=True)
class Invocation:
    """One simple command, in the order bash would reach it, wherever it was hidden.

    `argv` starts with the program's name (a path is kept as written in argv[0]; `program` is its base name, None
    where it is only known at run time). `via` names what it hides in, outermost first: ("sudo", "bash -c", "$()").
    `wrapped` is true for a wrapper whose inner command follows as an Invocation of its own.
    """

    argv: tuple[Word, ...]
    program: str | None
    assignments: tuple[tuple[str, Word | None], ...] = ()
    redirects: tuple[Redirect, ...] = ()
    effects: tuple[Effect, ...] = ()
    via: tuple[str, ...] = ()
    wrapped: bool = False
    cwd: str | None = None
    opaque: str = ""  # why it cannot be said what runs here: an unknown name, code from the network, …
    stdin: Word | None = None  # what it reads, where a heredoc, a here-string or a constant pipe says so
    pipe_to: str | None = None  # program that reads this one's output
    pipe_from: str | None = None  # program whose output this one reads
    files: tuple[tuple[str, Word], ...] = ()  # what its words name and the source itself wrote: path → text
    line: int = 1
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class ShellView:
    """A source read as data. `unread` says why it could not be read in full (then nothing may be concluded from it)."""

    source: str
    commands: tuple[Invocation, ...]
    unread: str | None = None

    @property
    def effects(self) -> tuple[Effect, ...]:
        return tuple(e for c in self.commands for e in c.effects)

    @property
    def read_only(self) -> bool:
        """Every command is known to change nothing outside its own shell."""
        harmless = {EffectKind.READ, EffectKind.SHELL_STATE}
        return self.unread is None and all(
            c.effects and all(e.kind in harmless for e in c.effects) for c in self.commands
        )


class Verdict(StrEnum):
    """`allow` runs; `override` needs a person's narrow word; `refuse` does not run on a default installation."""

    ALLOW = "allow"
    OVERRIDE = "override"
    REFUSE = "refuse"

    @property
    def rank(self) -> int:
        return ("allow", "override", "refuse").index(self.value)


@dataclass(frozen=True)
class Finding:
    """Why a verdict is not `allow`: the rule, its severity (a Verdict), the reason and the safer way."""

    rule: str
    severity: Verdict
    reason: str
    alternative: str = ""
    command: str = ""
    line: int = 1


@dataclass(frozen=True)
class Judgement:
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    view: ShellView = field(default_factory=lambda: ShellView("", ()))
