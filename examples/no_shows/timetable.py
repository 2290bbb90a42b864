"""Allot the free times of one practice, day by day in order of time.

Availability decides about each visit; only the search is done in bulk: the times of a day are
listed once for each clinician. Bookings only take times away, so a time that was skipped is never
free again.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from heapq import merge
from typing import NamedTuple
from uuid import UUID

from domain.kernel.time_range import TimeRange
from domain.kernel.zones import zone
from domain.practice.clinician import Clinician
from domain.scheduling.availability.availability import offered, slot_at
from domain.scheduling.availability.query import AvailabilityQuery, Place, Slot
from domain.scheduling.errors import SchedulingError
from domain.scheduling.time_claim import TimeClaim
from no_shows.days import day_in
from no_shows.practice_setup import PracticeSetup


class FreeTime(NamedTuple):
    clinician_id: UUID
    slot: Slot


class Timetable:
    """The free times of one practice; not thread-safe."""

    def __init__(self, setup: PracticeSetup) -> None:
        self._zone_name = setup.location.zone
        self._zone = zone(setup.location.zone)
        self._rules = setup.rules
        self._queries = {clinician.id: _query(setup, clinician) for clinician in setup.clinicians}
        self._busy: defaultdict[tuple[UUID, date], list[TimeClaim]] = defaultdict(list)
        self._offers: dict[date, Iterator[tuple[datetime, int, UUID]]] = {}
        self._reaches: dict[date, TimeRange] = {}

    def take(self, claim: TimeClaim) -> None:
        """Add busy time of a clinician or a patient."""
        # A claim near midnight may block visits of the neighbouring date.
        first = claim.during.starts_at.astimezone(self._zone).toordinal() - 1
        last = claim.during.ends_at.astimezone(self._zone).toordinal() + 1
        for ordinal in range(first, last + 1):
            on_date = date.fromordinal(ordinal)
            if self._reach(on_date).overlaps(claim.during):
                self._busy[claim.what, on_date].append(claim)

    def first_free(self, on_date: date) -> FreeTime | None:
        """Return the earliest free time of a date, and its clinician."""
        if on_date not in self._offers:
            self._offers[on_date] = self._list_offers(on_date)
        for starts_at, _, clinician_id in self._offers[on_date]:
            try:
                return FreeTime(clinician_id, slot_at(self._query_on(clinician_id, on_date), starts_at))
            except SchedulingError:
                continue
        return None

    def visits_of(self, patient_id: UUID, during: TimeRange, on_date: date) -> list[UUID]:
        """Return the visits of a patient that overlap a time of a date."""
        return [claim.holder_id for claim in self._busy[patient_id, on_date] if claim.visit.overlaps(during)]

    def _list_offers(self, on_date: date) -> Iterator[tuple[datetime, int, UUID]]:
        day = day_in(self._zone_name, on_date)
        return merge(
            *(
                [(slot.starts_at, preference, id_) for slot in offered(self._query_on(id_, on_date), day)]
                for preference, id_ in enumerate(self._queries)
            )
        )

    def _query_on(self, clinician_id: UUID, on_date: date) -> AvailabilityQuery:
        # As of the morning of the day: the import may run long before or after it.
        now = day_in(self._zone_name, on_date).starts_at
        return replace(self._queries[clinician_id], now=now, busy=self._busy[clinician_id, on_date])

    def _reach(self, on_date: date) -> TimeRange:
        reach = self._reaches.get(on_date)
        if reach is None:
            reach = self._reaches[on_date] = self._rules.reach(day_in(self._zone_name, on_date))
        return reach


def _query(setup: PracticeSetup, clinician: Clinician) -> AvailabilityQuery:
    place = Place(location_id=setup.location.id, zone=setup.location.zone, hours=setup.hours_of(clinician))
    terms = setup.service.terms
    return AvailabilityQuery(
        now=datetime.fromtimestamp(0, UTC),
        rules=setup.rules,
        places=[place],
        is_offering=terms.active and clinician.id in terms.clinician_ids,
    )
