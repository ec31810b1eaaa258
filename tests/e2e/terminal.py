"""A scripted engineer at a real interactive shell in a real terminal, with the live hook in its start-up file."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pexpect
from tests.e2e.world import Typed

DONE = r"e2e:(\d+):> "
_HOOK = {
    "bash": 'eval "$(reifierd hook bash)"',
    "zsh": 'eval "$(reifierd hook zsh)"',
    "fish": "reifierd hook fish | source",
}


class Terminal:
    """One terminal; `type` answers with the exit status that the shell itself saw."""

    def __init__(self, shell: str, env: dict[str, str], cwd: Path, hooked: bool = True) -> None:
        command = _start(
            shell, Path(env["HOME"]), Path(env["XDG_CONFIG_HOME"]) / "fish", _HOOK[shell] if hooked else ""
        )
        self.child = pexpect.spawn(
            command[0], command[1:], env=env | {"TERM": "xterm" if shell == "bash" else "dumb"}, cwd=str(cwd),
            encoding="utf-8", codec_errors="replace", timeout=40, dimensions=(40, 2000),
        )  # fmt: skip
        self.child.delaybeforesend = None
        self.child.expect(r"e2e ready> " if shell == "fish" else DONE)

    def type(self, typed: Typed, text: str) -> int:
        time.sleep(typed.think)
        self.child.send(text + "\r")
        for key in typed.keys:
            time.sleep(0.5)
            self.child.send(key)
        self.child.expect(DONE)
        assert isinstance(self.child.match, re.Match)
        return int(self.child.match[1])

    def leave(self) -> None:
        self.child.sendeof()
        self.child.expect(pexpect.EOF)
        self.child.close(force=True)


def _start(shell: str, home: Path, config: Path, hook: str) -> list[str]:
    if shell == "bash":
        rc = home / (".bashrc" if hook else ".bashrc-plain")
        rc.write_text(
            "HISTFILE=~/.bash_history HISTSIZE=10000 HISTFILESIZE=10000 HISTTIMEFORMAT='%F %T '\n"
            "shopt -s histappend\nPROMPT_COMMAND='history -a'\nexport PAGER=cat GIT_PAGER=cat\n"
            f"bind 'set enable-bracketed-paste off'\n{hook}\nPS1='e2e:$?:> ' PS2=''\n"
        )
        return ["bash", "--noprofile", "--rcfile", str(rc), "-i"]
    if shell == "zsh":
        (home / ".zshrc").write_text(
            "HISTFILE=~/.zsh_history HISTSIZE=10000 SAVEHIST=10000\nsetopt extended_history inc_append_history\n"
            f"unsetopt prompt_cr prompt_sp\nexport PAGER=cat\n{hook}\nPROMPT='e2e:%?:> ' PS2=''\n"
        )
        return ["zsh", "-d", "-i"]
    config.mkdir(parents=True, exist_ok=True)
    # without this folder a first fish reads every manual page
    (home / ".local/share/fish/generated_completions").mkdir(parents=True, exist_ok=True)
    (config / "config.fish").write_text(
        f"set -g fish_greeting\nset -gx PAGER cat\n{hook}\n"
        "function e2e_done --on-event fish_postexec; printf 'e2e:%s:> ' $status; end\n"
        "function fish_prompt; echo 'e2e ready> '; end\n"
    )
    return ["fish", "-i"]
