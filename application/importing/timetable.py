"""What is free in one practice, given out day by day in order of time while bookings are being made.

What is free is for domain.scheduling.availability to say, of every single visit. Only the search is done in bulk: the times of
a day are listed once for each clinician. Bookings only ever take times away, so a time that was passed over never comes back.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from heapq import merge
from typing import Final, NamedTuple
from uuid import UUID

from application.importing.practice_setup import PracticeSetup
from domain.practice.clinician import Clinician
from domain.scheduling.availability import offered, slot_at
from domain.scheduling.errors import SchedulingError
from domain.scheduling.opening_times import instant
from domain.scheduling.question import Place, Question, Slot, VisitRules
from domain.scheduling.time_claim import TimeClaim
from domain.time_range import TimeRange
from domain.weekly_hours import OpeningHours
from domain.zones import zone

_DAY: Final = timedelta(days=1)


class FreeTime(NamedTuple):
    clinician_id: UUID
    slot: Slot


class Timetable:
    """The free times of one practice; not thread-safe."""

    def __init__(self, setup: PracticeSetup, busy: Iterable[TimeClaim] = ()) -> None:
        """``busy`` are the claims of its clinicians that are there already."""
        self._zone = zone(setup.location.zone)
        self._questions = {clinician.id: _question(setup, clinician) for clinician in setup.clinicians}
        self._rules = next(iter(self._questions.values())).rules
        self._busy: defaultdict[tuple[UUID, date], list[TimeClaim]] = defaultdict(list)
        self._offers: dict[date, Iterator[tuple[datetime, int, UUID]]] = {}
        self._days: dict[date, TimeRange] = {}
        for claim in busy:
            self.take(claim)

    def take(self, claim: TimeClaim) -> None:
        """Note that a clinician is busy."""
        # A claim on the edge of a date may stand in the way of visits of the date beside it.
        first = claim.during.starts_at.astimezone(self._zone).date() - _DAY
        last = claim.during.ends_at.astimezone(self._zone).date() + _DAY
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            on_date = date.fromordinal(ordinal)
            if self._rules.reach(self._day(on_date)).overlaps(claim.during):
                self._busy[claim.what, on_date].append(claim)

    def first_free(self, on_date: date) -> FreeTime | None:
        """Return the earliest time that is free on a date, and with whom; None if there is none."""
        if on_date not in self._offers:
            self._offers[on_date] = self._listed(on_date)
        for starts_at, _, clinician_id in self._offers[on_date]:
            try:
                return FreeTime(clinician_id, slot_at(self._asked(clinician_id, on_date), starts_at))
            except SchedulingError:
                continue
        return None

    def fill(self, on_date: date) -> int:
        """Take all that is free on a date, one visit after the other, and return how many visits that were."""
        count = 0
        before, after = (
            timedelta(minutes=self._rules.buffer_before_minutes),
            timedelta(minutes=self._rules.buffer_after_minutes),
        )
        while (free := self.first_free(on_date)) is not None:
            visit = TimeRange(free.slot.starts_at, free.slot.ends_at)
            self.take(TimeClaim(UUID(int=count), free.clinician_id, visit.padded(before, after), visit))
            count += 1
        return count

    def _listed(self, on_date: date) -> Iterator[tuple[datetime, int, UUID]]:
        day = self._day(on_date)
        return merge(
            *(
                [(slot.starts_at, preference, id_) for slot in offered(self._asked(id_, on_date), day)]
                for preference, id_ in enumerate(self._questions)
            )
        )

    def _asked(self, clinician_id: UUID, on_date: date) -> Question:
        # Asked as of the morning of the day: whoever imports a visit may do so long after it, or long before.
        return replace(
            self._questions[clinician_id], now=self._day(on_date).starts_at, busy=self._busy[clinician_id, on_date]
        )

    def _day(self, on_date: date) -> TimeRange:
        day = self._days.get(on_date)
        if day is None:
            day = self._days[on_date] = TimeRange(self._midnight(on_date), self._midnight(on_date + _DAY))
        return day

    def _midnight(self, on_date: date) -> datetime:
        return datetime.fromtimestamp(instant(self._zone.key, on_date.toordinal(), 0), UTC)


def _question(setup: PracticeSetup, clinician: Clinician) -> Question:
    terms = setup.service.terms
    hours = clinician.hours.get(setup.location.id)
    place = Place(
        location_id=setup.location.id,
        zone=setup.location.zone,
        hours=OpeningHours.parse(*hours) if hours else OpeningHours.parse([]),
    )
    return Question(
        now=datetime.fromtimestamp(0, UTC),
        rules=VisitRules(
            duration_minutes=terms.duration_minutes,
            step_minutes=terms.step_minutes or terms.duration_minutes,
            buffer_before_minutes=terms.buffer_before_minutes,
            buffer_after_minutes=terms.buffer_after_minutes,
            requires=terms.requires,
        ),
        places=[place],
        is_offering=terms.active and clinician.id in terms.clinician_ids,
    )
