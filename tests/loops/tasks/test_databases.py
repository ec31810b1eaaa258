"""No task touches a production database, however it is named."""

from __future__ import annotations

import pytest

from reifierd.documents.model import Attributes, SectionKind, Step
from reifierd.loops.tasks.blockers import Work
from reifierd.loops.tasks.databases import database_blockers
from reifierd.shell import Context, read


def reasons(
    source: str, patterns: tuple[str, ...] = (), environment: dict[str, str] | None = None, **env: str
) -> list[str]:
    step = Step(1, SectionKind.FIX, "", source, source, 4, attributes=Attributes(env=tuple(env.items())))
    work = Work(2, step, read(source, Context(cwd="/w", env={**(environment or {}), **env})))
    found = list(database_blockers([(work, [work.view])], patterns, environment or {}))
    assert all((b.criterion, b.line, b.blocks) == (2, 4, True) for b in found)
    return [b.reason for b in found]


@pytest.mark.parametrize(
    "source",
    [
        "psql -h prod-db -c 'select 1'",
        "psql -hprod-db shop",
        "psql --host=db.prod.example.org",
        "psql shop_production",
        "psql -d shop-prd",
        "psql 'host=db.live.example.org dbname=shop'",
        "psql postgres://u:p@prod-db:5432/shop",
        "psql postgresql://db/shop_prod?sslmode=require",
        "psql 'postgresql:///shop?host=prod-db'",
        "PGHOST=prod-db psql shop",
        "PGSERVICE=prod psql",
        "export PGDATABASE=prod; pg_dump",
        "pg_dump -h prod-db shop | gzip > x.gz",
        "mysql -h prod-db -e 'select 1' shop",
        "mysqldump shop_prod",
        "mongosh 'mongodb://a.prod.example.org,b.prod.example.org/shop'",
        "mongosh --host prod-mongo",
        "redis-cli -h prod-redis get x",
        "redis-cli -u redis://prod-redis:6379/0 ping",
        "DATABASE_URL=postgres://u:p@prod-db/shop python manage.py migrate",
        "DB_HOST=prod-db ./migrate",
        "alembic -x url=postgresql+psycopg://u@prod-db/shop upgrade head",
        "java -jar x.jar --url=jdbc:postgresql://prod-db/shop",
        "sudo -u postgres psql -h prod-db",
        "bash -c 'psql -h prod-db'",
        "H=prod-db; psql -h $H",
        "echo 'select 1' | psql -h prod-db",
        "kubectl exec -it x -- psql -h prod-db",
        "ssh jump psql -h prod-db",
        "psql shop -t -h prod-db",
        "psql -At -h prod-db -c 'select 1' shop",
        "pg_dump -c -h prod-db shop",
        "pg_dump -Fc --file x.dump -hprod-db shop",
        "mysql -B -h prod-db shop",
        "mysql --defaults-file=x -r -h prod-db shop",
        "redis-cli -x -h prod-redis set a",
        "cqlsh prod-cassandra",
        "sqlcmd -S prod-sql -Q 'select 1'",
        "python - <<'E'\nconnect('mysql://prod-db/shop')\nE",
    ],
)
def test_production_is_refused(source: str) -> None:
    assert reasons(source)


@pytest.mark.parametrize(
    "source",
    [
        "psql -h localhost shop -c 'select 1'",
        "psql -c \"select * from t where env = 'prod'\" shop",
        "psql -f prod.sql shop",
        "psql -U prod_reader shop",
        "psql postgres://prod_user:prod_pw@staging/shop",
        "psql products",
        "mysql -h staging -e 'select 1' delivery",
        "redis-cli -h cache get prod",
        "DATABASE_URL=postgres://u:p@staging/shop python manage.py migrate",
        "echo production",
        "./build.sh --env production",
        "curl https://prod.example.org/health",
        "mongosh mongodb://localhost/shop",
        "sqlite3 test.db 'select 1'",
        "psql --version",
        "pg_dump -t production_orders shop",
        "redis-cli -h cache set prod 1",
        "sqlite3 production.db 'select 1'",
    ],
)
def test_other_work_is_not(source: str) -> None:
    assert reasons(source) == []


