"""The errors a person sees: what is wrong, where, and the next command to type.

Everything else that escapes to the top is a bug (exit code 70, with a log file to attach).
Exit codes are those of the command line: 0 done, 1 the work failed, 2 usage or configuration,
3 refused by the guard or by consent, 70 a bug, 130 interrupted.
"""

from __future__ import annotations


class ReifierError(Exception):
    """Something a person can act on.

    `where` names the place (`file:line`, a folder, a run), `hint` the next command or repair.
    """

    exit_code = 1

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message, self.where, self.hint = message, where, hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.message}" + (f"\n  → {self.hint}" if self.hint else "")


class UsageError(ReifierError):
    """A wrong command, option, configuration or input file."""

    exit_code = 2


class Refused(ReifierError):  # noqa: N818 - the word of the trade: a verdict, not a mistake
    """The guard or the rules of consent say no."""

    exit_code = 3
