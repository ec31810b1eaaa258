"""A file that a person edits all the time is replaced, and no word of the person's is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from reifierd.workspace import exchange
from reifierd.workspace.consent import Busy, ready_for_leases
from reifierd.workspace.exchange import swap_file
from reifierd.workspace.files import TEMP, Temporary

EDITS = 300


def left_of(path: Path) -> list[str]:
    """Temporary files beside it."""
    return [p.name for p in path.parent.glob(f"{TEMP}*")]


def append(path: Path, line: str, _typed: Iterable[str] = ()) -> None:
    """As `echo >>`, and editors that only add."""
    with path.open("a") as file:
        file.write(line)


def rename_over(path: Path, line: str, typed: Iterable[str] = ()) -> None:
    """As vim and most others: a new file takes the name."""
    new = path.with_name("4913")
    new.write_text(saved(path, line, typed))
    new.replace(path)


def truncate(path: Path, line: str, typed: Iterable[str] = ()) -> None:
    """As nano: the same file, emptied and written anew."""
    text = saved(path, line, typed)
    path.write_text(text)


def saved(path: Path, line: str, typed: Iterable[str]) -> str:
    """What stands there, with all that was typed in this editor."""
    text = path.read_text()
    return text + "".join(t for t in typed if t not in text) + line


EDITORS = (append, rename_over, truncate)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    ready_for_leases()
    path = tmp_path / "TASK-001.md"
    path.write_text("as it was\n")
    return path


def test_it_is_replaced_with_its_mode(path: Path) -> None:
    path.chmod(0o640)
    assert swap_file(path, b"as it was\n", b"new\n") == (b"as it was\n",)
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new\n", 0o640)
    assert left_of(path) == []


def test_what_was_not_expected_stays_and_is_told(path: Path) -> None:
    inode = path.stat().st_ino
    assert swap_file(path, b"something else\n", b"new\n") == (b"as it was\n",)
    assert (path.read_text(), path.stat().st_ino) == ("as it was\n", inode)


def test_what_a_person_is_writing_stays(path: Path) -> None:
    with path.open("a") as file, pytest.raises(Busy):
        file.write("being written\n")
        file.flush()
        swap_file(path, path.read_bytes(), b"new\n")
    assert path.read_text() == "as it was\nbeing written\n"


def test_a_missing_file_is_not_made(path: Path) -> None:
    path.unlink()
    with pytest.raises(FileNotFoundError):
        swap_file(path, b"as it was\n", b"new\n")
    assert not path.exists()
    assert left_of(path) == []


def between(monkeypatch: pytest.MonkeyPatch, *edits: Callable[[], object]) -> None:
    """Each edit happens right before one of the exchanges, in the moment that nobody can lock."""
    exchanged, waiting = exchange._exchanged, list(edits)

    def late(temp: Temporary, path: Path) -> bool:
        if waiting:
            waiting.pop(0)()
        return exchanged(temp, path)

    monkeypatch.setattr(exchange, "_exchanged", late)


def test_a_save_in_the_last_moment_goes_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    between(monkeypatch, lambda: rename_over(path, "saved\n"))
    assert swap_file(path, b"as it was\n", b"new\n") == (b"as it was\nsaved\n",)
    assert path.read_text() == "as it was\nsaved\n"


def test_the_newest_of_two_saves_stands_and_both_are_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second comes before the first was put back: it is an edit of what stands there then."""
    between(monkeypatch, lambda: rename_over(path, "first\n"), lambda: rename_over(path, "second\n"))
    assert swap_file(path, b"as it was\n", b"new\n") == (b"new\nsecond\n", b"as it was\nfirst\n")
    assert path.read_text() == "new\nsecond\n"


def test_without_an_exchange_it_is_read_right_before(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "_exchanged", lambda *_: False)
    assert swap_file(path, b"as it was\n", b"new\n") == (b"as it was\n",)
    assert swap_file(path, b"as it was\n", b"newer\n") == (b"new\n",)
    assert path.read_text() == "new\n"


def test_no_line_of_a_person_is_lost_while_we_write(path: Path) -> None:
    """Hundreds of edits of three kinds, faster than any person, against as many of ours as fit in."""
    typed: list[str] = []  # what an editor has in its buffer, whatever is in the file

    def edit() -> None:
        for n in range(EDITS):
            EDITORS[n % 3](path, f"person {n}\n", typed)
            if n % 3:  # what another program appends is in no editor's buffer
                typed.append(f"person {n}\n")

    person, ours = threading.Thread(target=edit), 0
    person.start()
    stands = wanted = path.read_bytes()
    while person.is_alive() or ours < 50:
        try:
            found, *older = swap_file(path, stands, wanted + b"ours\n")
        except (Busy, FileNotFoundError):
            continue
        ours += found == stands
        stands = wanted + b"ours\n" if found == stands else found
        wanted = stands + b"".join(missing(stands, older))
    person.join()
    while swap_file(path, stands, wanted)[0] != stands:
        stands = wanted = path.read_bytes()
    lines = path.read_text().splitlines(keepends=True)
    assert [n for n in range(EDITS) if lines.count(f"person {n}\n") != 1] == []
    assert left_of(path) == []


def missing(stands: bytes, older: list[bytes]) -> list[bytes]:
    """A person's lines that only older versions have."""
    have = set(stands.splitlines(keepends=True))
    lines = dict.fromkeys(line for version in older for line in version.splitlines(keepends=True))
    return [line for line in lines if line.startswith(b"person") and line not in have]
