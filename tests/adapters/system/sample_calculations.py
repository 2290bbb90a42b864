"""Functions for calculating processes. They import little, which would count as computing."""

import os
import signal
import threading
import time
from pathlib import Path
from typing import AnyStr

from domain.scheduling.series.recurrence import UnsupportedRuleError


def repeated(text: AnyStr, times: int = 1) -> AnyStr:
    return text * times


def refuse() -> None:
    raise UnsupportedRuleError("rrule.skip", "SKIP is not supported")


def process_id_after_a_while() -> int:
    threading.Event().wait(0.1)
    return os.getpid()


def wait_for(file: Path) -> None:
    """Leave the process id beside the file, and wait until the file exists."""
    note_process(file.parent)
    while not file.exists():
        threading.Event().wait(0.01)


def use(cpu_seconds: float) -> int:
    until = time.process_time() + cpu_seconds
    while time.process_time() < until:
        pass
    return os.getpid()


def loop(file: Path) -> None:
    """Leave the process id beside the file, and never end."""
    note_process(file.parent)
    while True:
        pass


def kill_itself(folder: Path) -> None:
    note_process(folder)
    os.kill(os.getpid(), signal.SIGKILL)


def note_process(folder: Path) -> None:
    (folder / str(os.getpid())).touch()
