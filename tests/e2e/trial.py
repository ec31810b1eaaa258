"""The whole circle in one world, as a person would go it: broken, mended by hand in a real shell, drafted, broken
again, the unedited draft moved into approved/, judged; then approved once more while all is well.

`base` holds everything: `world/`, `home/`, `config/`, `state/`, `runtime/` and `workspace/`.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.judging import Judged, executed, leaks, weigh
from tests.e2e.terminal import Terminal
from tests.e2e.world import MUST_BE_ZERO, WORLDS, World, fill

_KEPT = ("PYENV_ROOT", "PYENV_VERSION", "TMPDIR")


class BrokenError(Exception):
    """The world itself, or a command of reifierd, did not do what the circle rests on."""


class Trial:
    def __init__(self, world: World, base: Path) -> None:
        self.world, self.base = world, base
        self.place, self.workspace = base / "world", base / "workspace"
        self.judged = Judged(world.name)
        self.said: list[str] = []
        self.typed: list[tuple[str, str]] = []
        for name in ("world", "home", "config", "state", "runtime"):
            (base / name).mkdir(mode=0o755 if name == "world" else 0o700)

    # -- the places

    def env(self) -> dict[str, str]:
        """A plain login's environment: this interpreter's programs come first on PATH."""
        base = self.base
        return {
            **{k: os.environ[k] for k in _KEPT if k in os.environ},
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
            "HOME": str(base / "home"),
            "LANG": "C.UTF-8",
            "USER": os.environ.get("USER", "root"),
            "XDG_CONFIG_HOME": str(base / "config"),
            "XDG_STATE_HOME": str(base / "state"),
            "REIFIERD_RUNTIME_DIR": str(base / "runtime"),
            "REIFIERD_WORKSPACE": str(self.workspace),
        }

    def script(self, name: str) -> tuple[int, str]:
        """Run one of the world's scripts; (exit, what it said). To a file, which a daemon may keep open."""
        env = self.env() | {"WORLD": str(self.place), "KIT": str(WORLDS / "_kit"), "SRC": str(self.world.folder)}
        out = self.base / f"{name}.out"
        with out.open("wb") as file:
            command = ["bash", "-c", f'. "$KIT/kit.sh"; . {shlex.quote(str(self.world.folder / f"{name}.sh"))}']
            done = subprocess.run(
                command,
                env=env,
                cwd=self.place,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                timeout=60,
                check=False,
            )
        return done.returncode, out.read_text(errors="replace")

    def must(self, name: str) -> None:
        code, said = self.script(name)
        if code:
            raise BrokenError(f"{name}.sh exited {code}: {said[-800:]}")

    def healthy(self, tries: int = 3) -> bool:
        for n in range(tries):
            if n:
                time.sleep(0.3)
            if self.script("check")[0] == 0:
                return True
        return False

    def break_it(self) -> None:
        self.must("break")
        if self.healthy(tries=1):
            raise BrokenError("healthy after break.sh")

    def cli(self, *words: str, ok: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run(
            ["reifierd", *words], env=self.env(), cwd=self.base, capture_output=True, text=True, timeout=90, check=False
        )
        said = done.stdout + done.stderr
        self.said.append(said)
        if done.returncode not in ok:
            self.judged.trouble.append(f"reifierd {words[0]} exited {done.returncode}: {said[-600:]}")
        return said

    # -- the engineer

    def session(self, labels: set[str] | None = None, hooked: bool = True) -> None:
        """Type the session (or only those labels of it); every exit status must be what its label says."""
        tabs: dict[int, Terminal] = {}
        try:
            for entry in self.world.typed:
                if labels is not None and entry.label not in labels:
                    continue
                if entry.tab not in tabs:
                    tabs[entry.tab] = Terminal(self.world.shell if hooked else "bash", self.env(), self.place, hooked)
                text = fill(entry.text, self.place)
                code = tabs[entry.tab].type(entry, text)
                if hooked:
                    self.typed.append((entry.label, text))
                    if (entry.label in MUST_BE_ZERO and code) or (entry.label == "failed" and not code):
                        raise BrokenError(f"typed as {entry.label}, exited {code}: {text}")
        finally:
            for tab in tabs.values():
                tab.leave()

    # -- the circle

    def go(self) -> Judged:
        began = time.monotonic()
        try:
            self.must("setup")
            self.cli("init")
            with self.daemon():
                self._circle()
        except BrokenError as error:
            self.judged.trouble.append(str(error))
        finally:
            self.judged.secrets = self._secrets()
            self.end()
            self.judged.seconds = time.monotonic() - began
        return self.judged

    def _circle(self) -> None:
        if not self.healthy():
            raise BrokenError(f"not healthy after setup.sh: {self.script('check')[1][-500:]}")
        self.break_it()
        self.session()
        if not self.healthy():
            raise BrokenError(f"not healthy after the session: {self.script('check')[1][-500:]}")
        draft = self._draft()
        self.judged.draft = draft.read_text()
        self.break_it()
        report = self._approve(draft)
        self.judged.result = f"{report.get('result')}: {report.get('reason')}"[:300]
        self.judged.healthy = self.healthy()
        self.judged.steps = executed(report) if report.get("steps") else []
        weigh(self.judged, self.typed)
        if self.world.gate:
            self.judged.gate = self._while_healthy(draft.name)

    def mend(self) -> None:
        """Make it healthy by hand: mend.sh where an editor was used, else what is labelled fix."""
        if (self.world.folder / "mend.sh").exists():
            self.must("mend")
        else:
            self.session({"context", "fix"}, hooked=False)
        if not self.healthy():
            raise BrokenError("what mends the world by hand does not")

    def _draft(self) -> Path:
        said = self.cli("draft", "--now")
        drafts = [p for p in (self.workspace / "runbooks/drafts").glob("*.md") if p.name != "README.md"]
        if len(drafts) != 1:
            raise BrokenError(f"{len(drafts)} drafts instead of one: {said[-600:]}")
        return drafts[0]

    def _approve(self, draft: Path) -> dict[str, Any]:
        """Move the draft in; give the parameter or the override that the refusal asks for, as it says."""
        report = self._move_in(draft)
        if self.world.param:
            report = self._give_parameter(draft, report)
        if report.get("override"):
            self.judged.override = "front matter"
            back = self.workspace / "runbooks/drafts" / draft.name
            text = back.read_text()
            back.write_text(text.replace("\n---\n", f"\n{report['override']}\n---\n", 1))
            self.judged.healthy = False
            report = self._run(["approve", draft.stem, *self.given]) if self.given else self._move_in(back)
        return report

    given: tuple[str, ...] = ()

    def _give_parameter(self, draft: Path, report: dict[str, Any]) -> dict[str, Any]:
        missing = report.get("missing_params") or []
        if len(missing) != 1 or any(s["attempt"] for s in report.get("steps", ())):
            self.judged.trouble.append(
                f"the run should stop before its first step naming one parameter, it named {missing}"
            )
        if not missing:
            return report
        self.given = tuple(word for name in missing for word in ("--param", f"{name}={self.world.param}"))
        return self._run(["approve", draft.stem, *self.given])

    def _move_in(self, draft: Path) -> dict[str, Any]:
        subprocess.run(["mv", draft, self.workspace / "runbooks/approved/"], check=True)
        return self._run([])

    def _run(self, words: list[str]) -> dict[str, Any]:
        """What a run reported: of the daemon where one runs, else of `run --once`; `words` are said before."""
        before = self._reports()
        if words:
            self.cli(*words)
        if not self.world.live:
            self.cli("run", "--once", ok=(0, 1, 3))
        end = time.monotonic() + (60 if self.world.live else 0)
        while True:
            new = [json.loads(p.read_text()) for p in sorted(self._reports() - before)]
            if found := [r for r in new if r.get("run_id") or r.get("result") != "notice"]:
                return dict(found[-1])
            if time.monotonic() >= end:
                self.judged.trouble.append(f"no report of a run; notices: {new}, said: {self.said[-1][-500:]}")
                return {}
            time.sleep(0.1)

    def _reports(self) -> set[Path]:
        return set((self.workspace / "reports").glob("*.json"))

    def _while_healthy(self, name: str) -> str:
        """Approve it again while all is well: "ok" where no Fix step ran, else what went wrong."""
        if not self.judged.healthy:
            self.mend()
        report = self._run(["approve", Path(name).stem, *self.given])
        ran = [s.command for s in executed(report) if s.section.startswith("Fix")] if report else []
        if report and not ran and report["result"] == "already healthy":
            return "ok"
        return f"{report.get('result')} {report.get('reason', '')}; ran {ran}"

    def _secrets(self) -> list[str]:
        hidden = [s for s in self.world.secrets if any(s in said for said in self.said)]
        return leaks(self.base, self.world.secrets) + [f"what a command printed: {s}" for s in hidden]

    # -- processes

    @contextmanager
    def daemon(self) -> Iterator[None]:
        """A live `reifierd run` for worlds that ask for one."""
        if not self.world.live:
            yield
            return
        log = self.base / "daemon.log"
        with log.open("wb") as out:
            process = subprocess.Popen(["reifierd", "run"], env=self.env(), cwd=self.base, stdout=out, stderr=out)
        try:
            end = time.monotonic() + 20
            while not re.search("ready", log.read_text(errors="replace")):
                if process.poll() is not None or time.monotonic() > end:
                    raise BrokenError(f"the daemon did not become ready: {log.read_text(errors='replace')[-600:]}")
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            if code := process.wait(timeout=30):
                self.judged.trouble.append(f"the daemon ended with {code}: {log.read_text(errors='replace')[-600:]}")

    def end(self) -> None:
        """teardown.sh, then whatever still runs out of this world's own folder."""
        self.script("teardown")
        for pid in self._left():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def _left(self) -> list[int]:
        mine, found = str(self.base).encode(), []
        for proc in Path("/proc").glob("[0-9]*"):
            try:
                at, words = str((proc / "cwd").readlink()).encode(), (proc / "cmdline").read_bytes()
            except OSError:
                continue
            if int(proc.name) != os.getpid() and (at.startswith(mine) or mine in words):
                found.append(int(proc.name))
        return found
