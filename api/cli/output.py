"""Output of commands: results on stdout, progress and errors on stderr."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer
from rich.console import Console

if TYPE_CHECKING:
    from rich.progress import Progress

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]

_REPEATED_AFTER_SECONDS = 30.0

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: object) -> None:
    """Print a value as one line of JSON: ids, dates and instants as strings."""
    import orjson

    typer.echo(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode())


def print_result(as_json: bool, value: object, *lines: str) -> None:
    """Print the result of a command: ``value`` as JSON, or the lines."""
    if as_json:
        print_json(value)
    else:
        for line in lines:
            out.print(line, markup=False)


@contextmanager
def progress_bar() -> Iterator["Progress"]:
    """Show progress on stderr while the block runs."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=err) as progress:
        yield progress


def progress_task(progress: "Progress", description: str, total: int | None = None) -> Callable[[int], None]:
    """Add a task to the progress bar; return the function that advances it by a number."""
    task = progress.add_task(description, total=total)
    return lambda count: progress.update(task, advance=count)


def log_to_stderr() -> None:
    """Log warnings to stderr; each at most twice a minute."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(_RateLimit())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # psycopg logs user and address of each failed connection; outages are logged elsewhere.
    logging.getLogger("psycopg").setLevel(logging.ERROR)


class _RateLimit(logging.Filter):
    """Drops a message that was logged in the last 30 seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._logged_at: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        key = (record.name, record.msg)
        if now - self._logged_at.get(key, -_REPEATED_AFTER_SECONDS) < _REPEATED_AFTER_SECONDS:
            return False
        self._logged_at[key] = now
        return True
