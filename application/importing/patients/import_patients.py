"""Import the patients of a file."""

from collections.abc import Callable, Iterable
from functools import partial

from application.importing.patients.planner import PatientPlanner
from application.importing.patients.reader import PersonRow
from application.importing.pipeline import ImportRun
from application.importing.report import Finding, ImportReport, Tally


def import_patients(run: ImportRun, rows: Iterable[PersonRow | Finding], report: Callable[[int], None]) -> ImportReport:
    """Register the patients of ``rows``, which are read lazily, in batches.

    A repeated run, or one after a kill, registers only who is missing. Calls ``report`` with the
    number of rows of each batch, and raises what ``ImportRun.import_rows`` raises.
    """
    tally = Tally()
    run.import_rows(rows, partial(PatientPlanner, run, {}), tally, report)
    return ImportReport(run.id, tally)
