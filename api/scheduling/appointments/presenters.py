"""Appointments as they are answered: with the time that patient and clinic read on their clocks."""

from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

from api.http.calls import Call
from application.kernel.permissions import Permission
from application.scheduling.appointments.display_context import DisplayContext
from domain.kernel.personal_data import Erased
from domain.kernel.zones import spoken_dates, spoken_time
from domain.patients.standing import PatientStanding
from domain.scheduling.appointments.appointment import Appointment
from projections.scheduling.calendar.queries import CalendarEntry


def shower(
    call: Call, standing_of: Callable[[UUID], PatientStanding] | None = None, position: int | None = None
) -> Callable[[Appointment], dict[str, object]]:
    """Return what shows an appointment as it stands in the log, or stood at a position of it.

    It reads how the patient stands, unless ``standing_of`` knows it.
    """
    beside = DisplayContext(call.log, position)

    def show(appointment: Appointment) -> dict[str, object]:
        patient = (standing_of or beside.standing)(appointment.patient_id)
        return {
            **show_facts(call, appointment),
            "patient_id": patient.merged_into or appointment.patient_id,
            "alerts": _alerts(call, patient, beside),
            "display": _display(appointment, beside.zone(appointment.location_id), patient.zone),
        }

    return show


def show_facts(call: Call, appointment: Appointment) -> dict[str, object]:
    """Show what an appointment's own events say."""
    return {
        **_visit(appointment),
        "price": {"amount_minor": appointment.price_amount_minor, "currency": appointment.price_currency},
        # What was erased is false, as what was never said.
        "notes": (appointment.notes or None) if call.actor.may(Permission.READ_REMARKS) else None,
        "cancellation_reason": _seen(call, appointment.cancellation_reason),
        "decline_reason": _seen(call, appointment.decline_reason),
        "override": _override(call, appointment),
        "grace_until": appointment.grace_until,
    }


class Person(Protocol):
    """Who stands for a patient, now or at some moment of the past."""

    @property
    def patient_id(self) -> UUID: ...
    @property
    def name(self) -> tuple[str, str] | None: ...
    @property
    def zone(self) -> str | None: ...
    @property
    def alerts(self) -> Sequence[str]: ...


def show_entry(call: Call, entry: CalendarEntry, zone: str, patient: Person | None) -> dict[str, object]:
    """Show an entry of the calendar; ``patient`` is None for those who may not know who it is."""
    return {
        "id": entry.appointment_id,
        "version": entry.version,
        **_visit(entry),
        "patient_id": patient.patient_id if patient else entry.patient_id,
        "alerts": patient.alerts if patient and call.actor.may(Permission.READ_REMARKS) else (),
        "price": {"amount_minor": entry.price_amount_minor, "currency": entry.price_currency},
        "display": _display(entry, zone, patient.zone if patient else None),
    }


def patient_name(patient: Person | None) -> dict[str, object] | None:
    """The names alone; null for the erased, and for those who may not know."""
    if patient is None or patient.name is None:
        return None
    given_name, family_name = patient.name
    return {"given_name": given_name, "family_name": family_name}


def _visit(visit: Appointment | CalendarEntry) -> dict[str, object]:
    return {
        "status": visit.status,
        "starts_at": visit.starts_at,
        "ends_at": visit.ends_at,
        "patient_id": visit.patient_id,
        "service_id": visit.service_id,
        "clinician_id": visit.clinician_id,
        "location_id": visit.location_id,
        "resource_ids": visit.resource_ids,
        "mode": visit.mode,
        "buffer_before_minutes": visit.buffer_before_minutes,
        "buffer_after_minutes": visit.buffer_after_minutes,
        "series_id": visit.series_id,
        "occurrence": visit.occurrence,
        "original": visit.original,
    }


def _display(visit: Appointment | CalendarEntry, zone: str, patient_zone: str | None) -> dict[str, object]:
    patient_date, clinic_date = spoken_dates(visit.starts_at, zone, patient_zone)
    return {
        "clinic": spoken_time(visit.starts_at, zone, None),
        "clinic_date": clinic_date,
        "patient": spoken_time(visit.starts_at, zone, patient_zone),
        "patient_date": patient_date,
    }


def _alerts(call: Call, patient: PatientStanding, beside: DisplayContext) -> list[str]:
    """Read the alerts that there are: only a patient who has one costs a second reading."""
    if not call.actor.may(Permission.READ_REMARKS):
        return []
    return [alert for id_ in patient.alerted if (alert := beside.alert(id_))]


def _override(call: Call, appointment: Appointment) -> dict[str, object] | None:
    if not appointment.exempt_from:
        return None
    return {
        "rules": appointment.exempt_from,
        "overlaps": appointment.overlaps,
        "reason": _seen(call, appointment.exemption),
    }


def _seen(call: Call, reason: str | Erased | None) -> str | None:
    return None if isinstance(reason, Erased) or not call.actor.may(Permission.READ_PATIENTS) else reason
