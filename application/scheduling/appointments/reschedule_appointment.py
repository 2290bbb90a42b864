"""Moves an appointment to another time of the same clinician."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.outcome import Outcome
from application.kernel.permissions import Permission
from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import commit_change
from application.scheduling.availability.schedule import load_schedule, start_window
from application.scheduling.reach import own_appointment
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import refuse_fixed
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.query import Slot


@dataclass(frozen=True, slots=True)
class RescheduleAppointment(Command[Appointment]):
    """The new visit is as long as the service is now; it keeps its rooms and devices where they are free."""

    id: UUID
    starts_at: datetime
    expected_version: int | None = None


@handles(RescheduleAppointment, needs=Permission.CHANGE_VISITS, within=own_appointment)
def reschedule_appointment(log: PracticeLog, command: RescheduleAppointment, context: Context) -> Outcome[Appointment]:
    """Raises what ``slot_at`` raises: the new time is not free. The appointment's own time counts as free."""
    appointment = log.load(Appointment, command.id, command.expected_version)
    before = appointment.claims()
    refuse_fixed(appointment.status)
    if command.starts_at != appointment.starts_at:
        slot = _slot(log, appointment, command.starts_at, context.now)
        # On another day the clinician may be at another location.
        during = TimeRange(slot.starts_at, slot.ends_at)
        appointment.reschedule(during, slot.resource_ids, context.now, location_id=slot.location_id)
    return commit_change(log, appointment, before, context, keeps_limits=True)


def _slot(log: PracticeLog, appointment: Appointment, starts_at: datetime, now: datetime) -> Slot:
    schedule = load_schedule(
        log,
        appointment.service_id,
        [appointment.clinician_id],
        start_window(starts_at),
        now,
        resource_ids=appointment.resource_ids,
    )
    own = appointment.resource_ids
    return slot_at(schedule.question(appointment.clinician_id, without=appointment.id, preferred=own), starts_at)
