"""Rules for the scheduling machine: changes of hours, limits and terms change no booked visit."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule

from application.practice.change_clinician import ChangeClinician
from application.practice.change_practice import ChangePractice
from application.practice.change_service import ChangeService
from application.practice.set_clinician_hours import SetClinicianHours
from domain.kernel.money import Money
from domain.practice.location import Location
from domain.practice.service import ClinicianTerms
from domain.practice.visit_limits import VisitLimits
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.sessions.group_session import GroupSession
from tests.support.commands import executor
from tests.support.container import Container, by_test
from tests.support.seeded_practice import SeededPractice, fixed_clock

NEXT_WEEK = date(2026, 6, 8)
"""First date of changed hours; the first Monday, which other rules rely on, stays as it is."""
ALL_MORNING, TWO_HOURS = "mon 09:00-13:00", "mon 09:00-11:00"
HOURS: Final = {
    "all morning": ((ALL_MORNING,), range(0)),
    "two hours": ((TWO_HOURS,), range(1, 12)),
    "alternating": (
        (f"{TWO_HOURS} every 2 from {NEXT_WEEK}", f"{ALL_MORNING} every 2 from {NEXT_WEEK + timedelta(weeks=1)}"),
        range(1, 12, 2),
    ),
}
"""Hours from next week on, and the weeks after the first one in which they are two hours."""


class SettingsRules:
    """Mixed into the machine. ``closing_early``: weeks in which a clinician has two hours."""

    container: Container
    studio: SeededPractice
    booked: list[UUID]
    sessions: list[UUID]
    closing_early: dict[UUID, range]

    @rule(clinician=st.integers(0, 1), kind=st.sampled_from(sorted(HOURS)))
    def keep_other_hours_from_next_week_on(self, clinician: int, kind: str) -> None:
        clinician_id, [location] = self.studio.clinicians[clinician], self.studio.log.catalogue().all(Location)
        weekly, self.closing_early[clinician_id] = HOURS[kind]
        before = self._times()

        executor(self.container.logs, fixed_clock())(
            self.studio.tenant_id,
            SetClinicianHours(clinician_id, location.id, weekly, (), effective_from=NEXT_WEEK),
            by_test(),
        )

        assert self._times() == before

    @rule(
        of=st.sampled_from(["talk", "massage", "clinician"]),
        per_day=st.sampled_from([None, 1, 2]),
        per_week=st.sampled_from([None, 4]),
    )
    def set_limits(self, of: str, per_day: int | None, per_week: int | None) -> None:
        """Limits a service or the second clinician; another rule counts the first one's visits."""
        logs, tenant_id, limits = self.container.logs, self.studio.tenant_id, VisitLimits(per_day, per_week)
        before = self._times()

        if of == "clinician":
            change = ChangeClinician(self.studio.clinicians[1], {}, limits)
            executor(logs, fixed_clock())(tenant_id, change, by_test())
        else:
            service = self.studio.talk if of == "talk" else self.studio.massage
            executor(logs, fixed_clock())(tenant_id, ChangeService(service, {}, limits), by_test())

        assert self._times() == before

    @rule(
        of=st.sampled_from(["talk", "massage"]),
        own=st.tuples(*[st.sampled_from([None, (20, 7000), (80, None), (None, 12_000)])] * 2),
    )
    def set_terms_of_clinicians(self, of: str, own: tuple[tuple[int | None, int | None] | None, ...]) -> None:
        service = self.studio.talk if of == "talk" else self.studio.massage
        before = self._times()
        terms = tuple(
            ClinicianTerms(clinician_id, each[0], None if each[1] is None else Money(each[1], "EUR"))
            for clinician_id, each in zip(self.studio.clinicians, own, strict=True)
            if each is not None
        )

        executor(self.container.logs, fixed_clock())(
            self.studio.tenant_id, ChangeService(service, {}, clinician_terms=terms), by_test()
        )

        assert self._times() == before

    @rule(pending_counts=st.booleans(), auto_fill=st.booleans())
    def change_the_practice(self, pending_counts: bool, auto_fill: bool) -> None:
        command = ChangePractice(
            self.studio.tenant_id, {}, pending_counts=pending_counts, auto_fill=auto_fill, offer_minutes=30
        )
        executor(self.container.logs, fixed_clock())(self.studio.tenant_id, command, by_test())

    def _times(self) -> dict[UUID, object]:
        """Return when every visit and session is, by its own events."""
        times: dict[UUID, object] = {}
        for id_, visit in self.studio.log.load_all(Appointment, self.booked).items():
            times[id_] = visit.during, visit.price_amount_minor, visit.status, visit.version
        for id_, session in self.studio.log.load_all(GroupSession, self.sessions).items():
            times[id_] = session.starts_at, session.status, session.version
        return times
