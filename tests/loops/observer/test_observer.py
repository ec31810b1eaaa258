"""The observer's tick on real files, a real ledger and spool files as the hooks write them."""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reifierd.ledger.records import SessionState

if TYPE_CHECKING:
    from tests.loops.observer.conftest import Watch

DAY = 86400.0


def spooled(*records: tuple[str, float, float], session: str = "bash-4000000-1", first: int = 1) -> Path:
    """A spool file as a hook writes it: (command, started, duration) each, in the format that spool.py describes."""
    folder = Path(os.environ["REIFIERD_RUNTIME_DIR"]) / "spool"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fields = ["H1", "k=bash", "v=5.2", "p=4000000", "y=/dev/pts/1", "h=host", "u=me", "."]
    for n, (text, started, duration) in enumerate(records, first):
        times = [f"t={round(started * 1e6)}", f"d={round(duration * 1e6)}"]
        fields += ["R1", f"n={n}", f"c={text}", "w=/srv", *times, "e=0", "m=0022", "."]
    path = folder / f"{session}.spool"
    with path.open("ab") as file:
        file.write("".join(f + "\0" for f in fields).encode())
    path.chmod(0o600)
    return path


def test_a_history_becomes_a_session_that_closes_after_the_gap(watch: Callable[..., Watch]) -> None:
    w = watch()
    w.tick()
    w.write(".bash_history", "ls\nsystemctl restart nginx\n")
    assert w.tick()
    assert not w.tick()
    assert [s.state for s in w.sessions()] == [SessionState.OPEN]
    assert [(c.command, c.noise) for c in w.commands()] == [("ls", True), ("systemctl restart nginx", False)]
    w.now += 200
    w.write(".bash_history", "systemctl status nginx\n")
    assert w.tick()
    assert not w.tick(299)
    assert w.tick(2)
    assert [s.state for s in w.sessions()] == [SessionState.CLOSED]
    assert len(w.commands()) == 3


def test_an_open_session_survives_a_restart(watch: Callable[..., Watch]) -> None:
    w = watch()
    w.tick()
    w.write(".bash_history", "make\n")
    w.tick()
    w.restart()
    w.now += 100
    w.write(".bash_history", "make install\n")
    w.tick()
    w.tick(301)
    assert w.texts() == [["make", "make install"]]
    assert [s.state for s in w.sessions()] == [SessionState.CLOSED]


def test_without_times_each_arrival_is_a_group(watch: Callable[..., Watch]) -> None:
    w = watch()
    w.tick()
    w.write(".bash_history", "a1\na2\n")
    w.tick()
    w.now += 1000
    w.write(".bash_history", "b1\nb2\n")
    w.tick()
    assert w.texts() == [["a1", "a2"], ["b1", "b2"]]


def test_the_first_start_holds_the_old_sessions_back(watch: Callable[..., Watch]) -> None:
    """Three drafts at most, of the last seven days, and only of sessions that changed something."""
    w = watch()
    ages = [30.0, 8.0, 5.0, 4.0, 3.0, 2.0, 1.0]
    for n, age in enumerate(ages):
        verb = "cat" if n == 5 else "mkdir"
        w.write(".bash_history", f"#{int(w.now - age * DAY)}\n{verb} /tmp/{n}\n")
    w.tick()
    states = {c.command: s.state for s in w.sessions() for c in w.ledger.history.commands(s.id)}
    closed = [text for text, state in states.items() if state is SessionState.CLOSED]
    assert closed == ["mkdir /tmp/3", "mkdir /tmp/4", "mkdir /tmp/6"]
    held = {s.reason for s in w.sessions(SessionState.SKIPPED)}
    assert held == {"held back at the first start"}
    w.now += DAY
    w.write(".bash_history", f"#{int(w.now - 4000)}\nmkdir /tmp/new\n")
    w.tick()
    assert w.sessions()[-1].state is SessionState.CLOSED


