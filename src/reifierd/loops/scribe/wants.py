"""What the steps that stay need from their shell: variables, exported settings, sourced files, functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from reifierd.loops.scribe.facts import Fact
from reifierd.loops.scribe.kinds import Kind
from reifierd.loops.scribe.knowledge import knowledge

_ALWAYS = frozenset(
    {
        "HOME",
        "USER",
        "PATH",
        "PWD",
        "OLDPWD",
        "SHELL",
        "LOGNAME",
        "HOSTNAME",
        "RANDOM",
        "SECONDS",
        "UID",
        "TMPDIR",
        "LANG",
    }
)


def wanted_state(steps: Iterable[Fact], facts: Sequence[Fact], gone: Iterable[int] = ()) -> set[int]:
    """The numbers of the facts that set what these steps use, each with what it uses itself."""
    left_out, found = set(gone), set[int]()
    spoken = frozenset().union(*(f.uses for f in facts))
    todo = list(steps)
    while todo:
        fact = todo.pop()
        for n in needs(fact, spoken) | _opaque(fact, facts):
            if n not in found and n not in left_out:
                found.add(n)
                todo.append(facts[n])
    return found


def needs(fact: Fact, spoken: frozenset[str]) -> set[int]:
    """The facts that set the variables of this one: those it names, and exported ones that its programs read.

    `spoken` are the names that the session writes out somewhere: an exported name that is never written out is meant
    for the programs that are run.
    """
    wanted = {n for _, n in fact.origins}
    wanted |= {n for name, n in fact.exported if reads_environment(fact, name, spoken)}
    return wanted - {fact.n}


def reads_environment(fact: Fact, name: str, spoken: frozenset[str] = frozenset()) -> bool:
    """A program of this command may look at this exported name."""
    known = knowledge()
    readers = known.readers(name)
    if readers is not None:
        return bool(readers & set(fact.programs)) or any("/" in w or w.endswith((".sh", ".py")) for w in fact.words[:1])
    if name in spoken:
        return False
    return any(p not in known.programs["plain"] for p in fact.programs)


def _opaque(fact: Fact, facts: Sequence[Fact]) -> set[int]:
    """Sourced files, functions and shell options before this command, in its own shell, that it may depend on."""
    before = [f for f in facts[: fact.n] if f.kind is Kind.STATE and f.opaque_state and f.shell == fact.shell and f.ok]
    unknown = (
        {u for u in fact.uses if u not in _ALWAYS}
        - {name for name, _ in fact.origins}
        - {n for n, _ in fact.command.env}
    )
    special = {p.name for p in fact.command.params}
    wanted = set()
    for f in before:
        defines = re.match(r"\s*(?:function\s+)?([\w-]+)\s*(?:\(\))?\s*[{(]", f.text)
        sources = {"source", "."} & set(f.words[:1])
        activates = bool(sources) and any(p not in knowledge().programs["plain"] for p in fact.programs)
        if (
            (defines and defines[1] in fact.words)
            or (sources and (unknown - special or activates))
            or f.words[:1] == ("umask",)
        ):
            wanted.add(f.n)
    return wanted
