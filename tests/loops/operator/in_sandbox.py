"""Run by test_escape.py, as one user or another: performs commands in a sandbox without asking the guard, which would
refuse to try most of what is tried here. Standard input: {"commands", "limits", "hidden"}; standard output: what the
sandbox said, or {"forbidden": why}.
"""

from __future__ import annotations

import json
import os
import sys

from reifierd.documents.model import Attributes, SectionKind, Step
from reifierd.errors import UsageError
from reifierd.execution.environment import clean_environment
from reifierd.execution.sandbox.model import Box, Limits
from reifierd.execution.sandbox.outside import rehearsed
from reifierd.loops.operator.plan import Plan
from reifierd.loops.operator.rehearsal import Order
from reifierd.runs.params import Values
from reifierd.runs.planned import PlannedStep
from reifierd.runs.settings import RunSettings
from reifierd.shell import Judgement, Verdict


def main() -> None:
    given = json.load(sys.stdin)
    attributes = Attributes(continue_on_error=True)
    steps = tuple(
        PlannedStep(
            Step(n, SectionKind.FIX, "", command, command, n, attributes=attributes), command, Judgement(Verdict.ALLOW)
        )
        for n, command in enumerate(given["commands"], 1)
    )
    limits = Limits(**given["limits"])
    settings = RunSettings(grace=0.5)
    environment = clean_environment(os.environ)
    order = Order(Plan(fix=steps), Values({}, {}), settings, environment, 0o022, Box(limits, tuple(given["hidden"])))
    try:
        said = list(rehearsed("reifierd.loops.operator.rehearsal", order, limits, os.environ))
    except UsageError as error:
        said = [{"forbidden": str(error)}]
    json.dump(said, sys.stdout)


main()
