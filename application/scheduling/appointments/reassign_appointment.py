"""Changes the clinician or the resources of an appointment, at its own time."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Actor, Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.appointments.appointment_change import commit_change
from application.scheduling.availability.own_terms import own_slot
from application.scheduling.reach import own_appointment, own_clinicians
from domain.kernel.errors import InvalidValueError
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import refuse_fixed


@dataclass(frozen=True, slots=True)
class ReassignAppointment(Change[Appointment]):
    """None keeps the clinician, or the resources that are free at the location."""

    clinician_id: UUID | None = None
    resource_ids: tuple[UUID, ...] | None = None


def _within_reach(log: PracticeLog, actor: Actor, command: ReassignAppointment) -> None:
    own_appointment(log, actor, command)
    own_clinicians(actor, command.clinician_id)


@handles(ReassignAppointment, needs=Permission.CHANGE_VISITS, within=_within_reach)
def reassign_appointment(log: PracticeLog, command: ReassignAppointment, context: Context) -> Outcome[Appointment]:
    """Raises InvalidValueError: neither is named; what ``own_slot`` raises."""
    appointment = log.load(Appointment, command.id, command.expected_version)
    before = appointment.claims()
    if command.clinician_id is None and command.resource_ids is None:
        raise InvalidValueError("clinician_id", "name a clinician, resources, or both")
    refuse_fixed(appointment.status)
    clinician_id = command.clinician_id or appointment.clinician_id
    slot = own_slot(log, appointment, clinician_id, context.now, command.resource_ids or ())
    appointment.reassign(clinician_id, slot.location_id, slot.resource_ids, context.now)
    return commit_change(log, appointment, before, context, keeps_limits=True)
