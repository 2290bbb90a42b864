"""Gives an appointment to another clinician, or another room, at its own time."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import AppointmentChangingHandler
from application.scheduling.availability.agreed_slot import slot_as_agreed
from application.scheduling.availability.visit_caps import caps_on
from domain.kernel.errors import InvalidValueError
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import refuse_fixed
from domain.scheduling.availability.quotas import LimitGuard


@dataclass(frozen=True, slots=True)
class ReassignAppointment:
    """None stays as it is: the clinician; or the resources, as far as they are free and where the clinician is."""

    id: UUID
    clinician_id: UUID | None = None
    resource_ids: tuple[UUID, ...] | None = None
    expected_version: int | None = None


class ReassignAppointmentHandler(AppointmentChangingHandler[ReassignAppointment]):
    """Carries out ReassignAppointment."""

    def change(self, log: PracticeLog, thing: Appointment, command: ReassignAppointment) -> None:
        """Raises InvalidValueError: neither is named; what ``slot_as_agreed`` raises: the other one is not free."""
        if command.clinician_id is None and command.resource_ids is None:
            raise InvalidValueError("clinician_id", "name a clinician, resources, or both")
        refuse_fixed(thing.status)
        now, clinician_id = self._clock.now(), command.clinician_id or thing.clinician_id
        slot = slot_as_agreed(log, thing, clinician_id, now, command.resource_ids or ())
        thing.reassign(clinician_id, slot.location_id, slot.resource_ids, now)

    def caps(self, log: PracticeLog, thing: Appointment) -> Sequence[LimitGuard]:
        return caps_on(log.catalogue(at_least=0), thing)
