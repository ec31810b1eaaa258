"""The environment a step starts with: an allowlist, so that nothing of the daemon's own hijacks a shell.

`BASH_ENV`, `ENV`, exported functions (`BASH_FUNC_x%%`), `LD_PRELOAD`, `PS4`, `SHELLOPTS` and the like never pass:
bash reads some of them even with `--noprofile --norc` (bash(1), INVOCATION). What a runbook needs besides is written
in the runbook, where the guard and its reader see it.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping

# SSH_AUTH_SOCK and DBUS_SESSION_BUS_ADDRESS: without them `git pull` over ssh and `systemctl --user` fail in a step
# that worked in the shell it was recorded in; they name sockets that every process of this user can reach anyway.
PASSED = (
    "HOME",
    "USER",
    "LOGNAME",
    "PATH",
    "LANG",
    "LANGUAGE",
    "TZ",
    "SHELL",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "SSH_AUTH_SOCK",
    "DBUS_SESSION_BUS_ADDRESS",
)
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Names that change what bash itself does; refused in a runbook's `env` and never passed on.
HIJACKING = ("BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "PS4", "PROMPT_COMMAND", "LD_PRELOAD", "LD_AUDIT", "IFS")


def clean_environment(base: Mapping[str, str]) -> dict[str, str]:
    """What of `base` (the daemon's own environment) a step may see, with TERM=dumb and the user's names filled in."""
    kept = {name: base[name] for name in PASSED if base.get(name)}
    kept |= {name: value for name, value in base.items() if name.startswith("LC_")}
    return {"PATH": DEFAULT_PATH, "SHELL": "/bin/bash"} | _names() | kept | {"TERM": "dumb"}


def _names() -> dict[str, str]:
    """Of the user, by the password file; in a container there may be no line for this one."""
    try:
        user = pwd.getpwuid(os.getuid())
    except KeyError:
        return {"HOME": "/"}
    return {"HOME": user.pw_dir, "USER": user.pw_name, "LOGNAME": user.pw_name}


def hijacks(name: str) -> bool:
    """Whether setting `name` changes what the shell or the dynamic linker itself does."""
    return name in HIJACKING or name.startswith(("BASH_FUNC_", "LD_"))
