"""Titles say the service or the file, and the cause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reifierd.loops.scribe.naming import app_of, slug, title
from reifierd.loops.scribe.sections import analyse

CASES = {
    "vim-less configuration": (
        ["sed -i 's/a/b/' /etc/haproxy/haproxy.cfg", "systemctl reload haproxy"],
        ["haproxy", "configuration"],
    ),
    "symlink": (
        ["ln -sfn releases/9 /srv/portal/current", "/srv/portal/bin/portalctl restart"],
        ["portal", "symlink", "restart"],
    ),
    "pid file": (["rm -f /srv/mailer/run/mailer.pid", "/srv/mailer/bin/mailerctl start"], ["mailer", "stale", "pid"]),
    "certificate": (
        ["openssl req -x509 -keyout /srv/gate/certs/g.key -out /srv/gate/certs/g.crt"],
        ["gate", "certificate"],
    ),
    "permissions": (["chown -R app:app /srv/scans/inbox"], ["permissions", "inbox", "scans"]),
    "postgres setting": (
        ["psql -c \"alter system set work_mem = '4MB'\"", "psql -c 'select pg_reload_conf()'"],
        ["postgresql", "work_mem"],
    ),
    "postgres sessions": (
        ["psql -c 'select pg_terminate_backend(pid) from pg_stat_activity'"],
        ["postgresql", "blocking"],
    ),
    "redis": (["redis-cli config set maxmemory 1gb"], ["redis", "maxmemory"]),
    "sqlite": (["sqlite3 /srv/kiosk/kiosk.db \"update jobs set state='x' where id=1\""], ["kiosk", "jobs", "sqlite"]),
    "git": (["git -C /srv/site reset --hard 12ab34c"], ["site", "git"]),
    "restart only": (["systemctl restart parcel"], ["restart", "parcel"]),
    "backup first": (
        ["cp /etc/relay/relay.conf /etc/relay/relay.conf.bak", "sed -i 's/x/y/' /etc/relay/relay.conf"],
        ["relay.conf"],
    ),
}


@pytest.mark.parametrize(("commands", "wanted"), CASES.values(), ids=CASES)
def test_a_title_holds_the_words_an_engineer_looks_for(
    commands: list[str], wanted: list[str], typed: Callable[..., Any]
) -> None:
    told = title(analyse([typed(c, n=n) for n, c in enumerate(commands)])).lower()
    assert [w for w in wanted if w not in told] == []


def test_general_folders_are_nobodys_name() -> None:
    assert app_of("/srv/portal/releases/20240101/bin/x") == "portal"
    assert app_of("/etc/hosts") == ""


def test_a_slug_is_short_and_plain() -> None:
    assert slug("Fix nginx configuration (shop.conf)") == "fix-nginx-configuration-shop-conf"
    assert len(slug("word " * 40)) <= 60
    assert slug("!!!") == "session"
