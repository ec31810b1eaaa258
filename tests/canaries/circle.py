"""One incident in which a secret enters at every place where one can, gone through with real shells and real runs.

`base` holds what a machine would: `home/` and `world/` are the person's own and may hold the secrets raw (a history
file does), `config/` holds params.toml; `workspace/`, `state/` and `runtime/` are reifierd's, and so is what it says.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pexpect

from reifierd.documents import parse_runbook

# Made here, so that no scanner of this source finds them. None of them looks like a word or a known token.
PLACES = (
    "option", "export", "url", "header", "piped", "heredoc", "sed", "edited", "sourced", "inherited", "folder",
    "continued", "prompted", "line", "given", "file", "environ", "front", "body", "printed", "guarded", "thrown",
    "judged", "named", "kept",
)  # fmt: skip
CANARY = {place: f"Kq{n:02d}vT9z{place[::-1].title()}Xw{n * 37 % 91:02d}" for n, place in enumerate(PLACES)}

_STUB = "#!/bin/sh\ncat >/dev/null </dev/null\nexit 0\n"
_PROMPT = r"canary:(\d+):> "


class Circle:
    """`go` does everything; `said` is all that any command of reifierd wrote to its terminal or pipe."""

    def __init__(self, base: Path) -> None:
        self.base, self.workspace = base, base / "workspace"
        self.said: dict[str, bytes] = {}
        for name in ("home", "world", "config/reifierd", "state", "runtime", "home/bin"):
            (base / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    def env(self) -> dict[str, str]:
        base = self.base
        own = f"{base}/home/bin:{Path(sys.executable).parent}"
        return {
            "PATH": f"{own}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": f"{base}/home",
            "LANG": "C.UTF-8",
            "XDG_CONFIG_HOME": f"{base}/config",
            "XDG_STATE_HOME": f"{base}/state",
            "REIFIERD_RUNTIME_DIR": f"{base}/runtime",
            "REIFIERD_WORKSPACE": str(self.workspace),
            "VAULT_ADDR": f"https://ops:{CANARY['inherited']}@127.0.0.1:1",
            "REIFIERD_PARAM_ENVIRON": CANARY["environ"],
            **{k: os.environ[k] for k in ("PYENV_ROOT", "PYENV_VERSION") if k in os.environ},
        }

    def cli(self, *words: str) -> bytes:
        done = subprocess.run(
            ["reifierd", *words], env=self.env(), cwd=self.base / "home", capture_output=True, timeout=90, check=False
        )
        shown = " ".join(w for w in words if "=" not in w)
        self.said[f"{len(self.said)}: {shown}"] = done.stdout + done.stderr
        return done.stdout + done.stderr

    def go(self) -> None:
        self._furnish()
        self.cli("init")
        self._type()
        self.cli("draft", "--now")
        self._look()
        self._approve_draft()
        self._runbooks()
        self._failed_half_way()
        self._judge()
        self._crash()
        self._look()

    # -- the machine

    def _furnish(self) -> None:
        world, config = self.base / "world", self.base / "config/reifierd"
        for program in ("mysql", "curl", "vault", "sudo"):
            (self.base / "home/bin" / program).write_text(_STUB)
            (self.base / "home/bin" / program).chmod(0o700)
        (world / "app.conf").write_text("host=db1\nsecret_key=old\ndb_password = older\n")
        (world / "edit.sed").write_text(f"s/^db_password.*/db_password = {CANARY['edited']}/\n")
        (world / "env.sh").write_text(f"export DOCKER_HOST=tcp://ops:{CANARY['sourced']}@127.0.0.1:1\n")
        now = time.strftime("%Y-%m-%dT%H:%M:%S")
        line = f"{now} ERROR cannot log in to postgres://app:{CANARY['line']}@db1/shop: connection refused\n"
        (world / "app.log").write_text(line * 9)
        (config / "config.toml").write_text(f'[scribe]\nlogs = ["{world}/app.log"]\n')
        params = config / "params.toml"
        params.touch(mode=0o600)
        params.write_text(f'FILE = "{CANARY["file"]}"\n')

    # -- the engineer

    def _typed(self) -> list[str]:
        c = CANARY
        return [
            f"cd {self.base}/world",
            "ls app.log healthy",
            "cat healthy",
            f"mysql -uroot -p{c['option']} -e 'flush tables'",
            f"export DB_PASSWORD={c['export']}",
            f"curl -fsS http://svc:{c['url']}@127.0.0.1:1/restart",
            f"curl -fsS -XPOST -H 'Authorization: Bearer {c['header']}' http://127.0.0.1:1/",
            f"echo {c['piped']} | sudo -S touch sudoed",
            f"cat > app.env <<EOF\nAPI_TOKEN={c['heredoc']}\nEOF",
            f"sed -i 's/^secret_key=.*/secret_key={c['sed']}/' app.conf",
            "sed -i -f edit.sed app.conf",
            ". ./env.sh",
            f"mkdir -p token={c['folder']}",
            f"cd token={c['folder']}",
            "ls",
            "cd ..",
            f"mysql --user root \\\n  --password={c['continued']} \\\n  -e 'select 1'",
            f"read -r PW <<< '{c['prompted']}'; export PW",
            'vault login "$PW"',
            "touch healthy",
            "cat healthy",
        ]

    def _type(self) -> None:
        rc = self.base / "home/.bashrc"
        rc.write_text(
            "HISTFILE=~/.bash_history HISTTIMEFORMAT='%F %T '\nshopt -s histappend\nPROMPT_COMMAND='history -a'\n"
            "bind 'set enable-bracketed-paste off'\neval \"$(reifierd hook bash)\"\nPS1='canary:$?:> ' PS2=''\n"
        )
        child = pexpect.spawn(
            "bash", ["--noprofile", "--rcfile", str(rc), "-i"], env=self.env() | {"TERM": "xterm"},
            cwd=f"{self.base}/home", encoding="utf-8", timeout=30, dimensions=(40, 4000),
        )  # fmt: skip
        child.delaybeforesend = None
        child.expect(_PROMPT)
        for text in self._typed():
            child.send(text.replace("\n", "\r") + "\r")
            child.expect(_PROMPT)
        child.sendeof()
        child.expect(pexpect.EOF)
        child.close(force=True)

    # -- the runs

    def drafts(self) -> list[Path]:
        return [p for p in (self.workspace / "runbooks/drafts").glob("*.md") if p.name != "README.md"]

    def _approve_draft(self) -> None:
        """First without its parameters (refused, naming them), then with a value that its steps may print."""
        for draft in self.drafts():
            self.cli("approve", draft.stem)
            self.cli("run", "--once")
            names = [p.name for p in parse_runbook(draft.read_bytes()).params] if draft.exists() else []
            given = [w for name in names for w in ("--param", f"{name}={CANARY['given']}")]
            (self.base / "world/healthy").unlink(missing_ok=True)
            self.cli("approve", draft.stem, *given)
            self.cli("run", "--once")

    def _runbooks(self) -> None:
        """What a person wrote: it is moved in while a daemon runs at a terminal, and followed."""
        names = {"GIVEN": "given", "FILE": "file", "ENVIRON": "environ"}
        params = "".join(f"  {name}: {{secret: true}}\n" for name in names)
        echoes = "\n".join(_ECHO.replace("X", name) for name in names)
        self._write("echo", f"params:\n{params}", f"{echoes}\n{_PRINTED.replace('SECRET', CANARY['printed'])}")
        self._write(
            "fail", f"params:\n{params}", 'echo "it was $GIVEN" >&2\nfalse "$FILE"\nls "/nowhere/$ENVIRON"\nexit 3'
        )
        self._write("front", f"params:\n  API_KEY: {{secret: true, value: {CANARY['front']}}}\n", 'echo "$API_KEY"')
        self._write("body", "", f"mysql -uroot -p{CANARY['body']} -e 'select 1'\necho {CANARY['body']}")
        self._write(
            "guarded",
            "",
            f"mysql -p{CANARY['guarded']} -e 'drop database shop'\nrm -rf / --password={CANARY['guarded']}",
        )
        given = ("--param", f"GIVEN={CANARY['given']}")
        daemon = pexpect.spawn(
            "reifierd", ["run"], env=self.env() | {"TERM": "xterm"}, cwd=str(self.base), timeout=60,
            dimensions=(40, 4000),
        )  # fmt: skip
        daemon.logfile_read = (self.base / "daemon.tty").open("wb")
        daemon.expect("ready")
        for name in ("echo", "fail", "front", "body", "guarded"):
            before = len(list((self.workspace / "reports").glob("*.json")))
            self.cli("approve", name, *(given if name in ("echo", "fail") else ()))
            if name == "echo":
                time.sleep(0.8)
                self.cli("runs", "last", "--follow")
            end = time.monotonic() + 30
            while len(list((self.workspace / "reports").glob("*.json"))) == before and time.monotonic() < end:
                time.sleep(0.1)
        self.cli("runs", "last")
        daemon.kill(signal.SIGTERM)
        daemon.expect(pexpect.EOF, timeout=30)
        daemon.close(force=True)
        self.said["daemon at a terminal"] = (self.base / "daemon.tty").read_bytes()

    def _write(self, name: str, front: str, body: str) -> None:
        text = f"---\nid: rb-{abs(hash(name))}\ntitle: {name}\n{front}---\n# {name}\n\n## Fix\n\n1. It\n"
        block = "\n".join(f"   {line}" for line in ["```bash {timeout=20s}", *body.split("\n"), "```"])
        (self.workspace / "runbooks/drafts" / f"{name}.md").write_text(f"{text}{block}\n")

    def _failed_half_way(self) -> None:
        """A run whose state is kept for a resume, and a runbook whose name says what it should not."""
        kept, named = CANARY["kept"], f"reset-token={CANARY['named']}"
        first = 'export LATER="$GIVEN"\nLIST=(a "$GIVEN")\neval "f() { echo $GIVEN; }"\nalias g="echo $GIVEN"\ncd /tmp'
        self._write(named, "params:\n  GIVEN: {secret: true}\n", first)
        draft = self.workspace / f"runbooks/drafts/{named}.md"
        draft.write_text(f"{draft.read_text()}\n2. Then\n   ```bash\n   false\n   ```\n")
        self.cli("approve", named, "--param", f"GIVEN={kept}", "--override", "opaque")
        self.cli("run", "--once")
        self.cli("runs", "last")

    def _judge(self) -> None:
        """A script and a command that are only looked at."""
        command = f"mysql -uroot -p{CANARY['judged']} -e 'drop database shop'"
        (self.base / "world/judged.sh").write_text(f"{command}\nexport API_TOKEN={CANARY['judged']}\n")
        for words in (["check"], ["check", "--json"], ["explain"], ["explain", "--json"]):
            what = f"{self.base}/world/judged.sh" if words[0] == "check" else command
            self.cli(*words, what)

    def _crash(self) -> None:
        """A bug whose message and whose command line hold a secret."""
        code = (
            "import sys\nfrom reifierd.daemon.crash import write_crash\n"
            f"sys.argv = ['reifierd', 'approve', 'x', '--param', 'SHOE={CANARY['thrown']}']\n"
            f'write_crash(ValueError(\'bad reply: {{"size": "{CANARY["thrown"]}"}}\'))\n'
        )
        env = self.env()
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, timeout=60, check=False)
        self.said["a crash"] = done.stdout + done.stderr

    def _look(self) -> None:
        listed = self.cli("sessions", "--all", "--json").decode()
        found = re.findall(r'"id": "([^"]+)"', listed)
        for words in (
            ["sessions", "show", *found[:1]],
            ["sessions"],
            ["status"],
            ["status", "--json"],
            ["runs"],
            ["runs", "--json"],
            ["doctor"],
        ):
            self.cli(*words)


_ECHO = """echo "X is $X"
printf %s "$X" | base64
printf 'user:%s' "$X" | base64
python3 -c 'import os, json, urllib.parse as u; v = os.environ["X"]; print(u.quote(v + "/ä"), json.dumps({"a": v}))'
printf %s "${X:0:6}"; sleep 0.2; printf '%s\\n' "${X:6}" """
_PRINTED = """echo 'db: {"user": "app", "password": "SECRET"}'
echo 'again SECRET here'
echo SECRET | base64"""