def test_what_is_only_known_at_run_time_waits() -> None:
    assert "only known at run time" in reasons('psql -h "$(pick)" shop')[0]
    assert "only known at run time" in reasons('psql "$DATABASE_URL"')[0]
    assert reasons('psql "$DATABASE_URL"', DATABASE_URL="postgres://staging/shop") == []
    assert reasons('psql "$DATABASE_URL"', DATABASE_URL="postgres://prod-db/shop")


@pytest.mark.parametrize(
    "sets",
    [
        "export $(cat .env | xargs)",
        "export PGHOST=$(pick)",
        "PGHOST=$(pick)",
        "read -r PGHOST < .host; export PGHOST",
        "printf -v PGHOST '%s-db' \"$1\"",
        "declare -x PGDATABASE=$(pick)",
    ],
)
def test_a_variable_that_is_set_from_what_is_only_known_at_run_time_waits(sets: str) -> None:
    assert "only known at run time" in reasons(f"{sets}; psql -c 'select 1'")[0]
    assert reasons(f"{sets}; echo done") == []


@pytest.mark.parametrize(
    "sets", ["export PGPASSWORD=$(cat pw)", "export PATH=$PATH:/x", "read -r answer", "n=$(date +%s)"]
)
def test_other_variables_may_be_set_at_run_time(sets: str) -> None:
    assert reasons(f"{sets}; psql -h staging shop -c 'select 1'") == []


def test_the_environment_a_command_starts_with_counts() -> None:
    assert reasons("./migrate", PGHOST="prod-db") == ["PGHOST names a production database: prod-db"]
    assert reasons("./migrate", environment={"APP_DATABASE_URL": "mysql://prod-db/x"})
    assert reasons("./migrate", environment={"APP_ENV": "production"}) == []


def test_patterns_of_ones_own_count_too() -> None:
    assert reasons("psql -h db7", (r"^db7$",))
    assert reasons("psql -h db8", (r"^db7$",)) == []


def test_no_password_is_told() -> None:
    assert "hunter2" not in " ".join(reasons("psql postgres://u:hunter2@prod-db/shop"))


@pytest.mark.parametrize(
    "source",
    [
        "psql shop <<< '\\connect proddb'",
        "psql shop -f <(echo '\\connect prod-db')",
        "psql shop --file=<(echo '\\c shop me prod-db')",
        "echo '\\c prod' | psql shop",
        "psql shop -c '\\connect prod'",
        "psql shop -c '\\c \"host=prod-db dbname=shop\"'",
        "psql shop -c \"select * from dblink('host=prod-db', 'select 1')\"",
        "cat > x.sql <<'E'\n\\connect prod\nE\npsql shop -f x.sql",
        "cat > x.sql <<'E'\n\\connect prod\nE\npsql shop < x.sql",
        "mysql shop -e 'use shop_prod; select 1'",
        "mysql shop <<< 'USE `prod`'",
        "mongosh shop --eval 'db.getSiblingDB(\"prod\").x.find()'",
    ],
)
def test_a_client_may_not_change_to_production(source: str) -> None:
    assert any("production" in reason for reason in reasons(source))


def test_what_a_client_changes_to_must_be_written_down() -> None:
    assert any("only known at run time" in reason for reason in reasons('psql shop <<< "\\c $SHOP"'))


@pytest.mark.parametrize(
    "source",
    [
        "psql shop <<< '\\connect staging'",
        "psql shop -c 'select * from prod_orders'",
        "psql shop -c \"select 1 where host = 'prod'\"",
        "psql shop -c '\\copy t from prod.csv'",
        "mysql shop -e 'use shop'",
    ],
)
def test_other_databases_and_words_are_free(source: str) -> None:
    assert reasons(source) == []
