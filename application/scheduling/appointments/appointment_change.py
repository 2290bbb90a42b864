"""Appends the changes of an appointment together with its time claims."""

from application.kernel.commands import Context
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.availability.schedule import expired_holders
from application.scheduling.availability.visit_limits import limit_guards
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.time_claim import TimeClaim, TimeRelease


def commit_change(
    log: PracticeLog,
    appointment: Appointment,
    claims_before: list[TimeClaim],
    context: Context,
    *,
    keeps_limits: bool = False,
) -> Outcome[Appointment]:
    """Append the pending events, release the old time claims and take the new ones.

    A visit that keeps its time does not claim it again, because others may overlap it since.
    ``keeps_limits``: the limits of visits apply at the new time.
    """
    claims = appointment.claims()
    if claims_before and claims == claims_before:
        return log.commit(appointment, by=context.provenance)
    claims = claims if appointment.pending_events else []
    release = TimeRelease(appointment.id)
    if all(claim.pending for claim in claims):
        return log.commit(appointment, by=context.provenance, guards=[release, *claims])
    around = TimeRange(min(c.during.starts_at for c in claims), max(c.during.ends_at for c in claims))
    found = log.reader.read_booking_context([claim.what for claim in claims], around)
    expired = [TimeRelease(holder_id) for holder_id in expired_holders(found.claims, context.now)]
    limits = limit_guards(log.catalogue(at_least=found.catalogue_position), appointment) if keeps_limits else []
    return log.commit(appointment, by=context.provenance, guards=[release, *expired, *claims, *limits])
