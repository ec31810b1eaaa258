"""What a step needs around it: its directory, environment names, and the settings that come before it.

Fix steps share one shell, so settings stand as steps right before the first one that uses them. Diagnosis and Verify
steps must run by themselves (a gate is asked before anything else is run), so each carries what it needs: constants
as its `env`, everything else as lines before the command.
"""

from __future__ import annotations

from collections.abc import Sequence

from reifierd.loops.scribe.facts import Fact
from reifierd.loops.scribe.knowledge import knowledge
from reifierd.loops.scribe.wants import needs, wanted_state


def inherited(fact: Fact) -> dict[str, str]:
    """Recorded environment names that decide what this command means and that the session itself did not set."""
    own = {name for name, _ in fact.origins} | {name for name, _ in fact.exported} | {name for name, _ in fact.sets}
    known = knowledge()
    return {
        name: value
        for name, value in fact.command.env
        if name not in own and (known.readers(name) or frozenset()) & set(fact.programs) and _plain(value)
    }


def _plain(value: str) -> bool:
    return "[REDACTED" not in value and "\n" not in value


def alone(fact: Fact, facts: Sequence[Fact]) -> tuple[dict[str, str], str]:
    """(env, text) with which this command runs by itself."""
    spoken = frozenset().union(*(f.uses for f in facts))
    env, lines = inherited(fact), list[str]()
    direct = needs(fact, spoken)
    for n in sorted(wanted_state([fact], facts)):
        source = facts[n]
        constant = (
            all(value is not None and _plain(value) for _, value in source.sets)
            and source.sets
            and not source.opaque_state
        )
        if constant and n in direct and not source.command.params:
            env |= {name: value for name, value in source.sets if value is not None}
        else:
            lines.append(source.text)
    return env, "\n".join([*lines, fact.text])
