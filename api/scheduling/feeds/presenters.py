"""A feed's visits and sessions, told as far as the feed may tell of them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from api.bootstrap.container import Container
from application.kernel.errors import NotFoundError
from application.kernel.practice_log import PracticeLog
from application.scheduling.calendars.calendar_visit import CalendarVisit, spoken, uid_of
from domain.kernel.time_range import TimeRange
from domain.patients.patient import Patient
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.practice.practice import Practice
from domain.practice.service import Service
from domain.scheduling.calendars.feed import Detail, Feed
from projections.patients.directory.records import PatientRecord
from projections.scheduling.calendar.feed_queries import FeedVisit

LOOK_BACK: Final = timedelta(days=31)
LOOK_AHEAD: Final = timedelta(days=370)
MOST_VISITS: Final = 10_000
"""More than anybody gives in thirteen months: 30 visits a day, every day."""


def calendar_of(container: Container, tenant_id: UUID, feed_id: UUID) -> str:
    """Return a feed's calendar: from a month ago to a year ahead. Raises NotFoundError: revoked, or the patient was erased."""
    log = container.logs.of(tenant_id)
    opened = log.load(Feed, feed_id)
    if opened.is_revoked:
        raise NotFoundError("feed")
    patient = None if opened.patient_id is None else _patient(log, opened.patient_id)
    now = container.clock.now()
    visits = container.scheduling.feeds.visits(
        tenant_id,
        TimeRange(now - LOOK_BACK, now + LOOK_AHEAD),
        MOST_VISITS,
        clinician_id=opened.clinician_id,
        patient_ids=patient.family_ids if patient else (),
    )
    tells = _teller(container, log, opened, patient, {visit.patient_id for visit in visits if visit.patient_id})
    practice = log.catalogue(at_least=1).one(Practice, tenant_id)
    return container.scheduling.calendar_writer.feed(practice.name, map(tells, visits))


def _patient(log: PracticeLog, patient_id: UUID) -> Patient:
    """Return the person whom an id means, also one that was merged away. Raises NotFoundError: erased."""
    patient = log.load(Patient, patient_id)
    patient = log.load(Patient, patient.merged_into) if patient.merged_into else patient
    if patient.is_erased:
        raise NotFoundError("feed")
    return patient


def _teller(
    container: Container, log: PracticeLog, opened: Feed, patient: Patient | None, patient_ids: set[UUID]
) -> Callable[[FeedVisit], CalendarVisit]:
    detail = Detail(opened.detail)
    catalogue = log.catalogue()
    names: Mapping[UUID, PatientRecord] = {}
    if detail in (Detail.INITIALS, Detail.NAME):
        names = container.patients.survivors_of(log.tenant_id, patient_ids)

    def whom(visit: FeedVisit) -> str | None:
        if patient is not None:
            staff = [catalogue.one(Clinician, clinician_id).name for clinician_id in visit.staff_ids]
            return ", ".join(name for name in staff if isinstance(name, str))
        # No calendar shows who comes to a session.
        return _called(names.get(visit.patient_id), detail) if visit.patient_id else None

    def tell(visit: FeedVisit) -> CalendarVisit:
        when = CalendarVisit(
            uid=uid_of(log.tenant_id, visit.id),
            version=visit.version,
            revised_at=visit.revised_at,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            summary="Busy",
        )
        if detail is Detail.BUSY:
            return when
        location = catalogue.one(Location, visit.location_id)
        what = str(catalogue.one(Service, visit.service_id).terms.name)
        with_whom = whom(visit)
        return replace(
            when,
            summary=f"{what}, {with_whom}" if with_whom else what,
            location=location.name,
            description=spoken(visit.starts_at, location.zone, patient.zone if patient else None),
        )

    return tell


def _called(patient: PatientRecord | None, detail: Detail) -> str | None:
    """Return what a feed calls a patient; nothing if the feed tells no name, or the patient was erased."""
    if patient is None or patient.details is None:
        return None
    given, family = patient.details.given_name, patient.details.family_name
    if detail is Detail.INITIALS:
        return "".join(f"{name[0]}." for name in (given, family) if name)
    return f"{given} {family}".strip()
