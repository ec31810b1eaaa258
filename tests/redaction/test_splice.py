"""A command without its secrets still runs: bash builds the same words when the parameters are exported."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from reifierd.redaction import ParamCommand, Redactor

SECRETS = st.text(alphabet="abcXYZ0189'\"$\\!% #&*;|()<>`~-_=.:@/?{}[]^,+", min_size=5, max_size=14)


def single(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"


def double(value: str) -> str:
    return '"' + "".join("\\" + c if c in '"\\$`' else c for c in value) + '"'


def escaped(value: str) -> str:
    return "".join(c if c.isalnum() else "\\" + c for c in value)


def ansi(value: str) -> str:
    return "$'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


QUOTINGS = st.sampled_from([single, double, escaped, ansi])


def argv(command: str, environment: dict[str, str] | None = None) -> list[str]:
    """The words that bash itself builds for the arguments of the first program of `command`."""
    program, _, rest = command.partition(" ")
    script = f'{program}() {{ printf "%s\\0" "$@"; }}; {program} {rest}'
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env={"PATH": os.environ["PATH"], **(environment or {})},
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().split("\0")


def given_back(command: ParamCommand, value: str) -> dict[str, str]:
    return {name: value for name, _ in command.params}


@settings(max_examples=70, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=SECRETS, quote=QUOTINGS)
@pytest.mark.parametrize(
    "before", ["mysql -uroot -p", "mysql -uroot --password=", "sshpass -p ", "curl -u ops:", "run DB_PASSWORD="]
)
def test_bash_builds_the_same_words(before: str, value: str, quote: object) -> None:
    """However the secret is quoted, and whatever is in it."""
    assume(value.strip() == value and not value.startswith(("-", "*", "/", "~", "<", "[", "{{", ".", "$")))
    assert callable(quote)
    command = f"{before}{quote(value)} 'the rest'"
    assume(value in argv(command)[-3] or value in " ".join(argv(command)))
    told = Redactor().command(command)
    assume(told.params)  # a blank to fill in, a path: nothing was taken out
    assert argv(command) == argv(told.text, given_back(told, value))
    assert value not in told.text.replace("the rest", "") or value in before


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("mysql -uroot -pS3cret-9x shop", 'mysql -uroot -p"$MYSQL_PASSWORD" shop'),
        ("mysql -uroot -p'S3cret 9x' shop", 'mysql -uroot -p"$MYSQL_PASSWORD" shop'),
        ('mysql -uroot -p"S3cret 9x" shop', 'mysql -uroot -p"$MYSQL_PASSWORD" shop'),
        ('curl -d \'{"password":"S3cret9x"}\' h', 'curl -d \'{"password":"\'"$PASSWORD"\'"}\' h'),
        ('curl -d "{\\"password\\":\\"S3cret9x\\"}" h', 'curl -d "{\\"password\\":\\"$PASSWORD\\"}" h'),
        ("export DB_PASSWORD=S3cret9x", 'export DB_PASSWORD="$DB_PASSWORD"'),
        ("./migrate --db-password S3cret9x", './migrate --db-password "$DB_PASSWORD"'),
        ("curl -u ops:S3cret9x h", 'curl -u ops:"$OPS_PASSWORD" h'),
        ('curl -H "X-Api-Key: 8fKq27hPzLw93" h', 'curl -H "X-Api-Key: $X_API_KEY" h'),
        ("psql postgres://app:S3cret9x@db/shop", 'psql postgres://app:"$APP_PASSWORD"@db/shop'),
        ("echo S3cret9x | sudo -S id", 'echo "$SUDO_PASSWORD" | sudo -S id'),
        ("cat > app.env <<E\nDB_PASSWORD=S3cret9x\nE", "cat > app.env <<E\nDB_PASSWORD=$DB_PASSWORD\nE"),
        ('useradd -p "$(openssl passwd -6 S3cret9x)" bob', 'useradd -p "$(openssl passwd -6 "$PASSWORD_TO_HASH")" bob'),
        ("bash -c 'mysql -pS3cret9x'", "bash -c 'mysql -p'\"${MYSQL_PASSWORD@Q}\""),
        ('ssh db1 "mysql -pS3cret9x shop"', 'ssh db1 "mysql -p${MYSQL_PASSWORD@Q} shop"'),
        ("id # PGPASSWORD=S3cret9x", "id # PGPASSWORD=[REDACTED:password]"),
    ],
)
def test_the_secret_becomes_a_named_parameter(command: str, expected: str) -> None:
    told = Redactor().command(command)
    assert told.text == expected
    assert not told.unreplayable


@pytest.mark.parametrize("inner", ["X", "'X'", '"X"'])
@pytest.mark.parametrize("outer", [single, double])
@pytest.mark.parametrize("value", ["S3cret9x", "it's 5$", 'a"b\\c d', "%s `id` $(id)"])
def test_a_script_in_a_word_reads_the_value_as_one_word(inner: str, outer: object, value: str) -> None:
    """`bash -c` reads the word a second time, so the value must arrive quoted for it."""
    assert callable(outer)
    written = {"X": shlex.quote, "'X'": single, '"X"': double}[inner](value)
    script = f"mysql() {{ printf '%s|' \"$@\"; }}; mysql -uroot -p{written} shop"
    command = f"bash -c {outer(script)}"
    told = Redactor().command(command)
    assert value not in told.text
    assert [name for name, _ in told.params] == ["MYSQL_PASSWORD"]
    seen = subprocess.run(
        ["bash", "-c", told.text],
        env={"PATH": os.environ["PATH"], "MYSQL_PASSWORD": value},
        capture_output=True,
        text=True,
        check=True,
    )
    assert seen.stdout == f"-uroot|-p{value}|shop|"


def test_a_quoted_heredoc_cannot_be_replayed() -> None:
    told = Redactor().command("cat > my.cnf <<'E'\npassword=S3cret9x\nE")
    assert told.unreplayable
    assert "[REDACTED:password]" in told.text


def test_an_unquoted_heredoc_writes_the_same_file(tmp_path: Path) -> None:
    command = "cat <<E\nuser=app\npassword=S3c+ret$\nE"
    told = Redactor().command(command)
    run = subprocess.run(
        ["bash", "-c", told.text],
        env={"PATH": os.environ["PATH"], "PASSWORD": "S3c+ret$"},
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert run.stdout == "user=app\npassword=S3c+ret$\n"


def test_a_value_keeps_its_name_and_another_gets_a_number() -> None:
    redactor = Redactor()
    assert redactor.command("mysql -pS3cret9x").params[0][0] == "MYSQL_PASSWORD"
    assert redactor.command("mysql -pOther77z").params[0][0] == "MYSQL_PASSWORD_2"
    assert redactor.command("mysqldump -pS3cret9x").params[0][0] == "MYSQL_PASSWORD"


def test_a_parameter_does_not_take_a_name_that_the_command_uses() -> None:
    told = Redactor().command('MYSQL_PASSWORD=$(cat f); mysql -pS3cret9x; echo "$MYSQL_PASSWORD"')
    assert [name for name, _ in told.params] == ["MYSQL_PASSWORD_2"]


def test_an_assigned_variable_is_its_own_parameter() -> None:
    told = Redactor().command('export DB_PASSWORD=S3cret9x; ./run --password S3cret9x "$DB_PASSWORD"')
    assert [name for name, _ in told.params] == ["DB_PASSWORD"]