def test_a_history_that_is_found_later_makes_no_flood_either(watch: Callable[..., Watch]) -> None:
    w = watch()
    w.tick()
    for n in range(9):
        w.write(".zsh_history", f": {int(w.now - (n + 1) * 4000)}:0;mkdir /tmp/{n}\n")
    w.tick()
    assert len(w.sessions(SessionState.CLOSED)) == 3
    assert len(w.sessions(SessionState.SKIPPED)) == 6


def test_the_first_start_is_told_in_one_line(watch: Callable[..., Watch]) -> None:
    w = watch()
    for n in range(40, 0, -1):
        w.write(".bash_history", f"#{int(w.now - n * 4000)}\nmkdir /tmp/{n}\n")
    w.write(".bash_history", f"#{int(w.now)}\nmkdir /tmp/now\n")
    w.tick()
    opened = [fields for event, fields in w.said if event == "session.opened"]
    assert [f["session"] for f in opened] == [w.sessions()[-1].id]
    (start,) = [fields for event, fields in w.said if event == "first start"]
    assert (start["sessions"], start["drafted"], start["held_back"]) == (40, 2, 38)
    assert "reifierd draft --since" in start["hint"]
    w.said.clear()
    w.tick(1000)
    assert [event for event, _ in w.said] == ["session.closed"]


def test_a_history_without_times_is_held_back_at_first_sight(watch: Callable[..., Watch]) -> None:
    """Nobody knows what of it belongs together; what goes on now does not join it."""
    w = watch()
    w.write(".bash_history", "make\nmake install\nreboot\n")
    w.tick()
    (held,) = w.sessions()
    assert held.state is SessionState.SKIPPED
    assert held.reason == f"its history has no times: `reifierd draft --session {held.id}` drafts it anyway"
    assert w.said[-1][1]["held_back"] == 1
    w.now += 5
    w.write(".bash_history", "rm x\n")
    spooled(("mkdir y", w.now, 1))
    w.tick(5)
    assert sorted(w.texts()) == [["make", "make install", "reboot"], ["mkdir y", "rm x"]]
    assert w.sessions(SessionState.SKIPPED) == [held]


def test_a_history_that_begins_before_our_eyes_is_no_old_one(watch: Callable[..., Watch]) -> None:
    w = watch()
    w.tick()
    w.write(".bash_history", "make\n")
    w.tick()
    assert [s.state for s in w.sessions()] == [SessionState.OPEN]


def test_what_the_hook_knows_to_be_new_leaves_the_history_that_was_held_back(watch: Callable[..., Watch]) -> None:
    w = watch()
    w.write(".bash_history", "old\nmake\n")
    w.tick()
    spooled(("make", w.now, 1))
    w.tick(5)
    assert sorted(w.texts()) == [["make"], ["old"]]
    assert w.sessions(SessionState.SKIPPED)[0].reason.startswith("its history has no times")


def test_of_a_long_history_without_times_only_the_end_is_taken_in_at_first(watch: Callable[..., Watch]) -> None:
    w = watch()
    w.write(".bash_history", "".join(f"echo {n} > f\n" for n in range(5000)))
    w.tick()
    assert 0 < len(w.commands()) <= 200
    assert w.commands()[-1].command == "echo 4999 > f"


def test_the_hook_and_the_history_are_one_record(watch: Callable[..., Watch]) -> None:
    w = watch()
    w.write(".bash_history", f"#{int(w.now)}\nmake\n#{int(w.now) + 5}\ncat <<EOF\nx\nEOF\n")
    spooled(("make", w.now + 0.5, 3.0), ("cat <<EOF\nx\n\nEOF", w.now + 9.0, 0.1))
    w.tick(20)
    assert [(c.command, c.source, c.cwd, c.exit) for c in w.commands()] == [
        ("make", "hook", "/srv", 0),
        ("cat <<EOF\nx\n\nEOF", "hook", "/srv", 0),
    ]
    spooled(("date -s 12:00", w.now, 0.1), first=3)
    w.tick(1)
    w.write(".bash_history", f"#{int(w.now)}\ndate -s 12:00\n#{int(w.now)}\nother\n")
    w.tick(1)
    assert [c.source.split(":")[0] for c in w.commands()] == ["hook", "hook", "hook", "history"]


