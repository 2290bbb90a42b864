"""The kinds of aggregates: the permission to read one, and the fields of its own events.

Fields that depend on other aggregates or on the clock are left out: the alerts of a patient, the
local times of a location, the visits of a series, the end of a hold.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from api.access.api_keys import routes as api_keys
from api.http.calls import Call
from api.importing.imports import routes as imports
from api.patients.consents import routes as consents
from api.patients.contacts import routes as contacts
from api.patients.patients.presenters import shower as patient_shower
from api.practice.clinicians import routes as clinicians
from api.practice.hours import routes as hours
from api.practice.locations import routes as locations
from api.practice.practice import routes as practice
from api.practice.resources import routes as resources
from api.practice.services import routes as services
from api.practice.time_off import routes as time_off
from api.scheduling.appointments import presenters as showing
from api.scheduling.busy_time import routes as busy_time
from api.scheduling.courses import presenters as course_showing
from api.scheduling.feeds import routes as feeds
from api.scheduling.holds import routes as holds
from api.scheduling.series import presenters as series_showing
from api.scheduling.sessions import presenters as session_showing
from api.waitlist.entries import presenters as waitlist_showing
from api.webhooks.endpoints import schemas as webhook_schemas
from application.kernel.permissions import Permission
from domain.access.api_key import ApiKey
from domain.importing.data_import import DataImport
from domain.kernel.aggregate import Aggregate
from domain.patients.consents import Consents
from domain.patients.patient import Patient
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.practice.practice import Practice
from domain.practice.resource import Resource
from domain.practice.service import Service
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.hold import Hold
from domain.scheduling.calendars.busy_calendar import BusyCalendar
from domain.scheduling.calendars.feed import Feed
from domain.scheduling.series.series import Series
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession
from domain.waitlist.entry import WaitlistEntry
from domain.waitlist.offer import Offer
from domain.waitlist.opening import Opening
from domain.webhooks.endpoint import WebhookEndpoint

Facts: TypeAlias = Callable[[Call, Any], Mapping[str, object]]

_BEFORE_ANY_END: Final = datetime.min.replace(tzinfo=UTC)
"""An instant at which nothing has expired yet."""


@dataclass(frozen=True, slots=True)
class Kind:
    """The permission that its own route requires, and the presenter of that route's fields."""

    permission: Permission
    facts: Facts


def _clinician(call: Call, clinician: Clinician) -> Mapping[str, object]:
    away = time_off.shower(call)(clinician)
    return {**clinicians.show(clinician), **hours.show(clinician), "time_off": away["ranges"]}


def _patient(call: Call, patient: Patient) -> Mapping[str, object]:
    return {**patient_shower(call.actor)(patient), **contacts.show_contacts(patient)}


def _consents(call: Call, aggregate: Consents) -> Mapping[str, object]:
    return {"patient_id": aggregate.patient_id, **consents.show_decisions([aggregate])}


KINDS: Final[Mapping[type[Aggregate], Kind]] = {
    Practice: Kind(Permission.READ_PRACTICE, lambda _, aggregate: practice.show(aggregate)),
    ApiKey: Kind(Permission.MANAGE_KEYS, lambda _, aggregate: api_keys.show(aggregate)),
    WebhookEndpoint: Kind(Permission.MANAGE_WEBHOOKS, lambda _, aggregate: webhook_schemas.show(aggregate)),
    Location: Kind(Permission.READ_PRACTICE, lambda _, aggregate: locations.show(aggregate)),
    Resource: Kind(Permission.READ_PRACTICE, lambda _, aggregate: resources.show(aggregate)),
    Clinician: Kind(Permission.READ_PRACTICE, _clinician),
    Service: Kind(Permission.READ_PRACTICE, lambda _, aggregate: services.show(aggregate)),
    DataImport: Kind(Permission.READ_PATIENTS, lambda call, aggregate: imports.shower(call)(aggregate)),
    Patient: Kind(Permission.READ_PATIENTS, _patient),
    Consents: Kind(Permission.READ_PATIENTS, _consents),
    Appointment: Kind(Permission.READ_VISITS, showing.show_facts),
    Series: Kind(Permission.READ_VISITS, lambda _, aggregate: series_showing.show_facts(aggregate)),
    Hold: Kind(Permission.READ_VISITS, lambda call, aggregate: holds.shower(call, _BEFORE_ANY_END)(aggregate)),
    Feed: Kind(Permission.SHARE_CALENDARS, lambda _, aggregate: feeds.show(aggregate)),
    GroupSession: Kind(Permission.READ_VISITS, session_showing.show_facts),
    Course: Kind(Permission.READ_VISITS, lambda _, aggregate: course_showing.show_facts(aggregate)),
    WaitlistEntry: Kind(Permission.READ_VISITS, lambda _, aggregate: waitlist_showing.show_entry(aggregate)),
    Opening: Kind(
        Permission.READ_VISITS, lambda _, aggregate: waitlist_showing.show_opening_facts(aggregate, now=_BEFORE_ANY_END)
    ),
    Offer: Kind(Permission.READ_VISITS, lambda _, aggregate: waitlist_showing.offer_shower(_BEFORE_ANY_END)(aggregate)),
    BusyCalendar: Kind(Permission.READ_VISITS, lambda _, aggregate: busy_time.show(aggregate)),
}
"""A kind that is missing here fails tests/api/audit/test_diff.py."""


def word(kind: type[Aggregate]) -> str:
    """Return the name of a kind in answers: ``appointment``, ``api_key``."""
    return str(kind.TOPIC).rpartition(".")[2]
