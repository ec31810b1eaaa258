"""What systemd wants to hear from a service of Type=notify: READY, STATUS, WATCHDOG, STOPPING (sd_notify(3)).

The protocol is one datagram to the socket that NOTIFY_SOCKET names; without it every call does nothing.
"""

from __future__ import annotations

import os
import socket


def notify(message: str) -> None:
    """Send one state line, as `READY=1`. A service manager that went away, or does not read, is no reason to stop."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC) as channel:
        try:
            channel.connect(address.replace("@", "\0", 1) if address.startswith("@") else address)
            channel.sendall(message.encode())
        except OSError:
            return


def watchdog_interval() -> float | None:
    """Seconds between two pings: half of what systemd allows; None where it does not watch this process."""
    allowed = os.environ.get("WATCHDOG_USEC", "")
    watched = os.environ.get("WATCHDOG_PID", str(os.getpid()))
    if not allowed.isdigit() or watched != str(os.getpid()):
        return None
    return int(allowed) / 2e6
