"""What commands on an appointment share: its time claims follow what it decided."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Context
from application.kernel.outcome import Outcome
from application.kernel.practice_log import PracticeLog
from application.scheduling.availability.schedule import expired_holders
from application.scheduling.availability.visit_caps import caps_on
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.time_claim import TimeClaim, TimeRelease


@dataclass(frozen=True, slots=True)
class AppointmentChange:
    """The fields of a command on one appointment that needs no others."""

    id: UUID
    expected_version: int | None = None


def commit_change(
    log: PracticeLog,
    appointment: Appointment,
    claims_before: list[TimeClaim],
    context: Context,
    *,
    keeps_limits: bool = False,
) -> Outcome[Appointment]:
    """Append what the appointment decided; release its old claims and take its new ones in the same transaction.

    A visit that keeps its time does not claim it again: others may lie beside it since.
    ``keeps_limits``: the change must respect the limits of visits at the new time.
    """
    claims = appointment.claims()
    if claims_before and claims == claims_before:
        return log.commit(appointment, by=context.provenance)
    claims = claims if appointment.pending_events else []
    release = TimeRelease(appointment.id)
    if all(claim.pending for claim in claims):
        return log.commit(appointment, by=context.provenance, guards=[release, *claims])
    around = TimeRange(min(c.during.starts_at for c in claims), max(c.during.ends_at for c in claims))
    found = log.reader.read_booking_context([claim.what for claim in claims], around).claims
    expired = [TimeRelease(holder_id) for holder_id in expired_holders(found, context.now)]
    caps = caps_on(log.catalogue(at_least=0), appointment) if keeps_limits else []
    return log.commit(appointment, by=context.provenance, guards=[release, *expired, *claims, *caps])
