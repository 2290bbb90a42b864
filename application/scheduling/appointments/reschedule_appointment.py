"""Moves an appointment to another time of the same clinician."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import AppointmentChangingHandler
from application.scheduling.availability.schedule import load_schedule, start_window
from application.scheduling.availability.visit_caps import caps_on
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import refuse_fixed
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.quotas import LimitGuard


@dataclass(frozen=True, slots=True)
class RescheduleAppointment:
    """The new visit is as long as the service is now; it keeps its rooms and devices where they are free."""

    id: UUID
    starts_at: datetime
    expected_version: int | None = None


class RescheduleAppointmentHandler(AppointmentChangingHandler[RescheduleAppointment]):
    """Carries out RescheduleAppointment."""

    def change(self, log: PracticeLog, thing: Appointment, command: RescheduleAppointment) -> None:
        """Raises what ``slot_at`` raises: the new time is not free. The appointment's own time counts as free."""
        refuse_fixed(thing.status)
        if command.starts_at == thing.starts_at:
            return
        now = self._clock.now()
        schedule = load_schedule(
            log,
            thing.service_id,
            [thing.clinician_id],
            start_window(command.starts_at),
            now,
            resource_ids=thing.resource_ids,
        )
        slot = slot_at(
            schedule.question(thing.clinician_id, without=thing.id, preferred=thing.resource_ids), command.starts_at
        )
        # On another day the clinician may be at another place.
        to = TimeRange(slot.starts_at, slot.ends_at)
        thing.reschedule(to, slot.resource_ids, now, location_id=slot.location_id)

    def caps(self, log: PracticeLog, thing: Appointment) -> Sequence[LimitGuard]:
        return caps_on(log.catalogue(at_least=0), thing)
