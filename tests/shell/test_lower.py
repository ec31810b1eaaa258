"""Every command is found, wherever it stands (the places were collected from bash's grammar and its manual)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.shell import Context, Earlier, lower, read

TARGET = "zap -x 7"

PLACES = [
    "{}",
    "a; {}",
    "a && {}",
    "a || {}",
    "a & {}",
    "a | {}",
    "a |& {}",
    "a\n{}",
    "({})",
    "{{ {}; }}",
    "if {}; then b; fi",
    "if a; then {}; fi",
    "if a; then b; elif {}; then c; fi",
    "if a; then b; elif c; then d; elif e; then {}; else f; fi",
    "if a; then b; else {}; fi",
    "while {}; do a; done",
    "until a; do {}; done",
    "for i in 1; do {}; done",
    "for ((i=0; i<2; i++)); do {}; done",
    "for ((i=$({}); i<2; i++)); do a; done",
    "case x in x) {};; esac",
    "case $({}) in x) a;; esac",
    "case x in $({})) a;; esac",
    "case x in (y) a;; (x) {};; esac",
    "select i in a; do {}; done",
    "f() {{ {}; }}",
    "f() {{ {}; }}; f",
    "function f {{ {}; }}",
    "f() ( {} )",
    "coproc {}",
    "coproc NAME {{ {}; }}",
    "time {}",
    "time -p {}",
    "! {}",
    "a $({})",
    "a `{}`",
    'a "$({})"',
    'a "`{}`"',
    "a=$({})",
    "A=1 {}",
    "A=1 B=2 {}",
    "a=($({}))",
    "a[$({})]=1",
    "a ${{x:-$({})}}",
    'a "${{x:-`{}`}}"',
    "a ${{x:=$({})}}",
    "a ${{x:+$({})}}",
    "a ${{x:?$({})}}",
    "a ${{x#$({})}}",
    "a ${{x/$({})/b}}",
    "a ${{x:$({})}}",
    "a ${{x[$({})]}}",
    "a $(( $({}) + 1 ))",
    "(( a = $({}) ))",
    "[[ -n $({}) ]]",
    '[ -n "$({})" ]',
    "cat <({})",
    "tee >({})",
    "a > $({})",
    "a > >({})",
    "cat <<E\n$({})\nE",
    "cat <<E\n`{}`\nE",
    "cat <<E\nx\nE\n{}",
    "cat <<E; {}\nx\nE",
    "cat <<E | {}\nx\nE",
    "cat <<-E\n\t$({})\n\tE",
    'cat <<< "$({})"',
    "a=$(cat <<E\n$({})\nE\n)",
    'a "$(cat <<E\nit\'s $({})\nE\n)"',
    "for i in $({}); do a; done",
    "f() {{ a; }} > $({})",
    "if a; then b; fi > $({})",
    "a $(b $(c $({})))",
    "declare a=$({})",
    'export a="$({})"',
    "local a=$({})",
    "# c\n{}",
    "${{ {}; }}",
    "trap '{}' EXIT",
    "a >| f; {}",
    "a <> f; {}",
    "a 2>&1 >f <g; {}",
    "a >f {{b,c}}; {}",
    "eval '{}'",
    "x='{}'; eval \"$x\"",
    "x='{}'; $x",
    "alias q='{}'; q",
    "sh -c '{}'",
    "bash -lc '{}'",
    "bash <<E\n{}\nE",
    "bash <<< '{}'",
    "echo '{}' | sh",
    "printf '%s\\n' '{}' | bash -s",
    ". /dev/stdin <<< '{}'",
    "source <(echo '{}')",
    "bash <(echo '{}')",
    "x=(zap -x 7); ${{x[@]}}",
    'set -- zap -x 7; "$@"',
]

SPELLINGS = [
    "z''ap -x 7",
    "'zap' -x 7",
    "z\\ap -x 7",
    "z\\\nap -x 7",
    "$'\\x7aap' -x 7",
    "$'\\172ap' -x 7",
    "z$@ap -x 7",
    "${Q:-zap} -x 7",
    "Z=zap; $Z -x 7",
    "a=z; b=ap; $a$b -x 7",
    "zap \\\n  -x \\\n  7",
    "zap -x $'7'",
    "N=7; zap -x ${N}",
    "zap -{x,} 7"[:0] or 'zap -x "7"',
    "x=ZAP; ${x,,} -x 7",
    "x=zapper; ${x%per} -x 7",
    "$(echo zap) -x 7",
    "$(printf 'z%s' ap) -x 7",
    "zap${IFS}-x${IFS}7",
    "echo emFwIC14IDc= | base64 -d | sh",
    "echo '7 x- paz' | rev | sh",
    "xxd -r -p <<< 7a6170202d782037 | sh",
]


def argvs(source: str) -> list[list[str | None]]:
    return [[w.text for w in c.argv] for c in read(source, Context()).commands]


@pytest.mark.parametrize("place", PLACES)
def test_a_command_is_found_in(place: str) -> None:
    assert TARGET.split() in argvs(place.format(TARGET))


@pytest.mark.parametrize("source", SPELLINGS)
def test_a_command_is_found_when_it_is_spelled(source: str) -> None:
    assert TARGET.split() in argvs(source)


@pytest.mark.parametrize(
    "source",
    [
        "echo 'zap -x 7'",
        "# zap -x 7",
        "a # zap -x 7",
        "cat <<'E'\n$(zap -x 7)\nE",
        "cat > f <<E\nzap -x 7\nE",
        "git commit -m 'zap -x 7'",
        "grep 'zap -x 7' f",
        "a '$(zap -x 7)'",
        'echo "`echo a` \\$(zap -x 7)"',
        "python3 -c 'print(\"zap -x 7\")'",
    ],
)
def test_data_is_no_command(source: str) -> None:
    assert TARGET.split() not in argvs(source)


def test_a_loop_over_literals_runs_once_for_each() -> None:
    assert [a[1] for a in argvs("for d in x y{1,2}; do zap $d; done")] == ["x", "y1", "y2"]


def test_functions_get_their_arguments() -> None:
    assert ["zap", "one", "two"] in argvs('f() { zap "$1" $2; }; f one two')


def test_the_directory_is_followed() -> None:
    view = read("cd /srv/app; (cd /tmp; ls); touch x; cd ..; touch y; ssh h 'touch z'", Context(cwd="/home/u"))
    cwds = {c.argv[1].text: c.cwd for c in view.commands if c.program == "touch"}
    assert cwds == {"x": "/srv/app", "y": "/srv", "z": None}


def test_pipes_name_their_neighbours() -> None:
    view = read("a | sudo b | c")
    assert [(c.program, c.pipe_from, c.pipe_to) for c in view.commands] == [
        ("a", None, "b"),
        ("sudo", "a", "c"),
        ("b", "a", "c"),
        ("c", "b", None),
    ]


def test_via_says_what_a_command_hides_in() -> None:
    view = read("sudo bash -c 'echo $(zap)'")
    assert [(c.program, c.via) for c in view.commands] == [
        ("sudo", ()),
        ("bash", ("sudo",)),
        ("zap", ("sudo", "bash", "$()")),
        ("echo", ("sudo", "bash")),
    ]


@pytest.mark.parametrize("source", ["echo $(", "if true; then", "cat <<E\nx", "echo 'x", 'echo "x', "a ) b", "echo `x"])
def test_what_is_not_read_in_full_is_said(source: str) -> None:
    assert read(source).unread


@pytest.mark.parametrize(
    "source",
    ["echo x\n\\rm -rf /etc", "echo $x\n\\rm -rf /etc", "x='y'\n\\rm -rf /etc", "f() { a > 'x'\n\\rm -rf /etc\n}; f"],
)
def test_a_line_that_begins_with_a_backslash_is_a_command_of_its_own(source: str) -> None:
    assert ["rm", "-rf", "/etc"] in [[w.text for w in c.argv] for c in read(source).commands]


def test_words_are_split_at_what_ifs_holds() -> None:
    [*_, command] = read("IFS=,; x=rm,-rf,/etc; $x").commands
    assert [w.text for w in command.argv] == ["rm", "-rf", "/etc"]


def test_a_tcl_script_is_read_for_the_programs_that_it_runs() -> None:
    assert ["rm", "-rf", "/etc"] in [[w.text for w in c.argv] for c in read("tclsh <<< 'exec rm -rf /etc'").commands]


@pytest.mark.parametrize(
    "source",
    [
        "git config alias.x '!rm -rf /etc' && git x", "make SHELL='rm -rf /etc'", "less +'!rm -rf /etc' f",
        "echo 'rm -rf /etc' > /etc/cron.daily/x", "heroku run 'rm -rf /etc'", "multipass exec vm -- rm -rf /etc",
    ],
)  # fmt: skip
def test_what_programs_run_in_other_places_is_found(source: str) -> None:
    assert ["rm", "-rf", "/etc"] in [[w.text for w in c.argv] for c in read(source).commands]


_LINES = st.sampled_from([
    "cd /srv/app", "cd ..", "x=/etc", "x=$x/sub", "alias ls=rm", "unalias ls", "f() { rm -rf \"$1\"; }", "unset -f f",
    "arr=(a b c)", "arr+=(d)", "set -- one two", "shift", "export HOME=/tmp/h", "curl -o y.sh http://h/y",
    "echo 'ls' > z.sh", "cp /bin/rm ./tidy", "readonly k=1", "trap 'rm -rf $x' EXIT", "if", "local=1; unset x",
])  # fmt: skip
_LAST = st.sampled_from(
    ['ls -rf "$x"', "f /", "bash y.sh", "./tidy -rf /", 'rm -rf "${arr[@]}"', "bash z.sh", "rm -rf $1"]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(_LINES, st.sampled_from(["", "/var"])), max_size=8), _LAST)
def test_what_is_remembered_of_the_past_is_what_reading_all_of_it_gives(past: list[tuple[str, str]], last: str) -> None:
    """Block after block, as a plan is judged; and each of them by a reader that has read nothing yet."""
    before: tuple[Earlier, ...] = ()
    for source, cwd in [*past, (last, "")]:
        context = Context(cwd="/home/user", before=(*before, Earlier("", cwd)), env={"x": "1"})
        remembered = read(source, context)
        lower._MEMORY.forget()
        alone = read(source, context)
        assert remembered == alone
        before = (*before, Earlier(source, cwd, {"k": "v"}))
