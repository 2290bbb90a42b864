"""Write the report of an import as a CSV file, atomically and readable by its owner only."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO, TypeAlias

import typer

from api.cli.failures import UsageError
from api.importing.findings import write_patient_findings, write_visit_refusals

if TYPE_CHECKING:
    from application.importing.report import Finding

ReportOption: TypeAlias = Annotated[
    Path | None, typer.Option("--report", help="Where to write the report; in the working folder if not given.")
]


def report_path(given: Path | None, file: Path, kind: str) -> Path:
    """Return the path of a report: the given one, or ``<file>.<kind>.csv`` in the working folder.

    Call it before the import. Raises UsageError: the path is not writable.
    """
    path = given or Path.cwd() / f"{file.name.removesuffix('.gz').removesuffix('.csv')}.{kind}.csv"
    if not _is_writable(path):
        raise UsageError(f"nothing can be written to {path}; name another file with --report")
    return path


def write_findings(findings: Iterable["Finding"], path: Path) -> None:
    """Write every finding of an import of patients. Raises OSError."""
    with _replaced(path) as file:
        write_patient_findings(findings, file)


def write_refusals(refusals: Sequence["Finding"], path: Path) -> Path | None:
    """Replace the refused appointments of an earlier run.

    Return None, and write no file, if both runs refused none. Raises OSError.
    """
    if not refusals and not path.exists():
        return None
    with _replaced(path) as file:
        write_visit_refusals(refusals, file)
    return path


@contextmanager
def _replaced(path: Path) -> Iterator[TextIO]:
    """Open a file that replaces ``path`` once it is complete. Raises OSError."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode=0o600)
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _is_writable(path: Path) -> bool:
    import tempfile

    try:
        with tempfile.TemporaryFile(dir=path.parent):
            return not path.is_dir()
    except OSError:
        return False
