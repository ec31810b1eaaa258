"""What a spool file says: whole records only, as the shell saw them, whatever a command holds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.loops.observer.spool_records import FileCopy, SpoolMark, SpoolRecord, parse

SESSION = "bash-4000000-1795218257119613"
HEAD = b"H1\0p=4000000\0y=/dev/pts/3\0h=db1\0u=ann\0k=bash\0v=5.2\0.\0"
ENV = b"E1\0x=PATH=/bin\0x=PGHOST=a=b\0.\0"


def record(n: int, command: bytes = b"true", more: bytes = b"") -> bytes:
    return b"R1\0n=%d\0t=1795218257178911\0d=1500\0e=3\0w=/srv\0c=%s\0m=0022\n\0%s.\0" % (n, command, more)


def read(data: bytes) -> list[SpoolRecord]:
    return [r for r in parse(data, SESSION) if isinstance(r, SpoolRecord)]


def test_a_line_that_is_left_out_leaves_its_time_and_the_length_of_its_lines() -> None:
    data = HEAD + record(1) + b"O1\0n=2\0t=1000000\0d=500000\0l=4 11\0.\0" + record(3)
    assert [found.seq for found in parse(data, SESSION)] == [1, 2, 3]
    assert list(parse(data, SESSION))[1] == SpoolMark(SESSION, "bash", 2, 1.0, 1.5, (4, 11))


def test_a_record_with_its_shell_and_environment() -> None:
    [found] = read(HEAD + ENV + record(1, "échö\n'x'".encode()))
    assert (found.command, found.cwd, found.exit, found.seq, found.umask) == ("échö\n'x'", "/srv", 3, 1, "0022")
    assert (found.started, found.duration) == (1795218257.178911, 0.0015)
    assert (found.shell, found.shell_version, found.shell_pid) == ("bash", "5.2", 4000000)
    assert (found.tty, found.host, found.user, found.shell_session) == ("/dev/pts/3", "db1", "ann", SESSION)
    assert found.env == (("PATH", "/bin"), ("PGHOST", "a=b"))


def test_an_environment_counts_for_the_records_after_it() -> None:
    data = HEAD + record(1) + ENV + record(2) + b"E1\0.\0" + record(3)
    assert [dict(r.env).get("PATH") for r in read(data)] == [None, "/bin", None]


def test_copies_of_files() -> None:
    more = b"f=/a\0b=x\0a=y\0f=/new\0a=n\0f=/gone\0b=g\0f=/same\0s=\0"
    [found] = read(record(1, more=more))
    assert found.copies == (
        FileCopy("/a", b"x", b"y"),
        FileCopy("/new", None, b"n"),
        FileCopy("/gone", b"g", None),
        FileCopy("/same", b"", b""),
    )


def test_a_half_written_record_is_dropped_and_reading_goes_on() -> None:
    half = record(2)[:-20]
    assert [r.seq for r in read(HEAD + record(1) + half)] == [1]
    assert [r.seq for r in read(HEAD + half + b"\0" + record(3))] == [3]


@given(
    commands=st.lists(st.binary(max_size=20).map(lambda b: b.replace(b"\0", b"")), max_size=5),
    cut=st.integers(0, 600),
)
@settings(max_examples=200, deadline=None)
def test_whatever_a_command_holds_and_wherever_the_file_ends(commands: list[bytes], cut: int) -> None:
    """A prefix of the file gives a prefix of the records; commands come back as they were, R1, E1 and dots included."""
    data = HEAD + b"".join(record(n, c) for n, c in enumerate(commands))
    whole = [r.command for r in read(data)]
    assert whole == [c.decode("utf-8", "replace") for c in commands]
    part = [r.command for r in read(data[:cut])]
    assert part == whole[: len(part)]


def test_bytes_that_are_no_record_give_none() -> None:
    assert list(parse(b"R1\0n=x\0.\0\0\0.\0R1\0.\0H1", SESSION)) == []
