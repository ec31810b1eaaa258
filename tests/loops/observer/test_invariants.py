"""The design's invariants that the observer must hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.loops.observer.conftest import Watch

SECRET = "xJ7kQ2mV9pLw4TzR"
TYPED = (
    f"export DB_PASSWORD={SECRET}",
    f"curl -H 'Authorization: Bearer {SECRET}' https://example.org",
    f"mysql -u root -p{SECRET} -e 'select 1'",
    "echo done > f",
)


def test_invariant_5_events_are_hints_and_a_tick_finds_everything_by_itself(watch: Callable[..., Watch]) -> None:
    """Lost, doubled and reordered events: the ledger says the same."""
    often, once = watch(), watch()
    once.state = once.state / "other"
    once.restart()
    for n in range(5):
        often.write(".bash_history", f"echo {n} > f\n")
        for _ in range(n):
            often.tick()
    often.tick()
    once.tick()
    assert (
        [c.command for c in often.commands()]
        == [c.command for c in once.commands()]
        == [f"echo {n} > f" for n in range(5)]
    )
    assert not often.tick()


def test_invariant_6_redact_before_persist_no_secret_of_a_history_is_in_any_file(watch: Callable[..., Watch]) -> None:
    w = watch()
    for name, line in ((".bash_history", "#1799999990\n{}\n"), (".zsh_history", ": 1799999990:0;{}\n")):
        w.write(name, "".join(line.format(text) for text in TYPED))
    w.write(".local/share/fish/fish_history", "".join(f"- cmd: {text}\n  when: 1799999990\n" for text in TYPED))
    w.tick()
    (w.home / ".bash_history").write_text("".join(f"#1799999999\n{text} #2\n" for text in TYPED))
    w.tick(1)
    w.ledger.close()
    assert _holding(w.state, SECRET) == []


def test_invariant_6_redact_before_persist_nor_any_plain_hash_of_it(watch: Callable[..., Watch]) -> None:
    """The digests of entries are keyed, with a key that only the user can read."""
    w = watch()
    w.write(".bash_history", f"mysql -p{SECRET}\n")
    w.tick()
    assert (w.state / "observer.key").stat().st_mode & 0o777 == 0o600
    assert len((w.state / "observer.key").read_bytes()) == 32


def _holding(folder: Path, text: str) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and text.encode() in p.read_bytes()]
