"""File locks that the kernel gives back when their last holder dies, however it dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from event_store.embedded.errors import BusyError, FolderAccessError

_POLL_SECONDS = 0.02


class FileLock:
    """An advisory lock on a file (flock). It belongs to the open file, so children that inherit the file hold it too."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def try_exclusive(self) -> int | None:
        """Return an open file that holds the lock alone, or None if anyone else holds it."""
        return self._take(fcntl.LOCK_EX)

    def try_shared(self) -> int | None:
        """Return an open file that holds the lock beside other shared holders, or None if one holds it alone."""
        return self._take(fcntl.LOCK_SH)

    def is_held_alone(self) -> bool:
        """Tell whether someone holds the lock exclusively."""
        file = self.try_shared()
        if file is not None:
            os.close(file)
        return file is None

    @contextmanager
    def exclusively(self, patience_seconds: float) -> Iterator[None]:
        """Hold the lock alone. Raises BusyError: it was not to be had in time."""
        deadline = time.monotonic() + patience_seconds
        while (file := self.try_exclusive()) is None:
            if time.monotonic() > deadline:
                raise BusyError(f"another program has held {self.path} for {patience_seconds:.0f} s; is one stuck?")
            time.sleep(_POLL_SECONDS)
        try:
            yield
        finally:
            os.close(file)

    def _take(self, mode: int) -> int | None:
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except PermissionError as denied:
            raise FolderAccessError(
                f"{self.path.parent} belongs to another user; use your own SCHEDULER_DATA"
            ) from denied
        try:
            fcntl.flock(file, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        return file
