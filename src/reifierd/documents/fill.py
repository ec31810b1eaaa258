"""Placeholders become quoted expansions of environment variables: a value is never spliced into the text.

`<pod-name>` becomes `"$POD_NAME"`, inside double quotes, braces and here-documents `${POD_NAME}`. Inside single
quotes and quoted here-documents nothing expands, so there it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from reifierd.documents.model import Step
from reifierd.documents.placeholders import Placeholder, find_placeholders, param_name
from reifierd.documents.quoting import Context
from reifierd.errors import Refused

_LITERAL = frozenset({Context.SINGLE, Context.ANSI, Context.QUOTED_HEREDOC})
HINT = "put it outside these quotes, or mark the block {raw} if the text is meant as it stands"


def refusal(placeholder: Placeholder) -> str:
    """Why this placeholder cannot be filled in; "" when it can."""
    if placeholder.context in _LITERAL:
        return f"<{placeholder.text}> stands in {placeholder.context.value}, where no parameter can be filled in"
    return ""


def fill(step: Step, names: Mapping[str, str] | None = None) -> str:
    """The command of a step with its placeholders turned into expansions.

    `names` gives the variable of a placeholder's text where it is not the derived one (`param_name`). Raises Refused
    for a placeholder where nothing expands.
    """
    if not step.placeholders:
        return step.command
    pieces: list[str] = []
    at = 0
    for placeholder in find_placeholders(step.command):
        why = refusal(placeholder)
        if why:
            raise Refused(why, where=f"line {step.line}", hint=HINT)
        name = (names or {}).get(placeholder.text) or param_name(placeholder.text)
        expansion = f'"${name}"' if placeholder.context is Context.CODE else f"${{{name}}}"
        pieces += [step.command[at : placeholder.start], expansion]
        at = placeholder.end
    return "".join(pieces) + step.command[at:]
