"""Attempts to get out of the sandbox, as root and as a user: the machine stays as it was, and nobody survives."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("in_sandbox.py")
OTHER = 1  # daemon: a user that every Debian has, and that may do nothing
PYTHON = sys.executable

# As root: a mount namespace in which the interpreter's folders may be reached by anyone, and a file system of its own
# that something could be written through to. What is found on it afterwards is told in `$WORLD/seen`.
AS_USER = """
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=1777 tmpfs "$WORLD/mounted"
mkdir -p "$WORLD/home/in:a, b"; mount -t tmpfs -o mode=1777 tmpfs "$WORLD/home/in:a, b"
echo 1 > "$WORLD/home/in:a, b/one"; chown "$OWNER:$OWNER" "$WORLD/home/in:a, b/one"
touch "$WORLD/home/bound"; mount --bind "$WORLD/home/mine" "$WORLD/home/bound"
n=0
for path in $NEEDED; do n=$((n + 1)); mkdir -p "$WORLD/keep/$n"; mount --bind "$path" "$WORLD/keep/$n"; done
for path in $CLOSED; do mount -t tmpfs -o mode=755 tmpfs "$path"; done
n=0
for path in $NEEDED; do
    n=$((n + 1)); mkdir -p "$path"; mount --bind "$WORLD/keep/$n" "$path"; umount "$WORLD/keep/$n"
