"""The whole circle on something real, in under a minute: break, fix by hand, draft, break again, approve, healed.

Everything happens in one temporary folder with its own home, state and workspace, and is removed at the end.
Run it with `make demo`.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pexpect

HERE = Path(__file__).parent
REIFIERD = str(Path(sys.executable).parent / "reifierd")
PROMPT = "engineer$ "
SESSION = (
    "clear",
    "ls",
    "cd {shop}",
    "./shopctl health",
    "tail -n 1 shop.log",
    "./shopctl resatrt",
    "cat shop.ini",
    "sed -i 's/stok=/stock=/' shop.ini",
    "./shopctl restart",
    "sed -i 's/^stok = /stock = /' shop.ini",
    "./shopctl restart",
    "./shopctl health",
    "whoami",
)


def say(text: str) -> None:
    print(f"\n\033[1m── {text}\033[0m" if sys.stdout.isatty() else f"\n── {text}", flush=True)


class World:
    """A broken-able shop, an engineer's shell and a workspace, all below one folder."""

    def __init__(self, base: Path) -> None:
        self.base, self.shop, self.workspace = base, base / "shop", base / "reifierd"
        shutil.copytree(HERE / "shop", self.shop)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            (self.shop / "port").write_text(str(free.getsockname()[1]))
        (base / "home").mkdir()
        self.env = {
            "PATH": f"{Path(REIFIERD).parent}:{os.environ['PATH']}",
            "HOME": str(base / "home"),
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "REIFIERD_WORKSPACE": str(self.workspace),
            "REIFIERD_RUNTIME_DIR": str(base / "runtime"),
        }
        self.write_config("stock = 7")
        self.shopctl("start")

    def write_config(self, line: str) -> None:
        (self.shop / "shop.ini").write_text(f"[shop]\n{line}\n")

    def shopctl(self, verb: str) -> int:
        return self.call([str(self.shop / "shopctl"), verb]).returncode

    def break_it(self) -> None:
        """A bad edit, and the restart that makes it felt."""
        self.write_config("stok = 7")
        self.shopctl("restart")

    def call(self, argv: list[str]) -> subprocess.CompletedProcess[str]:
        # a file for the output: the shop that a restart leaves running must not keep a pipe of ours open
        with tempfile.TemporaryFile("w+") as out:
            streams = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": out}
            done = subprocess.run(argv, env=self.env, cwd=self.base, check=False, **streams)
            out.seek(0)
            return subprocess.CompletedProcess(argv, done.returncode, out.read())

    def reifierd(self, *words: str) -> str:
        done = self.call([REIFIERD, *words])
        if done.returncode:
            sys.exit(f"reifierd {' '.join(words)} exited {done.returncode}:\n{done.stdout}")
        return done.stdout

    def engineer(self) -> None:
        """The scripted engineer, in a real interactive bash with the live hook."""
        rc = self.base / "rc"
        rc.write_text(f"eval \"$(reifierd hook bash)\"\nPS1='{PROMPT}'\nbind 'set enable-bracketed-paste off'\n")
        argv = ["--noprofile", "--rcfile", str(rc), "-i"]
        bash = pexpect.spawn("bash", argv, env=self.env, cwd=str(self.base), encoding="utf-8", timeout=20)
        bash.delaybeforesend = None
        bash.expect_exact(PROMPT)
        for typed in SESSION:
            command = typed.format(shop=self.shop)
            bash.sendline(command)
            bash.expect_exact(PROMPT)
            shown = "\n".join(f"      {line}" for line in (bash.before or "").splitlines()[1:] if line.strip())
            print(f"  $ {command}" + (f"\n{shown}" if shown else ""), flush=True)
        bash.sendeof()
        bash.expect(pexpect.EOF)
        bash.close()


def only(folder: Path, pattern: str) -> Path:
    return next(iter(sorted(p for p in folder.glob(pattern) if p.name != "README.md")))


def circle(world: World) -> int:
    """The story; returns 0 when the shop is healthy at its end."""
    world.reifierd("init")
    say("the shop runs; then somebody edits shop.ini, and it is down")
    world.break_it()
    say("an engineer fixes it by hand, with a typo and an edit that did not help")
    world.engineer()
    say("reifierd draft --now")
    world.reifierd("draft", "--now")
    draft = only(world.workspace / "runbooks/drafts", "*.md")
    print("\n".join(f"  │ {line}" for line in draft.read_text().splitlines()))
    say("weeks later: the same bad edit, the shop is down again")
    world.break_it()
    print(f"  $ ./shopctl health   → exit {world.shopctl('health')}")
    say("consent is a move:  mv drafts/… approved/   (the daemon is running)")
    daemon = subprocess.Popen([REIFIERD, "run"], env=world.env, cwd=world.base, stderr=subprocess.DEVNULL)
    try:
        draft.rename(world.workspace / "runbooks/approved" / draft.name)
        report = wait_for_report(world.workspace / "reports")
    finally:
        daemon.terminate()
        daemon.wait(20)
    for step in report["steps"]:
        print(f"  {step['section']:<14} exit {step['exit']}   {step['command']}")
    say(f"the report says: {report['result']}")
    healthy = world.shopctl("health")
    print(f"  $ ./shopctl health   → exit {healthy}" + ("   healed" if healthy == 0 else "   still broken"))
    return healthy


def wait_for_report(folder: Path) -> dict:
    for _ in range(300):
        for path in folder.glob("*.json"):
            return json.loads(path.read_text())
        time.sleep(0.1)
    sys.exit("no report after 30 seconds; what the daemon said is above")


def main() -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="reifierd-demo-") as base:
        world = World(Path(base).resolve())
        try:
            result = circle(world)
        finally:
            world.shopctl("stop")
    print(f"\n{time.monotonic() - began:.0f} seconds; nothing of it is left on this machine")
    return result


if __name__ == "__main__":
    sys.exit(main())
