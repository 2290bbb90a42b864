"""Presenters of appointments and holds, with the local times of clinic and patient."""

from datetime import datetime
from typing import Final, TypeAlias

from api.http.calls import Call
from api.http.schemas import Versioned
from api.scheduling.appointments.schemas import AppointmentShown, HoldShown
from application.kernel.permissions import Permission
from application.scheduling.appointments.display_context import DisplayContext
from application.scheduling.appointments.display_context import Person as PastPerson
from domain.kernel.zones import spoken_dates, spoken_time
from domain.patients.standing import PatientStanding
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.hold import Hold
from projections.patients.directory.records import PatientRecord
from projections.scheduling.calendar.queries import CalendarEntry

Person: TypeAlias = PatientRecord | PastPerson
"""The person behind a patient id, now or at a point in time."""
_COMPUTED: Final = {*Versioned.model_fields, "price", "display", "alerts"}
_VISIT_FIELDS: Final = tuple(name for name in AppointmentShown.model_fields if name not in _COMPUTED)


def present_appointment(
    call: Call,
    appointment: Appointment,
    position: int | None = None,
    standing: PatientStanding | None = None,
) -> dict[str, object]:
    """Present an appointment with its patient's standing and local times, now or at a position.

    Without ``standing`` it is read.
    """
    context = DisplayContext(call.log, position, after=call.after)
    patient = standing or context.standing(appointment.patient_id)
    # Few patients have alerts, so reading them is rare.
    alerted = patient.alerted if call.actor.may(Permission.READ_REMARKS) else ()
    return {
        **present_appointment_facts(call, appointment),
        "patient_id": patient.merged_into or appointment.patient_id,
        "alerts": [alert for id_ in alerted if (alert := context.alert(id_))],
        "display": _display(appointment, context.zone(appointment.location_id), patient.zone),
    }


def present_appointment_facts(call: Call, appointment: Appointment) -> dict[str, object]:
    """Present what an appointment's own events contain."""
    reads_patients = call.actor.may(Permission.READ_PATIENTS)
    return {
        **_visit(appointment),
        "price": {"amount_minor": appointment.price_amount_minor, "currency": appointment.price_currency},
        # ERASED is false, like None.
        "notes": (appointment.notes or None) if call.actor.may(Permission.READ_REMARKS) else None,
        "cancellation_reason": (appointment.cancellation_reason or None) if reads_patients else None,
        "decline_reason": (appointment.decline_reason or None) if reads_patients else None,
        "override": _override(appointment, reads_patients),
        "grace_until": appointment.grace_until,
        "notify": appointment.notify,
    }


def present_entry(call: Call, entry: CalendarEntry, zone: str, patient: Person | None) -> dict[str, object]:
    """Present an entry of the calendar; ``patient`` is None for keys that do not see patients."""
    return {
        "id": entry.appointment_id,
        "version": entry.version,
        **_visit(entry),
        "patient_id": patient.patient_id if patient else entry.patient_id,
        "alerts": patient.alerts if patient and call.actor.may(Permission.READ_REMARKS) else (),
        "price": {"amount_minor": entry.price_amount_minor, "currency": entry.price_currency},
        "display": _display(entry, zone, patient.zone if patient else None),
    }


def present_patient_name(patient: Person | None) -> dict[str, object] | None:
    """Return None for an erased patient, and for keys that do not see patients."""
    if patient is None or patient.name is None:
        return None
    given_name, family_name = patient.name
    return {"given_name": given_name or None, "family_name": family_name or None}


def _visit(visit: Appointment | CalendarEntry) -> dict[str, object]:
    return {name: getattr(visit, name) for name in _VISIT_FIELDS}


def _display(visit: Appointment | CalendarEntry, zone: str, patient_zone: str | None) -> dict[str, object]:
    patient_date, clinic_date = spoken_dates(visit.starts_at, zone, patient_zone)
    return {
        "clinic": spoken_time(visit.starts_at, zone, None),
        "clinic_date": clinic_date,
        "patient": spoken_time(visit.starts_at, zone, patient_zone),
        "patient_date": patient_date,
    }


def _override(appointment: Appointment, reads_patients: bool) -> dict[str, object] | None:
    if not appointment.exempt_from:
        return None
    return {
        "rules": appointment.exempt_from,
        "overlaps": appointment.overlaps,
        "reason": (appointment.exemption or None) if reads_patients else None,
    }


def present_hold(hold: Hold, now: datetime) -> dict[str, object]:
    return HoldShown.present(hold, status=hold.status_at(now))
