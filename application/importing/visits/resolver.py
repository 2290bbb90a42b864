"""Resolve each row to a visit: its patient, clinician, location, service and instants."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from application.importing.cell_values import MAX_MINUTES
from application.importing.formats import first_column
from application.importing.report import RowRefusedError, Tally
from application.importing.visits.catalogue_resolver import CatalogueResolver
from application.importing.visits.format import VisitFormat, VisitStatus
from application.importing.visits.reader import VisitRow
from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.kernel.zones import AmbiguousLocalTimeError, NonexistentLocalTimeError, instant_of
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.practice.service import Service, ServiceTerms

_HOLDS_NO_TIME: Final = (VisitStatus.CANCELLED, VisitStatus.LATE_CANCELLED, VisitStatus.NO_SHOW)


@dataclass(frozen=True, slots=True)
class ResolvedVisit:
    """The visit of a row. ``key`` is the same in every file of the source: patient, clinician,
    start.
    """

    row: VisitRow
    key: str
    patient_id: UUID
    clinician: Clinician
    location: Location
    service: Service
    during: TimeRange

    @property
    def holds_time(self) -> bool:
        return self.row.status not in _HOLDS_NO_TIME


class VisitResolver:
    """Resolves the rows of one file."""

    def __init__(self, format_: VisitFormat, catalogue: CatalogueResolver) -> None:
        self._format = format_
        self._catalogue = catalogue

    def resolve(
        self, rows: Iterable[VisitRow], patients: Mapping[int, UUID | RowRefusedError], tally: Tally
    ) -> list[ResolvedVisit]:
        """Return visits in order of their start; add the refusals to the tally.

        ``patients`` are the resolved patients by line.
        """
        visits: list[ResolvedVisit] = []
        earlier: defaultdict[str, list[ResolvedVisit]] = defaultdict(list)
        for row in rows:
            try:
                visits.append(self._visit(row, patients[row.line], earlier))
            except RowRefusedError as refused:
                tally.findings.append(refused.at(row.line))
        return sorted(visits, key=lambda visit: (visit.during.starts_at, visit.row.line))

    def _visit(
        self, row: VisitRow, patient: UUID | RowRefusedError, earlier: defaultdict[str, list[ResolvedVisit]]
    ) -> ResolvedVisit:
        format_ = self._format
        clinician = self._catalogue.one(Clinician, row.clinician, first_column(format_.clinician))
        service = self._catalogue.one(Service, row.service, first_column(format_.service))
        location = self._catalogue.location(row.location, clinician, first_column(format_.location))
        zone = self._catalogue.zone_at(location)
        starts_at = _instant(row.starts_at, zone, first_column(format_.starts_at))
        during = TimeRange(starts_at, self._ends_at(row, starts_at, zone, service.terms_of(clinician.id)))
        if isinstance(patient, RowRefusedError):
            raise patient
        seat = f"{patient}\n{clinician.id}\n{starts_at.isoformat()}"
        same_seat = earlier[seat]
        visit = ResolvedVisit(row, f"{seat}\n{len(same_seat)}", patient, clinician, location, service, during)
        # After a cancellation the same time may be booked again; only one visit can take place.
        if any((visit.holds_time and other.holds_time) or _same(visit, other) for other in same_seat):
            raise RowRefusedError("repeated_in_the_file", first_column(format_.starts_at))
        same_seat.append(visit)
        return visit

    def _ends_at(self, row: VisitRow, starts_at: datetime, zone: str, terms: ServiceTerms) -> datetime:
        """Return the end of the row, or else its start plus its length or that of the service."""
        column = first_column(self._format.ends_at)
        by_length = starts_at + timedelta(minutes=row.minutes or terms.duration_minutes)
        if row.ends_at is None:
            return by_length
        try:
            ends_at = _instant(row.ends_at, zone, column)
        except RowRefusedError:
            if row.minutes is None:
                raise
            return by_length
        if ends_at <= starts_at:
            raise RowRefusedError("ends_before_it_starts", column)
        if ends_at - starts_at > timedelta(minutes=MAX_MINUTES):
            raise RowRefusedError("longer_than_a_day", column)
        return ends_at


def _instant(at: datetime, zone: str, column: str) -> datetime:
    if at.tzinfo is not None:
        return at.astimezone(UTC)
    try:
        return instant_of(at, zone)
    except NonexistentLocalTimeError:
        raise RowRefusedError("nonexistent_local_time", column) from None
    except AmbiguousLocalTimeError:
        raise RowRefusedError("ambiguous_local_time", column) from None
    except InvalidValueError:
        raise RowRefusedError("not_a_time", column) from None


def _same(one: ResolvedVisit, other: ResolvedVisit) -> bool:
    first, second = ((visit.service.id, visit.during, visit.row.status, visit.row.notes) for visit in (one, other))
    return first == second
