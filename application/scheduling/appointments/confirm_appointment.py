"""Confirms a requested appointment: from now on it takes its time."""

from collections.abc import Sequence

from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import AppointmentChange, AppointmentChangingHandler
from application.scheduling.availability.agreed_slot import slot_as_agreed
from application.scheduling.availability.visit_caps import caps_on
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status
from domain.scheduling.availability.quotas import LimitGuard


class ConfirmAppointment(AppointmentChange):
    """The practice agrees to the request. Confirming twice changes nothing the second time."""


class ConfirmAppointmentHandler(AppointmentChangingHandler[ConfirmAppointment]):
    """Carries out ConfirmAppointment; where a room that was free has been taken, another of its kind is used."""

    def change(self, log: PracticeLog, thing: Appointment, command: ConfirmAppointment) -> None:
        """Raises what ``slot_as_agreed`` raises: the time has been taken since, or the clinician is away by now."""
        now, resource_ids = self._clock.now(), thing.resource_ids
        if thing.status == Status.REQUESTED:
            resource_ids = list(slot_as_agreed(log, thing, thing.clinician_id, now).resource_ids)
        thing.confirm(resource_ids, now)

    def caps(self, log: PracticeLog, thing: Appointment) -> Sequence[LimitGuard]:
        return caps_on(log.catalogue(at_least=0), thing)