@pytest.mark.parametrize("stamped", [True, False])
def test_a_history_that_is_faster_than_the_hook_yields_to_it(watch: Callable[..., Watch], stamped: bool) -> None:
    """zsh and fish write a command when it starts, the hook when it has ended."""
    w = watch()
    w.write(".bash_history", (f"#{int(w.now)}\n" if stamped else "") + "make world\n")
    w.tick()
    assert [c.source.split(":")[0] for c in w.commands()] == ["history"]
    started = w.now + 0.2
    w.now += 250
    spooled(("make world", started, 249.0))
    w.tick()
    (command,) = w.commands()
    assert (command.source, command.duration, command.cwd) == ("hook", 249.0, "/srv")
    w.tick(299)
    assert [s.state for s in w.sessions()] == [SessionState.OPEN]


def test_two_terminals_are_one_session_in_the_order_of_time(watch: Callable[..., Watch]) -> None:
    w = watch()
    spooled(("a", w.now, 1), ("c", w.now + 20, 1), session="bash-4000000-1")
    spooled(("b", w.now + 10, 1), ("d", w.now + 30, 1), session="bash-4000001-1")
    w.tick(40)
    assert w.texts() == [["a", "b", "c", "d"]]


def test_a_spool_that_was_stored_but_not_removed_is_not_doubled(watch: Callable[..., Watch]) -> None:
    w = watch()
    path = spooled(("a", w.now, 1), ("b", w.now + 1, 1))
    data = path.read_bytes()
    w.tick(5)
    path.with_name("bash-4000000-1.1.taken").write_bytes(data)
    path.with_name("bash-4000000-1.1.taken").chmod(0o600)
    w.tick(5)
    assert w.texts() == [["a", "b"]]


def test_close_now_ends_the_session_at_once_and_what_follows_may_join_it(watch: Callable[..., Watch]) -> None:
    w = watch()
    w.tick()
    w.write(".bash_history", "make\n")
    w.tick()
    w.observer.close_now(w.now)
    assert [s.state for s in w.sessions()] == [SessionState.CLOSED]


def test_a_drafted_session_takes_no_more(watch: Callable[..., Watch]) -> None:
    w = watch()
    w.tick()
    w.write(".bash_history", "make\n")
    w.tick()
    (session,) = w.sessions()
    w.ledger.history.put_session(replace(session, state=SessionState.DRAFTED))
    w.now += 5
    w.write(".bash_history", "make install\n")
    w.tick()
    assert w.texts() == [["make"], ["make install"]]


def test_old_sessions_are_forgotten(watch: Callable[..., Watch]) -> None:
    w = watch(retention_days=10)
    w.write(".bash_history", "make\n")
    w.tick()
    w.tick(9 * DAY)
    assert len(w.sessions()) == 1
    w.tick(2 * DAY)
    assert w.sessions() == []


def test_a_figure_that_is_no_time_is_taken_for_none(watch: Callable[..., Watch]) -> None:
    w = watch()
    w.write(".bash_history", f"#{int(w.now)}\nmake\n")
    w.tick()
    w.write(".bash_history", "#99999999999999\ncat\n#0\nsed\n")
    w.tick()
    assert w.texts() == [["make", "cat", "sed"]]


