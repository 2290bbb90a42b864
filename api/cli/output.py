"""Output of commands: results on stdout, progress and errors on stderr."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer
from rich.console import Console

if TYPE_CHECKING:
    from rich.progress import Progress

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]

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
    """Log warnings to stderr; alike ones are counted, and take at most two lines a minute."""
    from api.processes.log_lines import LogLines

    handler = LogLines(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # psycopg logs user and address of each failed connection; outages are logged elsewhere.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
