"""Moves an appointment to another time of the same clinician."""

from dataclasses import dataclass
from datetime import datetime

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.appointments.appointment_change import commit_change
from application.scheduling.availability.schedule import load_schedule, start_window
from application.scheduling.reach import own_appointment
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import refuse_fixed
from domain.scheduling.availability.availability import slot_at


@dataclass(frozen=True, slots=True)
class RescheduleAppointment(Change[Appointment]):
    """The visit gets the service's current duration; it keeps its resources if they are free."""

    starts_at: datetime


@handles(RescheduleAppointment, needs=Permission.CHANGE_VISITS, within=own_appointment)
def reschedule_appointment(log: PracticeLog, command: RescheduleAppointment, context: Context) -> Outcome[Appointment]:
    """Raises what ``slot_at`` raises. The appointment's present time counts as free."""
    appointment = log.load(Appointment, command.id, command.expected_version)
    before = appointment.claims()
    refuse_fixed(appointment.status)
    if command.starts_at != appointment.starts_at:
        service_id, clinician_id, resource_ids = (
            appointment.service_id,
            appointment.clinician_id,
            appointment.resource_ids,
        )
        window = start_window(command.starts_at)
        schedule = load_schedule(log, service_id, [clinician_id], window, context.now, resource_ids=resource_ids)
        query = schedule.query(clinician_id, without=appointment.id, preferred=resource_ids)
        slot = slot_at(query, command.starts_at)
        # On another day the clinician may be at another location.
        appointment.reschedule(slot.during, slot.resource_ids, context.now, location_id=slot.location_id)
    return commit_change(log, appointment, before, context, keeps_limits=True)
