"""Presenters of clinicians, their hours and time off, and of services."""

from dataclasses import asdict
from uuid import UUID

from api.http.calls import Call
from api.practice.schemas import ClinicianShown, ServiceShown
from api.practice.time_off_schemas import RangeShown
from application.kernel.permissions import Permission
from domain.practice.clinician import Absence, Clinician, HoursText
from domain.practice.resource import Resource
from domain.practice.service import Service
from domain.practice.time_off import DaysOff, HoursOff


def present_clinician(clinician: Clinician) -> dict[str, object]:
    return ClinicianShown.present(clinician, name=clinician.name or None, email=clinician.email or None)


def present_hours(clinician: Clinician) -> dict[str, object]:
    hours = list(clinician.hours.items())
    hours += [(location_id, text) for location_id, texts in clinician.later_hours.items() for text in texts]
    return {"hours": [_location_hours(location_id, text) for location_id, text in hours]}


def _location_hours(location_id: UUID, text: HoursText) -> dict[str, object]:
    overrides: dict[str, list[dict[str, str]]] = {}
    for line in text.overrides:
        on_date, _, hours = line.partition(" ")
        overrides.setdefault(on_date, []).extend([] if hours == "closed" else [_range(hours)])
    return {
        "location_id": location_id,
        "weekly": [present_weekly(line) for line in text.weekly],
        "overrides": [{"on_date": on_date, "ranges": ranges} for on_date, ranges in overrides.items()],
        **({"effective_from": text.effective_from} if text.effective_from else {}),
    }


def present_weekly(line: str) -> dict[str, object]:
    """Present a weekly range, ``mon 09:00-12:00``; without the interval if it is every week."""
    weekday, _, text = line.partition(" ")
    hours, _, interval = text.partition(" every ")
    weeks, _, from_date = interval.partition(" from ")
    alternates = {"every_weeks": int(weeks), "from_date": from_date} if weeks else {}
    return {"weekday": weekday, **_range(hours), **alternates}


def _range(hours: str) -> dict[str, str]:
    starts, _, ends = hours.partition("-")
    return {"from": starts, "to": ends}


def present_time_off(call: Call, clinician: Clinician) -> dict[str, object]:
    """Present the time off; the notes only to the clinician and to roles that change them."""
    sees_notes = call.actor.may(Permission.CHANGE_PRACTICE) or call.actor.clinician_id == clinician.id
    return {"ranges": [_absence(absence, sees_notes) for absence in clinician.absences]}


def _absence(absence: Absence, sees_notes: bool) -> dict[str, object]:
    return _dates_or_instants(absence.range) | {"note": absence.note if sees_notes else None}


def present_out_of_service(resource: Resource) -> dict[str, object]:
    return {"ranges": [_dates_or_instants(each) for each in resource.out_of_service_ranges]}


def _dates_or_instants(during: DaysOff | HoursOff) -> dict[str, object]:
    bounds = during.during if isinstance(during, HoursOff) else during
    return {name: getattr(bounds, name, None) for name in RangeShown.model_fields}


def present_service(service: Service) -> dict[str, object]:
    requires = [{"kind": kind} for kind in service.terms.requires]
    return ServiceShown.present(
        service.terms,
        requires=requires,
        limits=service.limits,
        seats=service.seats,
        clinician_terms=[asdict(own) for own in service.clinician_terms.values()],
    )
