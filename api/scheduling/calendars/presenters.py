"""Presenters of feeds, invitations and busy time."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from api.bootstrap.container import Container
from api.http.calls import Call
from api.scheduling.calendars.feed_content import FeedContent, FeedEntry
from api.scheduling.calendars.schemas import FeedListed, FeedShown
from application.kernel.errors import NotFoundError
from application.patients.person import survivor_of
from application.scheduling.calendars.calendar_visit import CalendarVisit, Person, spoken, uid_of
from domain.kernel.time_range import TimeRange
from domain.patients.patient import Patient
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.practice.practice import Practice
from domain.practice.service import Service
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import HOLDING, Status
from domain.scheduling.calendars.busy_calendar import BusyCalendar
from domain.scheduling.calendars.feed import Detail, Feed
from domain.scheduling.sessions.errors import NotEnrolledError
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.sessions.group_session_events import CalendarChange
from projections.access.tokens.queries import FeedRecord
from projections.patients.directory.records import PatientRecord

LOOK_BACK: Final = timedelta(days=31)
LOOK_AHEAD: Final = timedelta(days=370)
MAX_VISITS: Final = 10_000
"""Enough for 30 visits on each day of the thirteen months."""


def present_feed(feed: Feed) -> dict[str, object]:
    return FeedShown.present(feed, revoked=feed.is_revoked)


def present_feed_record(feed: FeedRecord) -> dict[str, object]:
    return FeedListed.present(feed, id=feed.feed_id, version=feed.version, revoked=feed.revoked_at is not None)


def present_busy_calendar(calendar: BusyCalendar) -> dict[str, object]:
    """Present an imported calendar; of its busy times, possibly thousands, only the number."""
    last = calendar.last_import
    return {
        "clinician_id": calendar.clinician_id,
        "calendar": calendar.name,
        "busy_times": len(calendar.times),
        "added": last.added,
        "moved": last.moved,
        "removed": last.removed,
        "unchanged": last.unchanged,
        "left_out": last.left_out,
    }


def feed_content(container: Container, tenant_id: UUID, feed_id: UUID) -> FeedContent:
    """Return what a feed shows: from a month ago to a year ahead.

    Raises NotFoundError: the feed was revoked, or the patient erased.
    """
    log = container.logs.of(tenant_id)
    feed = log.load(Feed, feed_id)
    patient = None if feed.patient_id is None else survivor_of(log, log.load(Patient, feed.patient_id))
    if feed.is_revoked or (patient is not None and patient.is_erased):
        raise NotFoundError("feed")
    now = container.clock.now()
    visits = container.scheduling.feeds.visits(
        tenant_id,
        TimeRange(now - LOOK_BACK, now + LOOK_AHEAD),
        MAX_VISITS,
        clinician_id=feed.clinician_id,
        patient_ids=patient.family_ids if patient else (),
    )
    detail = Detail(feed.detail)
    catalogue = log.catalogue()
    people: dict[UUID, str] = {}
    if patient is not None:
        people = {each.id: each.name for each in catalogue.all(Clinician) if isinstance(each.name, str)}
    elif detail in (Detail.INITIALS, Detail.NAME):
        patient_ids = {visit.patient_id for visit in visits if visit.patient_id}
        records = container.patients.survivors_of(tenant_id, patient_ids)
        people = {id_: name for id_, record in records.items() if (name := _name(record, detail))}
    services = {each.id: each.terms.name for each in catalogue.all(Service)}
    return FeedContent(
        practice_id=tenant_id,
        name=catalogue.one(Practice, tenant_id).name,
        entries=[FeedEntry(*visit) for visit in visits],
        services=None if detail is Detail.BUSY else services,
        locations={each.id: (each.name, each.zone) for each in catalogue.all(Location)},
        people=people,
        names_staff=patient is not None,
        reader_zone=patient.zone if patient else None,
    )


def _name(patient: PatientRecord, detail: Detail) -> str | None:
    """Return a patient's initials or name, or None if they were erased."""
    if patient.details is None:
        return None
    given, family = patient.details.given_name, patient.details.family_name
    if detail is Detail.INITIALS:
        return "".join(f"{name[0]}." for name in (given, family) if name)
    return f"{given} {family}".strip()


def appointment_invitation(call: Call, appointment: Appointment) -> str:
    """Return the iCalendar message about a visit, for its patient."""
    patient = survivor_of(call.log, call.log.load(Patient, appointment.patient_id))
    is_cancelled = appointment.status not in (*HOLDING, Status.NO_SHOW)
    change = CalendarChange(appointment.version, appointment.modified_on)
    return _invitation(call, appointment, [appointment.clinician_id], patient, change, is_cancelled)


def seat_invitation(call: Call, session: GroupSession, patient_ids: Sequence[UUID]) -> str:
    """Return the iCalendar message about a patient's seat in a session.

    ``patient_ids`` are those of one person, the survivor's first. Raises NotEnrolledError.
    """
    change = session.calendar_change_for(patient_ids)
    if change is None:
        raise NotEnrolledError
    is_cancelled = session.is_cancelled or session.roster.keys().isdisjoint(patient_ids)
    patient = call.log.load(Patient, patient_ids[0])
    return _invitation(call, session, session.staff_ids, patient, change, is_cancelled)


def _invitation(
    call: Call,
    booked: Appointment | GroupSession,
    staff_ids: Sequence[UUID],
    patient: Patient,
    change: CalendarChange,
    is_cancelled: bool,
) -> str:
    catalogue, tenant_id = call.log.catalogue(), call.log.tenant_id
    staff = [catalogue.one(Clinician, clinician_id) for clinician_id in staff_ids]
    location = catalogue.one(Location, booked.location_id)
    names = [clinician.name for clinician in staff if isinstance(clinician.name, str)]
    visit = CalendarVisit(
        uid=uid_of(tenant_id, booked.id),
        version=change.version,
        revised_at=change.at,
        starts_at=booked.starts_at,
        ends_at=booked.ends_at,
        summary=catalogue.one(Service, booked.service_id).terms.name,
        location=location.name,
        description="\n".join([spoken(booked.starts_at, location.zone, patient.zone), *names]),
        is_cancelled=is_cancelled,
    )
    email = staff[0].email
    organizer = Person(catalogue.one(Practice, tenant_id).name, email if isinstance(email, str) else None)
    return call.container.scheduling.calendar_writer.invitation(visit, organizer, _attendee(patient))


def _attendee(patient: Patient) -> Person:
    given, family, email = patient.given_name, patient.family_name, patient.email
    if patient.is_erased or not isinstance(given, str) or not isinstance(family, str):
        return Person(None, None)
    return Person(f"{given} {family}".strip(), email if isinstance(email, str) else None)
