"""Import the appointments of another program's file."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from application.importing.errors import NotInPracticeError
from application.importing.formats import first_column
from application.importing.pipeline import ImportRun, Plan, retry_on_conflict
from application.importing.report import Finding, ImportReport, MissingResource, ResourceKind, Tally
from application.importing.visits.catalogue_resolver import CatalogueResolver
from application.importing.visits.format import VisitFormat
from application.importing.visits.patient_resolver import PatientResolver
from application.importing.visits.planner import VisitPlanner
from application.importing.visits.reader import VisitRow
from application.importing.visits.resolver import VisitResolver
from domain.practice.resource import Resource


def import_visits(
    run: ImportRun,
    format_: VisitFormat,
    rows: Sequence[VisitRow | Finding],
    report: Callable[[int], None],
    *,
    create_missing: bool = False,
) -> ImportReport:
    """Book the appointments of ``rows`` in batches.

    A repeated run, or one after a kill, books only what is missing. ``create_missing`` creates the
    locations, clinicians and services that the practice lacks. Calls ``report`` with the number of
    rows of each batch.
    Raises NotInPracticeError: something is missing and not to be created, so nothing was recorded;
    and what ``ImportRun.import_rows`` raises.
    """
    tally = Tally(findings=[row for row in rows if isinstance(row, Finding)])
    visit_rows = [row for row in rows if isinstance(row, VisitRow)]
    catalogue, missing = retry_on_conflict(partial(_resolve_catalogue, run, format_, visit_rows, create_missing))
    patients = PatientResolver(run).resolve(visit_rows)
    visits = VisitResolver(format_, catalogue).resolve(visit_rows, patients, tally)
    report(tally.rows)
    planner = partial(
        VisitPlanner,
        run,
        catalogue.catalogue.all(Resource),
        first_column(format_.status),
        tells_late=format_.tells_late_cancellations,
    )
    run.import_rows(visits, planner, tally, report)
    return ImportReport(run.id, tally, missing)


def _resolve_catalogue(
    run: ImportRun, format_: VisitFormat, rows: Sequence[VisitRow], create_missing: bool
) -> tuple[CatalogueResolver, Sequence[MissingResource]]:
    """Return the catalogue with what was missing in it. Raises NotInPracticeError."""
    catalogue = run.log.catalogue()
    resolver = CatalogueResolver(catalogue, format_, run.identities, run.ports.directory)
    missing = resolver.missing(rows)
    if not missing:
        return resolver, missing
    if not create_missing:
        raise NotInPracticeError(missing)
    created = resolver.create(missing, rows, run.ports.clock.now())
    clinician_ids = [one.id for one in missing if one.kind is ResourceKind.CLINICIAN]
    run.append(Plan(made=created, newcomers=clinician_ids))
    after = replace(catalogue, aggregates={**catalogue.aggregates, **{each.id: each for each in created}})
    return CatalogueResolver(after, format_, run.identities, run.ports.directory), missing
