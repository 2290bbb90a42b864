"""Rules for the scheduling machine: clinicians leave, visits are handed over, rooms are closed."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Final
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule

from application.practice.change_clinician import ChangeClinician
from application.practice.set_out_of_service import SetOutOfService
from application.scheduling.appointments.book_appointment import BookAppointment
from application.scheduling.appointments.reassign_appointment import ReassignAppointment
from application.scheduling.availability.find_slots import FindSlots
from application.scheduling.hand_overs.hand_over_visits import HandOverVisits
from domain.kernel.time_range import TimeRange
from domain.practice.time_off import DaysOff
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.errors import NothingToHandOverError
from domain.scheduling.hand_over import HandOver
from domain.scheduling.sessions.group_session import GroupSession
from tests.support.commands import asker, executor
from tests.support.container import Container, SettableClock, by_test
from tests.support.seeded_practice import MONDAY, SeededPractice

SUNDAY: Final = date(2026, 5, 31)
"""The day before the machine's visits."""


class LeavingRules:
    """Mixed into the machine. A clinician leaves while others book, and comes back."""

    container: Container
    studio: SeededPractice
    booked: list[UUID]
    sessions: list[UUID]
    clock: SettableClock
    run_commands: Callable[[int, Callable[[int], object]], list[object]]
    pick: Callable[[int], UUID]
    visit_versions: Callable[[], dict[UUID, int]]

    @rule(clinician=st.integers(0, 1), which=st.lists(st.integers(0, 30), min_size=3, max_size=3), both=st.booleans())
    def leave_hand_over_and_come_back(self, clinician: int, which: list[int], both: bool) -> None:
        leaving, tenant_id = self.studio.clinicians[clinician], self.studio.tenant_id
        handler = executor(self.container.logs, self.clock)
        handler(tenant_id, ChangeClinician(leaving, {}, last_date=SUNDAY, sets_last_date=True), by_test())
        before = set(self._given_by(leaving))
        find = FindSlots(self.studio.talk, leaving, TimeRange(MONDAY, MONDAY.replace(day=2)))
        assert not asker(self.container.logs, self.clock)(tenant_id, find).choices
        acts: list[Callable[[], object]] = [
            lambda: handler(tenant_id, HandOverVisits(clinician_id=leaving), by_test()).aggregate,
            lambda: self._book_talk(None, MONDAY),
            lambda: self._book_talk(leaving, MONDAY.replace(hour=9)),
            *(lambda number=number: self._give(leaving, number) for number in which),
        ]
        if both:
            acts.append(acts[0])

        results = self.run_commands(len(acts), lambda number: acts[number]())

        self.booked += [id_ for id_ in results if isinstance(id_, UUID)]
        assert set(self._given_by(leaving)) <= before
        handed = {each["id"]: each for result in results if isinstance(result, HandOver) for each in result.handed}
        assert handed.keys() <= before
        assert all(isinstance(each, HandOver | NothingToHandOverError) for each in (results[0], *results[6:]))
        handler(tenant_id, ChangeClinician(leaving, {}, last_date=None, sets_last_date=True), by_test())

    @rule(room=st.integers(0, 1), is_closed=st.booleans())
    def close_or_open_a_room(self, room: int, is_closed: bool) -> None:
        room_id, tenant_id = self.studio.rooms[room], self.studio.tenant_id
        before = self.visit_versions()
        ranges = (DaysOff(MONDAY.date(), MONDAY.date()),) if is_closed else ()

        executor(self.container.logs, self.clock)(tenant_id, SetOutOfService(room_id, ranges), by_test())

        assert self.visit_versions() == before
        find = FindSlots(self.studio.massage, None, TimeRange(MONDAY, MONDAY.replace(day=2)))
        choices = asker(self.container.logs, self.clock)(tenant_id, find).choices
        assert not is_closed or not any(room_id in choice.slot.resource_ids for choice in choices)

    def _book_talk(self, clinician_id: UUID | None, starts_at: datetime) -> UUID:
        command = BookAppointment(self.studio.patients[0], self.studio.talk, clinician_id, starts_at)
        outcome = executor(self.container.logs, self.clock)(self.studio.tenant_id, command, by_test())
        return outcome.aggregate.id

    def _give(self, clinician_id: UUID, number: int) -> None:
        if self.booked:
            visit = self.studio.log.load(Appointment, self.pick(number))
            if visit.clinician_id != clinician_id:
                command = ReassignAppointment(visit.id, clinician_id)
                executor(self.container.logs, self.clock)(self.studio.tenant_id, command, by_test())

    def _given_by(self, clinician_id: UUID) -> Iterator[UUID]:
        """Yield the visits, requests and sessions that the clinician is to give."""
        for id_, visit in self.studio.log.load_all(Appointment, self.booked).items():
            if visit.clinician_id == clinician_id and visit.claims():
                yield id_
        for id_, session in self.studio.log.load_all(GroupSession, self.sessions).items():
            if clinician_id in session.staff_ids and session.claims():
                yield id_
