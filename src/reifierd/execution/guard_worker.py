"""The guard's worker: a process that judges blocks one after the other, and that may be killed at any moment.

It is started by `execution.guard` with the number of its end of a socket pair; nothing else talks to it.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection

from reifierd.execution.syntax import SyntaxChecker
from reifierd.execution.unjudged import unjudged
from reifierd.shell import Context, Judgement, Rules, ShellView, judge, second


def serve(connection: Connection, checker: SyntaxChecker) -> None:
    """Rules first; then (sources, context, whether the views are wanted), answered by one Judgement for each source.

    "loading" and "loaded" stand around the one time that the second reader is loaded: the clock does not run then.
    """
    rules: Rules = connection.recv()
    rules.warm()
    judge("true", rules, Context())  # everything that is made once is made now
    checker.valid("true")
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)  # a verdict makes thousands of small objects and no cycles
    connection.send("ready")
    while True:
        sources, context, views = connection.recv()
        if not second.loaded() and not all(map(second.abstains, sources)):
            connection.send("loading")
            second.bashlex()
            connection.send("loaded")
        for judgement in judged(sources, rules, context, checker):
            connection.send(judgement if views else replace(judgement, view=ShellView("", ())))


def judged(sources: Sequence[str], rules: Rules, context: Context, checker: SyntaxChecker) -> Iterator[Judgement]:
    """Bash looks at the next source while this process judges one. Plain words have one reading: nobody is asked."""
    asked = [not second.plain(source) for source in sources]
    for number, source in enumerate(sources):
        if asked[number] and (number == 0 or not asked[number - 1]):
            checker.ask(joined(source))
        valid = checker.answer() if asked[number] else True
        if number + 1 < len(sources) and asked[number] and asked[number + 1]:
            checker.ask(joined(sources[number + 1]))
        yield _judged(source, rules, context, valid)


def _judged(source: str, rules: Rules, context: Context, valid: bool) -> Judgement:
    """Fail closed: an error of our own in judging is no permission."""
    try:
        return judge(source, rules, context, valid=valid)
    except Exception as error:  # whatever it is, the block needs a person
        return unjudged(f"an error of the guard itself: {type(error).__name__}: {error}")


def joined(source: str) -> str:
    """A backslash at the very end continues nothing."""
    bare = source.rstrip()
    return bare[:-1] if bare.endswith("\\") and not bare.endswith("\\\\") else source


def main() -> None:
    connection = Connection(int(sys.argv[1]))
    checker = SyntaxChecker()
    try:
        serve(connection, checker)
    except (EOFError, OSError):  # the daemon is gone, perhaps in the middle of a message
        pass
    finally:
        checker.close()


if __name__ == "__main__":
    main()
