"""YAML as it is written into a front matter: by the library, in block style with short inner values on one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, SingleQuotedScalarString

_PLAIN = re.compile(r"[A-Za-z](?:[\w./ -]*\w)?\Z", re.ASCII)


def flow(value: Any) -> Any:
    """The value marked to be written on one line (`{a: 1, b: [2]}`)."""
    made: Any
    if isinstance(value, Mapping):
        made = CommentedMap((key, flow(item)) for key, item in value.items())
    elif isinstance(value, list | tuple):
        made = CommentedSeq(flow(item) for item in value)
    else:
        return _scalar(value)
    made.fa.set_flow_style()
    return made


def dump_yaml(value: Mapping[str, Any]) -> str:
    """A mapping as YAML text that ends with a line end; what is not marked with `flow` stands in block style."""
    yaml = YAML(typ="rt", pure=True)
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    yaml.dump(_block(value), out)
    return out.getvalue()


def _block(value: Any) -> Any:
    if isinstance(value, CommentedMap | CommentedSeq):
        return value
    if isinstance(value, Mapping):
        return {key: _block(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_block(item) for item in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    """Only plain words go unquoted: the library writes some that it cannot read back (`{a: :0}`), and single quotes
    fold what YAML takes for a line end (NEL, U+2028). Double quotes with escapes keep everything."""
    if not isinstance(value, str) or _PLAIN.match(value):
        return value
    return SingleQuotedScalarString(value) if value.isprintable() else DoubleQuotedScalarString(value)
