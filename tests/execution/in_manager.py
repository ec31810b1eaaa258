"""Run inside a mount namespace with a service manager of its own: one step as a transient unit, told as JSON."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

from reifierd.execution import process, unit
from reifierd.execution.shell_run import run_step
from reifierd.execution.step import StepSpec, Stop


def told(spec: StepSpec) -> dict[str, object]:
    pids: list[int] = []
    result = run_step(spec, on_spawn=lambda pid, _start: pids.append(pid), stop=Stop())
    time.sleep(0.2)
    left = [p for p in process.table() if not p.dead and process.mark_of(p.pid) == spec.mark]
    return {
        "state": result.state_of_step.value,
        "exit": result.exit,
        "output": result.output,
        "cwd": result.state.cwd if result.state else None,
        "variables": sorted(result.state.variables) if result.state else [],
        "left": [entry.command for entry in result.left_running],
        "alive": [process.command_line(p.pid) for p in left],
        "raw": [str(p) for p in spec.folder.rglob("environment")],
    }


def orphaned(spec: StepSpec) -> dict[str, object]:
    """The process that runs the step is killed in the middle; another one ends what still runs."""
    runner = os.fork()
    if not runner:
        run_step(spec)
        os._exit(0)
    while not Path(spec.environment["HOME"], "started").exists():
        time.sleep(0.05)
    os.kill(runner, signal.SIGKILL)
    os.waitpid(runner, 0)
    before = len(unit.members(spec.mark))
    ended = process.end_remains(spec.mark, None, None)
    return {"before": before, "ended": ended, "members": len(unit.members(spec.mark))}


def main() -> None:
    place, steps = Path(sys.argv[1]), json.loads(sys.argv[2])
    process.adopt_orphans()
    environment = {"HOME": str(place), "PATH": os.environ["PATH"], "GREETING": "it's $5"}
    base = StepSpec("", "", place / "private", environment, unit=True, grace=0.5)
    print(json.dumps({"answers": unit.answers()}))  # noqa: T201 - what the test reads
    for number, step in enumerate(steps):
        spec = replace(base, mark=f"run-1/{number}/1", **step)
        kind = orphaned if "orphaned" in spec.command else told
        print(json.dumps(kind(spec)), flush=True)  # noqa: T201
        unit.kill(spec.mark)
        process.kill_all(spec.mark, None, 0)


if __name__ == "__main__":
    main()