done
status=0
setpriv --reuid "$OWNER" --regid "$OWNER" --clear-groups "$@" || status=$?
{ ls "$WORLD/mounted"; cat "$WORLD/home/in:a, b/one" "$WORLD/home/bound"; ls "$WORLD/home/in:a, b"; } > "$WORLD/seen"
exit $status
"""


@dataclass
class World:
    """A folder that both users reach, and what a sandbox is to leave alone."""

    folder: Path
    owner: int
    said: list[dict[str, Any]] = field(default_factory=list)

    def run(self, *commands: str, **limits: Any) -> list[dict[str, Any]]:
        hidden = [str(self.folder / "hidden")]
        given = json.dumps({"commands": commands, "limits": {"seconds": 60, **limits}, "hidden": hidden})
        environment = {**os.environ, "HOME": str(self.folder / "home"), "WORLD": str(self.folder)}
        argv = [PYTHON, str(SCRIPT)]
        if os.geteuid() == 0:
            needed = [str(Path(p).resolve()) for p in (sys.base_prefix, sys.prefix, SCRIPT.parents[3])]
            closed = {str(c) for p in needed for c in Path(p).parents if not c.stat().st_mode & 1}
            within = [p for p in dict.fromkeys(needed) if any(Path(p).is_relative_to(c) for c in closed)]
            environment |= {"NEEDED": " ".join(within), "CLOSED": " ".join(sorted(closed)), "OWNER": str(self.owner)}
            if self.owner == 0:
                environment |= {"NEEDED": "", "CLOSED": ""}
            argv = ["unshare", "-m", "sh", "-c", AS_USER, "sh", *argv]
        done = subprocess.run(
            argv, input=given, capture_output=True, text=True, env=environment, timeout=100, check=False
        )
        assert done.returncode == 0, done.stderr
        self.said = json.loads(done.stdout)
        for line in self.said:
            if "forbidden" in line:
                if os.environ.get("CI") == "true" and self.owner == 0:
                    pytest.fail(line["forbidden"])
                pytest.skip(line["forbidden"])
        return self.said

    def steps(self) -> list[dict[str, Any]]:
        return list({line["step"]["n"]: line["step"] for line in self.said if "step" in line}.values())

    def changed(self) -> set[str]:
        return {line["change"]["path"] for line in self.said if "change" in line}


@pytest.fixture(scope="module", params=["root", "user"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "root" and os.geteuid() != 0:
        pytest.skip("needs root")
    owner = OTHER if os.geteuid() == 0 and request.param == "user" else os.geteuid()
    folder = Path(tempfile.mkdtemp(prefix="reifierd-escape-", dir="/var/tmp"))
    folder.chmod(0o755)
    for name in ("home", "mounted", "hidden", "keep"):
        (folder / name).mkdir()
    (folder / "home/mine").write_text("old\n")
    (folder / "hidden/secret").write_text("the secret\n")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner, owner) if os.geteuid() == 0 else None
    yield World(folder, owner)
    shutil.rmtree(folder)


class Listeners:
    """Sockets of the machine that count who comes."""

    def __init__(self, folder: Path) -> None:
        self.name = f"reifierd-test-{os.getpid()}"
        self.path = folder / "socket"
        self.came: list[str] = []
        self.run = Path("/run") / self.name
        self._sockets = [self._unix(str(self.path)), self._unix("\0" + self.name)]
        if os.access("/run", os.W_OK):
            self._sockets.append(self._unix(str(self.run)))
        tcp = socket.create_server(("127.0.0.1", 0))
        self.port = tcp.getsockname()[1]
        self._sockets.append(tcp)
        for one in self._sockets:
            threading.Thread(target=self._listen, args=(one,), daemon=True).start()

    def _unix(self, name: str) -> socket.socket:
        one = socket.socket(socket.AF_UNIX)
        one.bind(name)
        one.listen()
        if not name.startswith("\0"):
            Path(name).chmod(0o777)
        return one

    def _listen(self, one: socket.socket) -> None:
        while True:
            try:
                one.accept()[0].close()
            except OSError:
                return
            self.came.append(str(one))

    def close(self) -> None:
        for one in self._sockets:
            one.shutdown(socket.SHUT_RDWR)
            one.close()
        self.run.unlink(missing_ok=True)


def python(text: str) -> str:
    return f"{PYTHON} -I - <<'PY'\n{text}\nPY"


def connect(family: str, address: object) -> str:
    return python(f"import socket; s = socket.socket(socket.{family}); s.settimeout(2); s.connect({address!r})")


@pytest.fixture(scope="module")
def attempts(world: World) -> Iterator[dict[str, dict[str, Any]]]:
    """Each attempt is a step that fails where it is held; all of them in one sandbox."""
    listeners = Listeners(world.folder)
    victim = subprocess.Popen(["sleep", "600"], user=world.owner if os.geteuid() == 0 else None)
    before = {p: Path(p).read_bytes() for p in ("/etc/passwd", "/proc/sys/kernel/pid_max")}
    shared = f"/dev/shm/{listeners.name}"
    tries = {
        "file": f"echo new > {world.folder}/home/mine && cat {world.folder}/home/mine",
        "etc": "echo 'x::0:0::/:/bin/sh' >> /etc/passwd",
        "shm": f"echo x > {shared} && cat {shared}",
        "mounted": f"echo x > {world.folder}/mounted/through",
        "kill": f"kill -9 {victim.pid}",
        "see": f"test -e /proc/{victim.pid}",
        "kill first": "kill -9 1; kill -STOP 1; kill -0 1",
        "unix": connect("AF_UNIX", str(listeners.path)),
        "unix run": connect("AF_UNIX", str(listeners.run)),
        "abstract": connect("AF_UNIX", "\0" + listeners.name),
        "tcp": connect("AF_INET", ("127.0.0.1", listeners.port)),
        "vsock": connect("AF_VSOCK", (2, 1)),
        "ptrace": python(f"import ctypes, sys; sys.exit(ctypes.CDLL(None).ptrace(16, {victim.pid}, 0, 0) != 0)"),
        "ptrace first": python("import ctypes, sys; sys.exit(ctypes.CDLL(None).ptrace(16, 1, 0, 0) != 0)"),
        "mount": "mount -t tmpfs x /mnt",
        "unmount": "umount -l /proc",
        "remount": "mount -o remount,rw,bind /proc/sys",
        "namespace": "unshare -U true",
        "namespace mount": "unshare -m true",
        "sysctl": "echo 12345 > /proc/sys/kernel/pid_max",
        "core": "echo '|/bin/sh' > /proc/sys/kernel/core_pattern",
        "sysrq": "echo h > /proc/sysrq-trigger",
        "first's root": "ls /proc/1/root/",
        "first's descriptors": "for f in /proc/1/fd/*; do readlink $f && exit 0; done; false",
        "worker's descriptors": "for f in /proc/$PPID/fd/*; do echo '{}' > $f && exit 0; done; false",
        "worker's memory": "head -c 1 /proc/$PPID/mem",
        "device": "mknod /tmp/disk b 254 0 && head -c 1 /tmp/disk",
        "kernel memory": "test -s /proc/kcore",
        "terminal": "test -c /dev/tty && true > /dev/tty",
        "typing": python("import fcntl; fcntl.ioctl(0, 0x5412, b'x')"),
        "descriptors": """for f in /proc/self/fd/*; do
            case "$(readlink "$f")" in /var/tmp/*|socket:*) exit 0;; esac
        done; false""",
        "hidden": f"cat {world.folder}/hidden/secret",
        "sysfs": "find /sys -maxdepth 2 -type f -writable -exec sh -c 'echo x > $1' sh {} ';' -quit | grep -q .",
        "keys": python("import ctypes, sys; sys.exit(ctypes.CDLL(None).syscall(250, 0, -3, 0) < 0)"),
        "dotdot": f"cd / && cd ../../../.. && ls {'../' * 20}old_root_of_the_sandbox",
        "setuid": "su -c true",
        "survivor": "setsid sleep 4242 & (setsid nohup sleep 4242 &) ; false",
    }
    try:
        world.run(*tries.values())
        yield {
            name: {**step, "came": list(listeners.came)} for name, step in zip(tries, world.steps(), strict=True)
        } | {"facts": {"before": before, "shared": shared, "victim": victim, "changed": world.changed()}}
    finally:
        listeners.close()
        victim.kill()
        victim.wait()


NAMES = [
    "kill", "see", "unix", "unix run", "abstract", "tcp", "vsock", "ptrace", "ptrace first", "mount", "unmount",
    "remount", "namespace", "namespace mount", "sysctl", "core", "sysrq", "first's root", "first's descriptors",
    "worker's descriptors", "worker's memory", "device", "kernel memory", "terminal", "typing", "descriptors", "hidden",
    "sysfs", "dotdot", "keys",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_an_attempt_to_get_out_fails(attempts: dict[str, dict[str, Any]], name: str) -> None:
    assert attempts[name]["exit"] != 0, attempts[name]["output"]


def test_nobody_came_to_a_socket_of_the_machine(attempts: dict[str, dict[str, Any]], world: World) -> None:
    assert attempts["tcp"]["came"] == []
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(str(world.folder / "socket"))  # from outside it is one


def test_what_is_written_is_seen_inside_and_not_outside(attempts: dict[str, dict[str, Any]], world: World) -> None:
    facts = attempts["facts"]
    assert attempts["file"]["output"] == "new\n"
    assert attempts["shm"]["output"] == "x\n"
    assert (world.folder / "home/mine").read_text() == "old\n"
    assert str(world.folder / "home/mine") in facts["changed"]
    assert not Path(facts["shared"]).exists()
    assert all(Path(path).read_bytes() == data for path, data in facts["before"].items())
    if os.geteuid() == 0:
        assert (world.folder / "seen").read_text() == "1\nold\none\n"


def test_a_folder_with_mounts_below_it_is_covered_entry_by_entry(world: World) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root to mount something")
    world.run("cd ~/in*; echo 2 > one; echo 3 > two; cd ..; rm bound; echo 4 > new; mkdir -p d/e; echo 5 > d/e/f")
    home = world.folder / "home"
    assert world.steps()[0]["exit"] == 0, world.steps()[0]["output"]
    expected = {home / name for name in ("in:a, b/one", "in:a, b/two", "bound", "new", "d", "d/e", "d/e/f")}
    assert {Path(path) for path in world.changed()} >= expected
    assert (world.folder / "seen").read_text() == "1\nold\none\n"


def test_a_file_of_another_user_can_be_changed_by_root_alone(attempts: dict[str, dict[str, Any]], world: World) -> None:
    assert (attempts["etc"]["exit"] == 0) == (world.owner == 0)
    assert ("/etc/passwd" in attempts["facts"]["changed"]) == (world.owner == 0)


def test_processes_of_the_machine_live_and_those_of_the_sandbox_are_gone(
    attempts: dict[str, dict[str, Any]],
) -> None:
    assert attempts["kill first"]["exit"] is not None
    assert attempts["facts"]["victim"].poll() is None
    assert sleeping("4242") == []


def sleeping(argument: str) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[:2] == [b"sleep", argument.encode()]:
            found.append(str(entry))
    return found


def over(said: list[dict[str, Any]]) -> str:
    return next((line["over"] for line in said if "over" in line), "")


def test_a_fork_bomb_is_ended(world: World) -> None:
    said = world.run("bomb() { sleep 4343 & bomb & bomb & wait; }; bomb", processes=60, seconds=20)
    assert over(said) or world.steps()
    assert sleeping("4343") == []
    assert said[-1] == {"end": True}


def test_the_disk_of_a_sandbox_is_bounded(world: World) -> None:
    one = "head -c 40000000 /dev/zero > ~/big"
    many = "for n in 1 2 3 4 5; do head -c 9000000 /dev/zero > /tmp/big$n || exit 1; done"
    world.run(one, many, disk=20 << 20)
    assert [step["exit"] != 0 for step in world.steps()] == [True, True]


def test_the_memory_of_a_sandbox_is_bounded(world: World) -> None:
    said = world.run(python("x = bytearray(400 << 20)"), memory=200 << 20)
    assert over(said) or world.steps()[0]["exit"] != 0


def test_a_sandbox_ends_in_time_and_tells_what_it_changed(world: World) -> None:
    said = world.run("echo x > ~/made; setsid sleep 4444 & sleep 4444", seconds=2)
    assert "longer than 2 s" in over(said)
    assert str(world.folder / "home/made") in world.changed()
    assert sleeping("4444") == []


def test_killing_who_rehearses_ends_the_sandbox(world: World) -> None:
    if world.owner != os.geteuid():
        pytest.skip("the same for every user")
    given = json.dumps({"commands": ["setsid sleep 4545 & sleep 4545"], "limits": {}, "hidden": []})
    running = subprocess.Popen([PYTHON, str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert running.stdin is not None
    running.stdin.write(given)
    running.stdin.close()
    wait_for(lambda: len(sleeping("4545")) == 2)
    running.send_signal(signal.SIGKILL)
    running.wait()
    wait_for(lambda: sleeping("4545") == [])


def wait_for(condition: Callable[[], bool]) -> None:
    """pytest's own time-out is the bound."""
    pause = threading.Event()
    while not condition():
        pause.wait(0.05)
