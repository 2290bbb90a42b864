"""Rules for the scheduling machine: time off, and a reason for each refusal."""

from datetime import date, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from application.practice.set_time_off import SetTimeOff
from application.scheduling.availability.conflicts import BookedVisit, absences_during
from application.scheduling.availability.explain_slot import ExplainSlot
from application.scheduling.availability.find_slots import FindSlots
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Absence
from domain.practice.time_off import DaysOff, HoursOff
from domain.scheduling.appointments.appointment import Appointment
from projections.engine.runner import Runner
from projections.scheduling.calendar.queries import CalendarEntry, CalendarFilter, CalendarQueries
from tests.support.commands import asker, executor
from tests.support.container import Container, by_test
from tests.support.seeded_practice import MONDAY, NOW, SeededPractice, fixed_clock

HALF_HOUR = timedelta(minutes=30)
CLOSING = MONDAY + timedelta(hours=4)
ABSENCES = {
    "never": (),
    "all day": (Absence(DaysOff(date(2026, 6, 1), date(2026, 6, 1)), "wedding"),),
    "an hour": (Absence(HoursOff(TimeRange(MONDAY + HALF_HOUR, MONDAY + 3 * HALF_HOUR))),),
}


def booked_visit(entry: CalendarEntry) -> BookedVisit:
    return BookedVisit(
        entry.holder_id, entry.service_id, entry.clinician_id, entry.location_id, entry.starts_at, entry.ends_at
    )


class PresenceRules(RuleBasedStateMachine):
    """Visits that other rules booked stay as they are when a clinician becomes absent."""

    container: Container
    studio: SeededPractice
    booked: list[UUID]
    closing_early: dict[UUID, range]
    runner: Runner

    @rule(clinician=st.integers(0, 1), kind=st.sampled_from(sorted(ABSENCES)))
    def go_away_or_come_back(self, clinician: int, kind: str) -> None:
        clinician_id, absences = self.studio.clinicians[clinician], ABSENCES[kind]
        before = self.visit_versions()

        executor(self.container.logs, fixed_clock())(
            self.studio.tenant_id, SetTimeOff(clinician_id, absences), by_test()
        )

        assert self.visit_versions() == before
        self.runner.catch_up(self.studio.tenant_id)
        calendar = CalendarQueries(self.container.app_transaction)
        which = CalendarFilter(clinician_id=clinician_id)
        visits = calendar.appointments(self.studio.tenant_id, which, limit=200).entries
        catalogue = self.studio.log.catalogue()
        left = {visit.appointment_id for visit in visits if absences_during(catalogue, booked_visit(visit), NOW)}
        away = (
            [TimeRange(MONDAY - MONDAY.hour * 2 * HALF_HOUR, MONDAY + timedelta(hours=12))] if kind == "all day" else []
        )
        away += [each.range.during for each in absences if isinstance(each.range, HoursOff)]
        # Who overrides the hours may put a visit past closing: it lies outside from the start.
        away.append(TimeRange(CLOSING, CLOSING + timedelta(hours=8)))
        away += [
            TimeRange(MONDAY + timedelta(weeks=week, hours=2), MONDAY + timedelta(weeks=week, hours=12))
            for week in self.closing_early.get(clinician_id, ())
        ]
        assert left == {
            visit.appointment_id
            for visit in visits
            if any(TimeRange(visit.starts_at, visit.ends_at).overlaps(off) for off in away)
        }

    @rule(
        week=st.integers(0, 3),
        start=st.integers(-1, 9),
        minutes=st.sampled_from([0, 10]),
        clinician=st.integers(0, 1),
        needs_room=st.booleans(),
    )
    def every_no_has_a_reason(self, week: int, start: int, minutes: int, clinician: int, needs_room: bool) -> None:
        service = self.studio.massage if needs_room else self.studio.talk
        clinician_id = self.studio.clinicians[clinician]
        starts_at: datetime = MONDAY + start * HALF_HOUR + timedelta(weeks=week, minutes=minutes)

        found = asker(self.container.logs, fixed_clock())(
            self.studio.tenant_id, ExplainSlot(service, clinician_id, starts_at)
        )
        window = TimeRange(starts_at, starts_at + timedelta(minutes=1))
        offered = asker(self.container.logs, fixed_clock())(
            self.studio.tenant_id, FindSlots(service, clinician_id, window)
        )

        assert [choice.slot for choice in offered.choices] == ([found.slot] if found.slot else [])
        assert (found.slot is None) == bool(found.obstacles)
        if found.slot and week in self.closing_early.get(clinician_id, ()):
            assert found.slot.ends_at <= MONDAY + timedelta(weeks=week, hours=2)

    def visit_versions(self) -> dict[UUID, int]:
        return {id_: visit.version for id_, visit in self.studio.log.load_all(Appointment, self.booked).items()}
