"""What the daemon says where nobody can hear it."""

from __future__ import annotations

from pathlib import Path

from reifierd.daemon.events import event_log
from reifierd.redaction import Redactor


class Log:
    """Of a TextIO what a log uses, without a buffer."""

    def __init__(self, path: Path) -> None:
        self.path, self.failed = path, 0

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> int:
        try:
            with self.path.open("ab", buffering=0) as file:
                return file.write(text.encode())
        except OSError:
            self.failed += 1
            raise

    def flush(self) -> None:
        """Nothing is kept back."""


def test_a_log_on_a_full_disk_stops_nobody_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    log = Log(Path("/dev/full"))
    say = event_log(Redactor(), log)  # type: ignore[arg-type] # see there
    say("run", {"run": "first"})
    say("runner.problem", {"level": "warning", "problem": "the disk is full"})
    assert log.failed == 2
    log.path = tmp_path / "log"
    say("run", {"run": "second"})
    assert '"second"' in log.path.read_text()
