"""The findings of an import, row by row: as JSON, and as CSV that no spreadsheet evaluates."""

import csv
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final, TextIO

from api.importing.explanations import explanation_of
from application.importing.report import Finding

PATIENT_COLUMNS: Final = ("row", "outcome", "reason", "column", "patient_id", "explanation")
VISIT_COLUMNS: Final = ("row", "appointment", "reason", "column", "explanation")
_FORMULA_STARTS: Final = frozenset("=+-−@|%")


def findings_json(findings: Iterable[Finding]) -> list[dict[str, object]]:
    return [
        {
            "row": one.line,
            "outcome": one.outcome,
            "reason": one.reason,
            "column": one.column or None,
            "patient_id": one.patient_id,
            "explanation": explanation_of(one),
        }
        for one in _sorted(findings)
    ]


def write_patient_findings(findings: Iterable[Finding], file: TextIO) -> None:
    """Write every finding of an import of patients as CSV."""
    rows = [
        [one.line, one.outcome, one.reason, one.column, one.patient_id or "", explanation_of(one)]
        for one in _sorted(findings)
    ]
    _write(file, PATIENT_COLUMNS, rows)


def write_visit_refusals(refusals: Iterable[Finding], file: TextIO) -> None:
    """Write the refusals of an import of appointments as CSV."""
    rows = [[one.line, one.external_id, one.reason, one.column, explanation_of(one)] for one in _sorted(refusals)]
    _write(file, VISIT_COLUMNS, rows)


def escape_formula(text: str) -> str:
    """Return a text that no spreadsheet evaluates as a formula, with an apostrophe if needed.

    Spreadsheets skip white space, and take full-width and small forms for the usual ones.
    Source: https://owasp.org/www-community/attacks/CSV_Injection
    """
    written = unicodedata.normalize("NFKC", text).lstrip()
    is_formula = written[:1] in _FORMULA_STARTS if written else False
    return f"'{text}" if is_formula or text.startswith(("\t", "\r", "\n")) else text


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: finding.line)


def _write(file: TextIO, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows of texts, ids and numbers."""
    # Quoted, since a spreadsheet may split at a semicolon or a tab within a cell.
    writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(header)
    writer.writerows([escape_formula(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
