"""Services: which one a command starts, stops, restarts or tells to reread its settings."""

from __future__ import annotations

from dataclasses import dataclass

from reifierd.loops.scribe.cells import absolute
from reifierd.loops.scribe.files import words
from reifierd.loops.scribe.knowledge import knowledge
from reifierd.shell.model import EffectKind, Invocation

_ABOUT = frozenset(
    {
        EffectKind.SERVICE,
        EffectKind.UNKNOWN,
        EffectKind.CONTAINER,
        EffectKind.KUBERNETES,
        EffectKind.PROCESS,
        EffectKind.POWER,
    }
)
_KINDS = ("restart", "reload", "start", "stop")


@dataclass(frozen=True)
class ServiceEvent:
    """`verb` is start, stop, restart or reload; `service` a name that is the same for all verbs of one service."""

    service: str
    verb: str


def only_asks(inv: Invocation) -> bool:
    """A daemon's program that is run to check its settings."""
    return inv.program in knowledge().programs["daemons"] and _only_asks(inv.program or "", words(inv)[1:])


def service_events(inv: Invocation, cwd: str | None) -> list[ServiceEvent]:
    """What this command does to services; empty for every other program."""
    if inv.wrapped or not inv.argv or not inv.program:
        return []
    known, text = knowledge(), words(inv)
    kinds = {e.kind for e in inv.effects}
    if inv.program in known.programs["managers"]:
        return _managed(inv.program, text[1:])
    if inv.program in known.programs["daemons"]:
        return _daemon(inv.program, text[1:])
    if not kinds & _ABOUT or kinds & {EffectKind.DATABASE, EffectKind.VCS}:
        return []
    program = absolute(cwd, text[0]) if "/" in text[0] else text[0]
    for i, word in enumerate(text[1:], 1):
        for kind in _KINDS:
            if word.lower().lstrip("-") in known.verbs[kind]:
                return [ServiceEvent(" ".join([program, *text[1:i], *text[i + 1 :]]), kind)]
    return []


def _managed(program: str, rest: list[str]) -> list[ServiceEvent]:
    """systemctl VERB UNIT…, service UNIT VERB, docker compose VERB [NAME…], …"""
    known = knowledge()
    plain = [w for w in rest if not w.startswith("-")]
    for i, word in enumerate(plain):
        for kind in _KINDS:
            if word in known.verbs[kind]:
                names = plain[:i] if program in ("service", "rc-service") else plain[i + 1 :]
                prefix = "compose " if "compose" in (program.partition("-")[2], *plain[:i]) else ""
                return [
                    ServiceEvent(f"unit {prefix}{n.removesuffix('.service')}", kind)
                    for n in names or [prefix or program]
                ]
    return []


def _daemon(program: str, rest: list[str]) -> list[ServiceEvent]:
    """nginx -s reload, redis-server CONF &, haproxy -f CONF -sf PID."""
    known = knowledge()
    if _only_asks(program, rest):
        return []
    verb = next((kind for kind in _KINDS for w in rest if w in known.verbs[kind]), "start")
    words_left = [w for w in rest if w != "-s" and w not in known.verbs[verb]]
    return [ServiceEvent(" ".join([program, *words_left]), verb)]


def _only_asks(program: str, rest: list[str]) -> bool:
    """`nginx -t`, `haproxy -c -f …`: the daemon checks or tells, and does not start."""
    asking = {"-t", "-T", "-v", "-V", "--version", "-h", "--help", "--test", "--check", "configtest"}
    return bool(asking & set(rest)) or (program == "haproxy" and "-c" in rest)
