"""How commands speak: results on stdout, progress and errors on stderr."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer
from rich.console import Console

if TYPE_CHECKING:
    from rich.progress import Progress

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]

out = Console(highlight=False, soft_wrap=True)
aside = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: object) -> None:
    """Print a value as one line of JSON: ids, dates and instants as strings."""
    import orjson

    typer.echo(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode())


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
    with Progress(*columns, console=aside) as progress:
        yield progress
