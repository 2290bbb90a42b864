"""Writes what is to be known of the rows of an import as a CSV file while they are read: whole or not at all."""

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from api.cli.safe_cells import safe
from application.importing.patients.report import Finding


@contextmanager
def findings_file(path: Path) -> Iterator[Callable[[Sequence[Finding]], None]]:
    """Lend what writes (line, outcome, reason, column, patient_id); the file is there once the block has ended well. Raises OSError."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["line", "outcome", "reason", "column", "patient_id"])

            def write(findings: Sequence[Finding]) -> None:
                writer.writerows(
                    [one.line, one.outcome, one.reason, safe(one.column), one.patient_id or ""] for one in findings
                )

            yield write
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
