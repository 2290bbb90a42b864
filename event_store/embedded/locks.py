"""File locks, which the kernel releases when their last holder ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from event_store.embedded.errors import BusyError, FolderAccessError
from event_store.pause import pause

_POLL_SECONDS = 0.02


class FileLock:
    """An advisory lock on a file (flock), also held by children that inherit the open file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def try_exclusive(self) -> int | None:
        """Return an open file that holds the lock exclusively; None if another one holds it."""
        return self._take(fcntl.LOCK_EX)

    def try_shared(self) -> int | None:
        """Return an open file that shares the lock; None if another one holds it exclusively."""
        return self._take(fcntl.LOCK_SH)

    def is_held_exclusively(self) -> bool:
        file = self.try_shared()
        if file is not None:
            os.close(file)
        return file is None

    @contextmanager
    def exclusively(self, timeout_seconds: float) -> Iterator[None]:
        """Hold the lock exclusively. Raises BusyError: another program held it for too long."""
        deadline = time.monotonic() + timeout_seconds
        while (file := self.try_exclusive()) is None:
            if time.monotonic() > deadline:
                raise BusyError(f"another program has held {self.path} for {timeout_seconds:.0f} s; is one stuck?")
            pause(_POLL_SECONDS)
        try:
            yield
        finally:
            os.close(file)

    def _take(self, mode: int) -> int | None:
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except PermissionError as error:
            reason = f"{self.path.parent} belongs to another user; use your own SCHEDULER_DATA"
            raise FolderAccessError(reason) from error
        try:
            fcntl.flock(file, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        return file
