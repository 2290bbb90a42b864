"""The events behind an obstacle: the latest that set the rule, and those that took the time."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import cast
from uuid import UUID

from application.kernel.catalogue import Catalogue
from domain.kernel.logged_event import LoggedEvent
from domain.kernel.time_range import TimeRange
from domain.kernel.zones import zone
from domain.patients.patient import Patient
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.practice.practice import Practice
from domain.practice.resource import Resource
from domain.practice.service import Service
from domain.scheduling.availability.explanation import Obstacle, ObstacleCause
from domain.scheduling.calendars.busy_calendar import BusyCalendar
from domain.scheduling.time_claim import TimeClaim

_TERMS = (Service.Offered.TOPIC, Service.Changed.TOPIC)


def streams_of(catalogue: Catalogue, service_id: UUID, clinician_id: UUID, found: Iterable[Obstacle]) -> set[UUID]:
    """Return the streams whose events ``cited`` needs."""
    streams = {service_id, clinician_id, *(practice.id for practice in catalogue.all(Practice))}
    for obstacle in found:
        streams |= {claim.holder_id for claim in obstacle.claims}
        streams |= {id_ for id_ in (obstacle.location_id, obstacle.stream_id) if id_ is not None}
    return streams


def cited(
    catalogue: Catalogue,
    service_id: UUID,
    clinician_id: UUID,
    starts_at: datetime,
    obstacle: Obstacle,
    events: Sequence[LoggedEvent],
) -> list[LoggedEvent]:
    """Return the events behind an obstacle, by position; none if only the clock matters.

    ``events`` are those of ``streams_of``, in order.
    """
    clinician = catalogue.one(Clinician, clinician_id)
    match obstacle.cause:
        case ObstacleCause.SERVICE:
            rule = _last(events, service_id, *_TERMS)
            if clinician_id in catalogue.one(Service, service_id).clinician_terms:
                rule += _last(events, service_id, Service.ClinicianTermsSet.TOPIC)
        case ObstacleCause.SERVICE_LIMIT:
            rule = _last(events, service_id, Service.LimitsSet.TOPIC)
        case ObstacleCause.CLINICIAN_LIMIT:
            rule = _last(events, clinician_id, Clinician.LimitsSet.TOPIC)
        case ObstacleCause.TIME_OFF:
            rule = _last(events, clinician_id, Clinician.TimeOffSet.TOPIC)
        case ObstacleCause.LEAVING:
            rule = _last(events, clinician_id, Clinician.LastDateSet.TOPIC)
        case ObstacleCause.HOURS:
            rule = _hours(catalogue, clinician, starts_at, obstacle.location_id, events)
        case ObstacleCause.HOLIDAYS:
            rule = _holidays(catalogue, obstacle.location_id, events)
        case ObstacleCause.BUSY_TIME:
            rule = [found for claim in obstacle.claims for found in _busy(claim, events)]
        case ObstacleCause.RESOURCE if obstacle.stream_id is not None:
            rule = _last(events, obstacle.stream_id, Resource.Changed.TOPIC)
        case ObstacleCause.OUT_OF_SERVICE if obstacle.stream_id is not None:
            rule = _last(events, obstacle.stream_id, Resource.OutOfServiceSet.TOPIC)
        case ObstacleCause.PATIENT if obstacle.stream_id is not None:
            rule = _last(events, obstacle.stream_id, Patient.WasErased.TOPIC)
        case _:
            rule = []
    holders = {claim.holder_id for claim in obstacle.claims}
    taken = {event.stream_id: event for event in events if event.stream_id in holders and "starts_at" in event.body}
    return sorted([*rule, *taken.values()], key=lambda event: event.position)


def _hours(
    catalogue: Catalogue,
    clinician: Clinician,
    starts_at: datetime,
    location_id: UUID | None,
    events: Sequence[LoggedEvent],
) -> list[LoggedEvent]:
    """Return the event of the hours that apply on the date, or that the clinician joined."""
    if location_id is not None:
        on_date = starts_at.astimezone(zone(catalogue.one(Location, location_id).zone)).date()
        dates = [
            each.effective_from
            for each in clinician.later_hours.get(location_id, ())
            if each.effective_from is not None and each.effective_from <= on_date
        ]
        applicable = max(dates, default=None)
        for event in reversed(events):
            if event.event_type == Clinician.HoursSet.TOPIC and event.stream_id == clinician.id:
                text = event.body["effective_from"]
                effective_from = date.fromisoformat(text) if isinstance(text, str) else None
                if (event.body["location_id"], effective_from) == (str(location_id), applicable):
                    return [event]
    return _last(events, clinician.id, Clinician.HoursSet.TOPIC) or _last(events, clinician.id, Clinician.Joined.TOPIC)


def _busy(claim: TimeClaim, events: Sequence[LoggedEvent]) -> list[LoggedEvent]:
    """Return the latest import of a busy time within the claim, which may merge several."""
    for event in reversed(events):
        if event.stream_id == claim.holder_id and event.event_type == BusyCalendar.Imported.TOPIC:
            for each in cast("list[dict[str, str]]", [*_list(event, "added"), *_list(event, "moved")]):
                during = TimeRange(*(datetime.fromisoformat(each[name]) for name in ("starts_at", "ends_at")))
                if during.overlaps(claim.visit):
                    return [event]
    return []


def _list(event: LoggedEvent, name: str) -> list[object]:
    return cast("list[object]", event.body[name])


def _holidays(catalogue: Catalogue, location_id: UUID | None, events: Sequence[LoggedEvent]) -> list[LoggedEvent]:
    if location_id is not None and catalogue.one(Location, location_id).holidays is not None:
        return _last(events, location_id, Location.HolidaysSet.TOPIC)
    return [
        event
        for practice in catalogue.all(Practice)
        for event in _last(events, practice.id, Practice.HolidaysSet.TOPIC)
    ]


def _last(events: Sequence[LoggedEvent], stream_id: UUID, *topics: str) -> list[LoggedEvent]:
    return next(
        ([event] for event in reversed(events) if event.stream_id == stream_id and event.event_type in topics), []
    )
