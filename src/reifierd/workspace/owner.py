"""Who else can write to a file or folder.

Group write is nobody else's where the group is the user's private one: named after the user, the user's primary
group, with no other member (many distributions have umask 002 for that reason). An access control list can give
more than the mode shows (acl(5): the group bits are then the list's mask), so with a list group write counts as
others'.
"""

from __future__ import annotations

import functools
import grp
import os
import pwd
import stat
from pathlib import Path


def writable_by_others(info: os.stat_result, place: int | Path) -> str:
    """Who besides the owner can write, in words; "" for nobody. `place` is asked for an access control list."""
    if info.st_mode & stat.S_IWOTH:
        return "everyone"
    if not info.st_mode & stat.S_IWGRP:
        return ""
    if _has_acl(place):
        return "those that its access control list names"
    return "" if _private_group(info.st_gid, info.st_uid) else f"the group {_group_name(info.st_gid)}"


def _has_acl(place: int | Path) -> bool:
    try:
        return bool(os.getxattr(place, "system.posix_acl_access"))
    except OSError:  # ENODATA: none; ENOTSUP: the file system has none
        return False


@functools.lru_cache(maxsize=64)
def _private_group(gid: int, uid: int) -> bool:
    try:
        user, group = pwd.getpwuid(uid), grp.getgrgid(gid)
    except KeyError:
        return False
    others = [p.pw_name for p in pwd.getpwall() if p.pw_gid == gid and p.pw_uid != uid]
    return (
        user.pw_gid == gid and group.gr_name == user.pw_name and not set(group.gr_mem) - {user.pw_name} and not others
    )


def _group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
