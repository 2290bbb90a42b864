"""Appends the changes of an appointment together with its time claims."""

from application.kernel.commands import Context
from application.kernel.conditions import Guard
from application.kernel.practice_log import Outcome, PracticeLog
from application.patients.families import family_of
from application.scheduling.availability.patient_time import is_taken, refuse_busy_patient
from application.scheduling.availability.schedule import expired_holders
from application.scheduling.availability.visit_limits import limit_guards
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.time_claim import TimeClaim, TimeRelease, claim_changes, family_guards


def commit_change(
    log: PracticeLog,
    appointment: Appointment,
    claims_before: list[TimeClaim],
    context: Context,
    *,
    keeps_limits: bool = False,
) -> Outcome[Appointment]:
    """Append the pending events, release the old time claims and take the new ones.

    Time that the visit or its patient keeps is not claimed again, because others may overlap it
    since. ``keeps_limits``: the limits of visits apply at the new time. Raises PatientBusyError.
    """
    claims = appointment.claims()
    if claims_before and claims == claims_before:
        return log.commit(appointment, by=context.provenance)
    claims = claims if appointment.pending_events else []
    releases, new = claim_changes(claims_before, claims, [appointment.patient_id])
    if all(claim.pending for claim in new):
        return log.commit(appointment, by=context.provenance, guards=[*releases, *new])
    around = TimeRange(min(c.during.starts_at for c in new), max(c.during.ends_at for c in new))
    patient_id = appointment.patient_id
    found = log.reader.read_booking_context([claim.what for claim in new], around, subject_id=patient_id)
    family = family_of(log.reader, patient_id, found.subject_events)
    # If the clinician is busy too, the append refuses, with the reason that concerns everybody.
    if not any(is_taken(claim, found.claims, context.now) for claim in new if claim.what != patient_id):
        for claim in new:
            if claim.what == patient_id:
                refuse_busy_patient(log.reader, claim, family, found.claims)
    expired = [TimeRelease(holder_id) for holder_id in expired_holders(found.claims, context.now)]
    limits = limit_guards(log.catalogue(at_least=found.catalogue_position), appointment) if keeps_limits else []
    guards: list[Guard] = [*releases, *expired, *new, *family_guards(new, [family]), *limits]
    return log.commit(appointment, by=context.provenance, guards=guards)
