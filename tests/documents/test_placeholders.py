"""Placeholders are told apart from redirections, markup, regular expressions and addresses."""

from __future__ import annotations

import pytest

from reifierd.documents.placeholders import find_placeholders, param_name


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("oc -n <my-namespace> get pvc <my-pvc>", ["my-namespace", "my-pvc"]),
        ("X=<value of instance label from alert>", ["value of instance label from alert"]),
        ("ssh <user>@<host>", ["user", "host"]),
        ("curl http://<host:port>/<path/to>", ["host:port", "path/to"]),
        ("echo \"<YOUR_NAME>\" '<b1>'", ["YOUR_NAME", "b1"]),
        ("oc get node/<node-name> -o yaml > <file>", ["node-name", "file"]),
    ],
)
def test_placeholders(command: str, found: list[str]) -> None:
    assert [p.text for p in find_placeholders(command)] == found


@pytest.mark.parametrize(
    "command",
    [
        "mysql db < dump.sql > out",
        "mysql db <dump.sql >out",
        "mysql db <dump 2>err",
        "while read a; do :; done <list 2>/dev/null",
        "cat <<EOF >out\nx\nEOF",
        "cat <<<word >out",
        "diff <(ls a) <(ls b) > out",
        "[[ a < b && c > d ]]",
        "echo '<p>text</p>' \"<br>\"",
        "cat > x.xml <<'E'\n<config>\n<a>1</a>\n</config>\nE",
        "grep -P '(?<year>\\d+)' x",
        "grep -P '(?P<year>\\d+)' x",
        "grep '\\<word\\>' x",
        "git commit --author='A B <a@example.org>'",
        "echo '#include <stdio.h>' > a.c",
        "curl '<https://example.org/>'",
        "true # <x>",
        "echo ${PLACEHOLDER} $NAME",
        "echo '<!-- x -->' '<?xml?>' '<=>' '<->' '->'",
    ],
)
def test_no_placeholders(command: str) -> None:
    assert find_placeholders(command) == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("pod-name", "POD_NAME"),
        ("node name", "NODE_NAME"),
        ("YOUR_NAME", "YOUR_NAME"),
        ("path", "PARAM_PATH"),
        ("ld_preload", "PARAM_LD_PRELOAD"),
    ],
)
def test_the_variable_of_a_placeholder(text: str, name: str) -> None:
    assert param_name(text) == name
