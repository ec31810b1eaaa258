"""Kinds of commands as an engineer types them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reifierd.loops.scribe.facts import look
from reifierd.loops.scribe.kinds import Kind

READS = """
python3 -m json.tool conf.json
sqlite3 db '.schema jobs'
sqlite3 -header db "select 1"
redis-cli -p 1 --scan --pattern 'a*'
redis-cli -p 1 memory doctor
git -C /x status
sudo -u svc cat /x/y
find . -name '*.tmp' -size +10M
kill -0 $(cat run/x.pid)
curl -s localhost/health | jq -e .ok
haproxy -c -f h.cfg
while ! ./bin/ctl status; do sleep 1; done
diff <(sort a) <(sort b)
bash -n script.sh
make check
./bin/queuectl list --dead
./bin/queuectl drain-check
./scripts/verify.sh
psql -Atc 'select 1'
mysql -e 'show processlist'
""".strip().splitlines()

CHANGES = """
python3 manage.py migrate
psql -f fix.sql
cat fix.sql | psql -q
psql -c 'select pg_terminate_backend(4)'
sqlite3 db 'PRAGMA wal_checkpoint(TRUNCATE)'
sqlite3 db < repair.sql
redis-cli -p 1 --scan --pattern 'a*' | xargs redis-cli -p 1 del
redis-cli -p 1 client kill id 4
git show HEAD:conf.ini > conf.ini
find . -name '*.tmp' -delete
: > log/app.log
kill -USR1 $(cat run/x.pid)
curl -s -X DELETE localhost/q/17
crontab -l | grep -v sync | crontab -
[ -d x ] || mkdir x
ed -s f <<< 'w'
sed 's/a/b/' f > g
./bin/queuectl requeue --all
./bin/check-and-fix
./bin/dbctl purge list
mysql -e 'kill 17'
make reload
""".strip().splitlines()

BY_HAND = [
    "vim f",
    "less log/x",
    "tail -f log/x",
    "ssh host",
    "psql -h db1",
    "watch -n1 df",
    "crontab -e",
    "top",
    "git commit",
]
SETTINGS = ["export A=1", "x=$(date +%s)", "d=$(mktemp -d)", "source .env", "export PATH=$PATH:/opt/x/bin"]

CASES = [(c, Kind.READ) for c in READS] + [(c, Kind.CHANGE) for c in CHANGES]
CASES += [(c, Kind.MANUAL) for c in BY_HAND] + [(c, Kind.STATE) for c in SETTINGS] + [("cd /srv", Kind.DIRECTORY)]


@pytest.mark.parametrize(("text", "kind"), CASES, ids=[c for c, _ in CASES])
def test_a_command_is_of_its_kind(text: str, kind: Kind, typed: Callable[..., Any]) -> None:
    assert [f.kind for f in look([typed(text)])] == [kind]
