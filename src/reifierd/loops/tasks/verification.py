"""What must hold for the whole task before anything is committed: its Verification, what its type asks, checks of one's
own, the images in their registry. The first that does not hold ends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from reifierd.documents.model import Step
from reifierd.loops.tasks.blockers import Blocker
from reifierd.loops.tasks.carry import Performer
from reifierd.loops.tasks.checks import Done, check_steps, checked
from reifierd.loops.tasks.images import images_of, verify_images
from reifierd.loops.tasks.plan import Basis, TaskPlan
from reifierd.loops.tasks.trees import Trees
from reifierd.runs.planned import PlannedStep, against

SECTION = "Verification"


@dataclass(frozen=True)
class Verified:
    """Whether all of it holds; if not, what does not: `reason`, the command and what it printed, and what a person
    does. `proofs` are lines for the report."""

    holds: bool
    reason: str = ""
    command: str = ""
    output: str = ""
    remedies: tuple[str, ...] = ()
    proofs: tuple[str, ...] = ()


def verify(basis: Basis, plan: TaskPlan, performer: Performer, trees: Trees) -> Verified:
    """Ask everything, in its order. Raises Stopped and Void."""
    done = Done(basis.task, basis.kind, basis.project.folder, trees.changed, plan.environment)
    steps, found = check_steps(done, basis.extensions.checks, basis.settings.validator, basis.which)
    trees.notes += [str(b) for b in found if not b.blocks]
    stopping = [b for b in found if b.blocks]
    performer.stepper.environment, performer.stepper.state = plan.environment, None
    failed = _asked(plan.verification, performer) or _blocked(stopping)
    failed = failed or _asked_alone(_numbered(steps, plan), basis, plan, performer)
    failed = failed or _blocked(checked(done, basis.extensions.checks))
    if failed or not basis.kind.images:
        return failed or Verified(holds=True)
    images, wrong = images_of(basis.task, plan.pushes, plan.environment)
    trees.to_do += [str(b) for b in wrong if not b.blocks]
    proofs, missing = verify_images(images)
    return _blocked([b for b in (*wrong, *missing) if b.blocks]) or Verified(holds=True, proofs=proofs)


def _asked(steps: Iterable[PlannedStep], performer: Performer) -> Verified | None:
    for planned in steps:
        output, failed = performer.block(planned, SECTION)
        if failed:
            remedies = (failed.blocker.remedy,) if failed.blocker else ()
            name = planned.step.attributes.name or planned.step.title
            reason = f"{name}: {failed.reason}" if name else failed.reason
            return Verified(False, reason, planned.step.command, output, remedies)
    return None


def _asked_alone(steps: Iterable[Step], basis: Basis, plan: TaskPlan, performer: Performer) -> Verified | None:
    """Checks that nobody wrote into the task: judged like its blocks, each in a shell of its own."""
    for step in steps:
        planned = PlannedStep(step, step.command, basis.judge(plan.environment)(step, step.command))
        refused = against(planned, basis.ground.lifts)
        if refused:
            return Verified(False, f"{step.title}: refused, {refused[0].reason}", step.command)
        performer.stepper.state = None
        if failed := _asked([planned], performer):
            return failed
    return None


def _blocked(blockers: Iterable[Blocker]) -> Verified | None:
    for blocker in blockers:
        return Verified(False, blocker.reason, blocker.command, "", (blocker.remedy,) if blocker.remedy else ())
    return None


def _numbered(steps: Iterable[Step], plan: TaskPlan) -> list[Step]:
    return [replace(step, n=plan.last + i) for i, step in enumerate(steps, 1)]
