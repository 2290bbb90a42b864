"""Writes the refusals of an import as a CSV file: whole or not at all."""

import csv
import os
from collections.abc import Iterable
from pathlib import Path

from api.cli.safe_cells import safe
from application.importing.rows import Refusal


def write_refusals(path: Path, refusals: Iterable[Refusal]) -> None:
    """Write (line, appointment, reason, column), in order of the lines. Raises OSError."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["line", "appointment", "reason", "column"])
            for refusal in sorted(refusals, key=lambda refusal: refusal.line):
                writer.writerow([refusal.line, safe(refusal.appointment), refusal.reason, safe(refusal.column)])
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