def test_two_processes_may_tick_at_once(watch: Callable[..., Watch]) -> None:
    w = watch()
    lines = [f"echo {n} > f{n}" for n in range(60)]
    observers = [w.observer]
    w.restart()
    observers.append(w.observer)

    def write() -> None:
        for line in lines:
            w.write(".bash_history", line + "\n")

    threads = [threading.Thread(target=lambda o=o: [o.tick(w.now) for _ in range(30)]) for o in observers]
    threads.append(threading.Thread(target=write))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    w.tick()
    assert [c.command for c in w.commands()] == lines


def test_a_shell_that_still_runs_something_keeps_its_session_open(watch: Callable[..., Watch]) -> None:
    """The hook tells of a command when it has ended; until then /proc says that the shell is busy."""
    w = watch()
    shell = pexpect.spawn("bash", ["--norc"], encoding="utf-8", timeout=60)
    try:
        shell.sendline("echo started; sleep 60")
        shell.expect("started\r\n")
        path = spooled(("make", w.now, 1))
        path.write_bytes(path.read_bytes().replace(b"p=4000000", f"p={shell.pid}".encode()))
        w.tick(5)
        while Path(f"/proc/{shell.pid}/stat").read_text().split()[7] == str(shell.pid):
            pass
        w.tick(400)
        assert [s.state for s in w.sessions()] == [SessionState.OPEN]
        shell.sendintr()
        shell.sendline("echo do''ne")
        shell.expect("done\r\n")
        w.tick(400)
        assert [s.state for s in w.sessions()] == [SessionState.CLOSED]
    finally:
        shell.close(force=True)


COMMANDS = st.lists(
    st.tuples(st.sampled_from(["make", "rm a", "cp a b\ncp b c", "mv x y"]), st.integers(0, 90), st.integers(0, 40)),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ran=COMMANDS, stamped=st.booleans(), at_start=st.booleans(), looks=st.sets(st.integers(0, 12)))
def test_whatever_was_run_and_whenever_we_looked_each_command_is_recorded_once(  # noqa: PLR0917 - fixtures and examples
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    ran: list[tuple[str, int, int]],
    stamped: bool,
    at_start: bool,
    looks: set[int],
) -> None:
    """A hook that writes at a command's end, a history that is written at its start or its end, ticks in between."""
    watch_class = _watch_class()
    folder = tmp_path_factory.mktemp("once")
    monkeypatch.setenv("HOME", str(folder))
    (folder / "run").mkdir(mode=0o700)
    monkeypatch.setenv("REIFIERD_RUNTIME_DIR", str(folder / "run"))
    w = watch_class(folder, folder / "state")
    for n, (text, pause, took) in enumerate(ran):
        w.now += pause
        started = w.now
        line = (f"#{int(started)}\n" if stamped else "") + text + "\n"
        if at_start:
            w.write(".bash_history", line)
            if n in looks:
                w.tick()
        w.now += took
        spooled((text, started, float(took)), first=n + 1)
        if n in looks:
            w.tick()
        if not at_start:
            w.write(".bash_history", line)
            if n in looks:
                w.tick()
    w.tick()
    assert sorted(c.command for c in w.commands()) == sorted(text for text, _, _ in ran)
    assert {c.source for c in w.commands()} <= {"hook"}
    w.ledger.close()


