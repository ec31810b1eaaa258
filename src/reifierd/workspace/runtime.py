"""Where private, short-lived things stand: the hook's spool, a run's shell state. Plain strings and `os` alone, since
`reifierd hook` is paid at every new shell and pathlib with dataclasses would double its price."""

from __future__ import annotations

import os


def runtime_places() -> tuple[str, ...]:
    """The private memory-backed folders in which a hook may have left its spool, the best one first.

    `$XDG_RUNTIME_DIR/reifierd`, then what a shell without that variable (su, sudo -i, a bare ssh) falls back to:
    `/run/user/UID/reifierd`, then `/dev/shm/reifierd-UID`. `REIFIERD_RUNTIME_DIR`, where set, is the only one.
    """
    if only := os.environ.get("REIFIERD_RUNTIME_DIR"):
        return (only,)
    uid = os.getuid()
    places = [f"/run/user/{uid}/reifierd"] if os.path.isdir(f"/run/user/{uid}") else []  # noqa: PTH112 - see above
    places.append(f"/dev/shm/reifierd-{uid}")  # noqa: S108 - tmpfs on purpose, made 0700 and its owner checked
    if xdg := os.environ.get("XDG_RUNTIME_DIR"):
        places.insert(0, f"{xdg.rstrip('/')}/reifierd")
    return tuple(dict.fromkeys(places))


def config_file() -> str:
    """`$XDG_CONFIG_HOME/reifierd/config.toml`."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111 - see above
    return f"{base}/reifierd/config.toml"
