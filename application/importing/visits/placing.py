"""Where and when the visit of a row lies: its instants by the clock that is meant, and what tells it from all others."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from application.importing.patients.format import Texts, columns_in
from application.importing.rows import RowRefusedError
from application.importing.visits.catalogue_matching import CatalogueMatcher
from application.importing.visits.format import Outcome, VisitFormat
from application.importing.visits.reading import VisitRow
from application.importing.visits.report import VisitTally
from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.kernel.zones import AmbiguousLocalTimeError, NonexistentLocalTimeError, instant_of
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.practice.service import Service

_LONGEST: Final = timedelta(days=1)
_HOLDS_NO_TIME: Final = (Outcome.CANCELLED, Outcome.NO_SHOW)


@dataclass(frozen=True, slots=True)
class PlacedVisit:
    """A row's visit. ``key`` stays the same in every file of the source; it says who was seen by whom from when on."""

    row: VisitRow
    key: str
    patient_id: UUID
    clinician: Clinician
    location: Location
    service: Service
    during: TimeRange

    @property
    def holds_time(self) -> bool:
        return self.row.outcome not in _HOLDS_NO_TIME


class Placing:
    """Places the rows of one file."""

    def __init__(self, used: VisitFormat, things: CatalogueMatcher) -> None:
        self._used = used
        self._things = things

    def place(
        self, rows: Iterable[VisitRow], whose: Mapping[int, UUID | RowRefusedError], tally: VisitTally
    ) -> list[PlacedVisit]:
        """Return the visits of rows in the order in which they begin; what has no place is refused in the tally."""
        placed: list[PlacedVisit] = []
        met: defaultdict[str, list[PlacedVisit]] = defaultdict(list)
        for row in rows:
            try:
                visit = self._one(row, whose[row.line], met)
            except RowRefusedError as refused:
                tally.refuse(row.line, refused.reason, refused.column)
                continue
            placed.append(visit)
        return sorted(placed, key=lambda visit: (visit.during.starts_at, visit.row.line))

    def _one(
        self, row: VisitRow, whose: UUID | RowRefusedError, met: defaultdict[str, list[PlacedVisit]]
    ) -> PlacedVisit:
        used = self._used
        clinician = self._things.clinician(row.clinician, _column(used.clinician))
        service = self._things.service(row.service, _column(used.service))
        location = self._things.location(row.location, clinician, _column(used.location))
        zone = self._things.zone_at(location)
        starts_at = _instant(row.starts_at, zone, _column(used.starts_at))
        during = TimeRange(starts_at, self._end(row, starts_at, zone, service))
        if isinstance(whose, RowRefusedError):
            raise whose
        who = f"{whose}\n{clinician.id}\n{starts_at.isoformat()}"
        earlier = met[who]
        visit = PlacedVisit(row, f"{who}\n{len(earlier)}", whose, clinician, location, service, during)
        # Whoever cancelled may have booked again for the same time; but nobody is there twice.
        if any((visit.holds_time and one.holds_time) or _same(visit, one) for one in earlier):
            raise RowRefusedError("repeated_in_the_file", _column(used.starts_at))
        earlier.append(visit)
        return visit

    def _end(self, row: VisitRow, starts_at: datetime, zone: str, service: Service) -> datetime:
        """Return when the visit ends: as the row says, or after as many minutes as it says, or the service lasts."""
        column = _column(self._used.ends_at)
        minutes = timedelta(minutes=row.minutes or service.terms.duration_minutes)
        if row.ends_at is None:
            return starts_at + minutes
        try:
            ends_at = _instant(row.ends_at, zone, column)
        except RowRefusedError:
            if row.minutes is None:
                raise
            return starts_at + minutes
        if ends_at <= starts_at:
            raise RowRefusedError("ends_before_it_starts", column)
        if ends_at - starts_at > _LONGEST:
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


def _same(one: PlacedVisit, other: PlacedVisit) -> bool:
    said, other_said = one.row, other.row
    return (
        one.service.id == other.service.id
        and one.during == other.during
        and (said.outcome, said.notes) == (other_said.outcome, other_said.notes)
    )


def _column(texts: Texts) -> str:
    return next(iter(columns_in(texts)), "")