def _watch_class() -> type[Watch]:
    spec = importlib.util.spec_from_file_location("observer_conftest", Path(__file__).with_name("conftest.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["observer_conftest"] = module
    spec.loader.exec_module(module)
    found: type[Watch] = module.Watch
    return found


SHELLS = {
    "bash": (["bash", "--norc"], "PS1='rea''dy> '; HISTFILE=~/.bash_history; shopt -s histappend"),
    "zsh": (
        ["zsh", "-f"],
        "PS1='rea''dy> '; HISTFILE=~/.zsh_history; SAVEHIST=99 HISTSIZE=99; setopt incappendhistory",
    ),
    "fish": (["fish", "-C", "function fish_prompt; echo -n 'rea''dy> '; end"], "true"),
}


@pytest.mark.parametrize("name", SHELLS)
def test_a_real_shell_with_the_hook_and_its_history_is_recorded_once(
    need: Callable[..., None], watch: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    need(name)
    w, (argv, setup) = watch(), SHELLS[name]
    w.now = time.time()
    monkeypatch.setenv("XDG_DATA_HOME", str(w.home / ".local/share"))
    program = Path(sys.executable).with_name("reifierd")
    env = {**os.environ, "TERM": "dumb"}
    shell = pexpect.spawn(argv[0], argv[1:], env=env, cwd=w.home, encoding="utf-8", timeout=60, dimensions=(40, 300))
    typed = ["mkdir one", "false", "rmdir one", "mkdir one"]
    try:
        for line in (setup, f'eval "$({program} hook {name})"' if name != "fish" else f"{program} hook fish | source"):
            shell.sendline(line)
            shell.expect("ready> ")
        for line in typed:
            shell.sendline(line)
            shell.expect("ready> ")
            w.tick(0.1)
        shell.sendline("exit")
        shell.expect(pexpect.EOF)
    finally:
        shell.close(force=True)
    w.now = time.time() + 2
    w.tick()
    recorded = [(c.command, c.exit) for c in w.commands() if c.command in typed]
    assert recorded == [("mkdir one", 0), ("false", 1), ("rmdir one", 0), ("mkdir one", 0)]


OFF = {
    "bash": (
        ["bash", "--norc"],
        "HISTFILE=~/.bash_history HISTCONTROL=",
        "export REIFIERD_OFF=1",
        "unset REIFIERD_OFF",
    ),
    "bash, times": (
        ["bash", "--norc"],
        "HISTFILE=~/.bash_history HISTCONTROL= HISTTIMEFORMAT='%F %T ' PROMPT_COMMAND='history -a'",
        "export REIFIERD_OFF=1",
        "unset REIFIERD_OFF",
    ),
    "bash, at once": (
        ["bash", "--norc"],
        "HISTFILE=~/.bash_history HISTCONTROL= PROMPT_COMMAND='history -a'",
        "REIFIERD_OFF=1",
        "REIFIERD_OFF=0",
    ),
    "zsh": (["zsh", "-f"], "HISTFILE=~/.zsh_history SAVEHIST=99 HISTSIZE=99", "REIFIERD_OFF=1", "unset REIFIERD_OFF"),
    "zsh, times": (
        ["zsh", "-f"],
        "HISTFILE=~/.zsh_history SAVEHIST=99 HISTSIZE=99; setopt inc_append_history extended_history",
        "export REIFIERD_OFF=1",
        "unset REIFIERD_OFF",
    ),
    "fish": (["fish"], "true", "set -gx REIFIERD_OFF 1", "set -e REIFIERD_OFF"),
}


@pytest.mark.parametrize("name", OFF)
@pytest.mark.parametrize("live", [True, False], ids=["ticks between", "one tick at the end"])
def test_what_was_typed_while_off_is_recorded_nowhere(
    need: Callable[..., None], watch: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch, name: str, live: bool
) -> None:
    """Not by the hook, and not from the history file either, whether that has times or not."""
    argv, setup, off, on = OFF[name]
    need(argv[0])
    w = watch()
    w.now = time.time()
    monkeypatch.setenv("XDG_DATA_HOME", str(w.home / ".local/share"))
    program = Path(sys.executable).with_name("reifierd")
    hook = f"{program} hook fish | source" if name == "fish" else f'eval "$({program} hook {argv[0]})"'
    prompt = "function fish_prompt; echo -n 'rea''dy> '; end" if name == "fish" else "PS1='rea''dy> '"
    loop = (
        ["for x in 1 2", "mkdir hidden$x", "end"] if name == "fish" else ["for x in 1 2; do", "mkdir hidden$x", "done"]
    )
    first, second, third = ["mkdir one", "rmdir one"], ["echo hidden word", *loop, "true", "mkdir hid"], ["mkdir two"]
    w.write(".bash_history", "old\n") if argv[0] == "bash" else None
    w.tick()
    env = {**os.environ, "TERM": "dumb"}
    shell = pexpect.spawn(argv[0], argv[1:], env=env, cwd=w.home, encoding="utf-8", timeout=60, dimensions=(40, 300))

    def type_(lines: list[str]) -> None:
        for line in lines:
            shell.sendline(line)
            if line in loop[:2]:
                continue
            shell.expect("ready> ")
            if live:
                w.tick(0.1)

    try:
        shell.sendline(prompt)
        shell.expect("ready> ")
        type_([setup, hook, *first])
        time.sleep(2.1)  # a history's times are whole seconds
        type_([off, *second, on])
        time.sleep(2.1)
        type_(third)
        shell.sendline("exit")
        shell.expect(pexpect.EOF)
    finally:
        shell.close(force=True)
    w.now = time.time() + 2
    w.tick()
    known = [c.command for c in w.commands()]
    assert [c for c in known if c in {*first, *third}] == [*first, *third]
    assert not [c for c in known if "hid" in c or c in {*loop, "true", off, on} - {setup}]
    assert not [s for s in w.sessions() if not w.ledger.history.commands(s.id)]


def test_a_mark_that_comes_late_takes_back_what_the_history_told(watch: Callable[..., Watch]) -> None:
    w = watch()
    w.write(".zsh_history", f": {int(w.now)}:0;curl -H secret\n")
    w.tick()
    assert len(w.sessions()) == 1
    path = spooled()
    fields = ["O1", "n=1", f"t={round((w.now + 0.1) * 1e6)}", "d=0", "l=14 ", "."]
    path.write_bytes(path.read_bytes().replace(b"k=bash", b"k=zsh") + "".join(f + "\0" for f in fields).encode())
    w.tick(5)
    assert w.sessions() == []
    w.write(".zsh_history", f": {int(w.now)}:0;make\n")
    w.tick(5)
    assert w.texts() == [["make"]]


def test_retention_counts_from_the_recording(watch: Callable[..., Watch]) -> None:
    """A history of last year is there to be asked for as long as anything that is recorded today."""
    w = watch(retention_days=10)
    w.write(".bash_history", f"#{int(w.now - 400 * DAY)}\nmake\n")
    w.tick()
    w.tick(9 * DAY)
    assert w.texts() == [["make"]]
    w.tick(2 * DAY)
    assert w.sessions() == []


def test_the_hook_alone_is_enough_where_the_history_file_is_not_known(
    need: Callable[..., None], watch: Callable[..., Watch], tmp_path: Path
) -> None:
    need("bash")
    w = watch(find_histories=False)
    w.now = time.time()
    program = Path(sys.executable).with_name("reifierd")
    rc = tmp_path / "driver.rc"
    rc.write_text(
        f"HISTFILE={tmp_path}/driver_history HISTTIMEFORMAT='%s '\neval \"$({program} hook bash)\"\nPS1='rea''dy> '\n"
    )
    env = {**os.environ, "TERM": "dumb", "HOME": str(tmp_path)}
    shell = pexpect.spawn(
        "bash", ["--noprofile", "--rcfile", str(rc)], env=env, cwd=tmp_path, encoding="utf-8", timeout=60
    )
    try:
        shell.expect("ready> ")
        for line in ("mkdir made", "cd made", "echo x >conf", "false"):
            shell.sendline(line)
            shell.expect("ready> ")
    finally:
        shell.close(force=True)
    w.tick()
    told = [(c.command, c.exit, c.cwd, len(c.edits)) for c in w.commands()]
    made = f"{tmp_path}/made"
    assert told == [
        ("mkdir made", 0, str(tmp_path), 0),
        ("cd made", 0, str(tmp_path), 0),
        ("echo x >conf", 0, made, 1),
        ("false", 1, made, 0),
    ]
