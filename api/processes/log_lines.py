"""Log lines of a process: repeated ones are counted instead of written."""

import logging
import threading
from typing import Final, TextIO

WINDOW_SECONDS: Final = 60.0
"""In this time alike records get two lines: the first record, and the number of the others."""


class LogLines(logging.StreamHandler[TextIO]):
    """Writes the first of the alike records of a window at once, and at its end their number.

    Records are alike if they have one logger and one template, and if they have it, one value of
    ``alike`` (``extra={"alike": ...}``). No record is left uncounted: the end of the process ends
    the window.
    """

    def __init__(self, stream: TextIO, window_seconds: float = WINDOW_SECONDS) -> None:
        super().__init__(stream)
        self._window_seconds = window_seconds
        self._repeats: dict[tuple[str, object], tuple[int, logging.LogRecord]] = {}
        self._timer: threading.Timer | None = None

    def emit(self, record: logging.LogRecord) -> None:
        # The caller, Handler.handle, holds the lock.
        key = (record.name, getattr(record, "alike", record.msg))
        if key in self._repeats:
            self._repeats[key] = (self._repeats[key][0] + 1, record)
            return
        self._repeats[key] = (0, record)
        super().emit(record)
        if self._timer is None:
            self._timer = threading.Timer(self._window_seconds, self.end_window)
            self._timer.daemon = True
            self._timer.start()

    def end_window(self) -> None:
        """Write the number of repeats of each record, and begin a new window."""
        with self.lock or threading.RLock():
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            repeats, self._repeats = self._repeats, {}
            for count, last in repeats.values():
                if count:
                    text = "%d more like it within %g s, the last: %s"
                    arguments = (count, self._window_seconds, last.getMessage())
                    super().emit(logging.LogRecord(last.name, last.levelno, "", 0, text, arguments, None))

    def close(self) -> None:
        self.end_window()
        super().close()
