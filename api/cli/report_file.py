"""Write the report of an import as a CSV file, atomically and readable by its owner only."""

import csv
import os
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from api.cli.failures import UsageError
from api.cli.import_words import explanation_of

if TYPE_CHECKING:
    from application.importing.report import Finding

ReportOption: TypeAlias = Annotated[
    Path | None, typer.Option("--report", help="Where to write the report; in the working folder if not given.")
]
_FORMULA_STARTS: Final = frozenset("=+-−@|%")


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
    rows = [
        [one.line, one.outcome, one.reason, one.column, one.patient_id or "", explanation_of(one)]
        for one in _sorted(findings)
    ]
    _write(path, ["row", "outcome", "reason", "column", "patient_id", "explanation"], rows)


def write_refusals(refusals: Sequence["Finding"], path: Path) -> Path | None:
    """Replace the refused appointments of an earlier run.

    Return None, and write no file, if both runs refused none. Raises OSError.
    """
    if not refusals and not path.exists():
        return None
    rows = [[one.line, one.external_id, one.reason, one.column, explanation_of(one)] for one in _sorted(refusals)]
    _write(path, ["row", "appointment", "reason", "column", "explanation"], rows)
    return path


def _sorted(findings: Iterable["Finding"]) -> list["Finding"]:
    return sorted(findings, key=lambda finding: finding.line)


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows of texts, ids and numbers. Raises OSError."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode=0o600)
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            # Quoted, since a spreadsheet may split at a semicolon or a tab within a cell.
            writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
            writer.writerow(header)
            writer.writerows([escape_formula(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def escape_formula(text: str) -> str:
    """Return a text that no spreadsheet evaluates as a formula, with an apostrophe if needed.

    Spreadsheets skip white space, and take full-width and small forms for the usual ones.
    Source: https://owasp.org/www-community/attacks/CSV_Injection
    """
    written = unicodedata.normalize("NFKC", text).lstrip()
    is_formula = written[:1] in _FORMULA_STARTS if written else False
    return f"'{text}" if is_formula or text.startswith(("\t", "\r", "\n")) else text


def _is_writable(path: Path) -> bool:
    import tempfile

    try:
        with tempfile.TemporaryFile(dir=path.parent):
            return not path.is_dir()
    except OSError:
        return False
