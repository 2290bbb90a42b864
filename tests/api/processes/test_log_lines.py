"""Repeated log lines: few are written, and none is lost from the count."""

import io
import logging
import re
from collections.abc import Iterator

import pytest

from api.processes.log_lines import LogLines
from tests.support.wait_until import wait_until


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(stream: io.StringIO) -> Iterator[logging.Logger]:
    logger = logging.Logger("scheduler.access")
    handler = LogLines(stream, window_seconds=3600)
    logger.addHandler(handler)
    yield logger
    handler.close()


def counted(text: str) -> int:
    """Return how many records the lines tell of."""
    lines = text.splitlines()
    return len(lines) + sum(int(found[1]) - 1 for line in lines if (found := re.match(r"(\d+) more", line)))


class TestLogLines:
    def test_count_what_they_do_not_repeat(self, stream: io.StringIO, log: logging.Logger) -> None:
        for number in range(500):
            log.warning("refused an invalid key request=%s", number)
        [handler] = log.handlers

        handler.close()

        first, rest = stream.getvalue().splitlines()
        assert first == "refused an invalid key request=0"
        assert rest == "499 more like it within 3600 s, the last: refused an invalid key request=499"

    def test_tell_apart_who_was_refused(self, stream: io.StringIO, log: logging.Logger) -> None:
        for number in range(6):
            log.warning("refused to %s", number % 2, extra={"alike": number % 2})
        [handler] = log.handlers

        handler.close()

        assert (len(stream.getvalue().splitlines()), counted(stream.getvalue())) == (4, 6)

    def test_end_a_window_by_themselves(self, stream: io.StringIO) -> None:
        log, handler = logging.Logger("x"), LogLines(stream, window_seconds=0.05)
        log.addHandler(handler)

        for number in range(10):
            log.warning("refused %s", number)

        wait_until(lambda: counted(stream.getvalue()) == 10, "every record is counted")
        handler.close()
        assert counted(stream.getvalue()) == 10
