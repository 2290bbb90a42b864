"""The kinds of aggregates: the permission to read one, and the fields of its own events.

Fields that depend on other aggregates or on the clock are left out: the alerts of a patient, the
local times of a location, the visits of a series, the end of a hold.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from api.access.presenters import present_api_key
from api.http.calls import Call
from api.importing.presenters import present_import
from api.patients.presenters import present_contacts, present_decisions, present_patient
from api.practice.presenters import (
    present_clinician,
    present_hours,
    present_out_of_service,
    present_service,
    present_time_off,
)
from api.practice.schemas import LocationShown, PracticeShown, ResourceShown
from api.scheduling.appointments.presenters import present_appointment_facts, present_hold
from api.scheduling.calendars.presenters import present_busy_calendar, present_feed
from api.scheduling.courses import presenters as courses
from api.scheduling.hand_overs.presenters import present_hand_over
from api.scheduling.series import presenters as series
from api.scheduling.sessions import presenters as sessions
from api.waitlist.presenters import present_entry, present_offer, present_opening
from api.webhooks.presenters import present_endpoint
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
from domain.scheduling.hand_over import HandOver
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
    time_off = present_time_off(call, clinician)
    return {**present_clinician(clinician), **present_hours(clinician), "time_off": time_off["ranges"]}


def _resource(call: Call, resource: Resource) -> Mapping[str, object]:
    return {**ResourceShown.present(resource), "out_of_service": present_out_of_service(resource)["ranges"]}


def _patient(call: Call, patient: Patient) -> Mapping[str, object]:
    return {**present_patient(call, patient), **present_contacts(patient)}


def _consents(call: Call, kept: Consents) -> Mapping[str, object]:
    return {"patient_id": kept.patient_id, **present_decisions([kept])}


KINDS: Final[Mapping[type[Aggregate], Kind]] = {
    Practice: Kind(Permission.READ_PRACTICE, lambda _, aggregate: PracticeShown.present(aggregate)),
    ApiKey: Kind(Permission.MANAGE_KEYS, lambda _, aggregate: present_api_key(aggregate)),
    WebhookEndpoint: Kind(Permission.MANAGE_WEBHOOKS, lambda _, aggregate: present_endpoint(aggregate)),
    Location: Kind(Permission.READ_PRACTICE, lambda _, aggregate: LocationShown.present(aggregate)),
    Resource: Kind(Permission.READ_PRACTICE, _resource),
    Clinician: Kind(Permission.READ_PRACTICE, _clinician),
    Service: Kind(Permission.READ_PRACTICE, lambda _, aggregate: present_service(aggregate)),
    DataImport: Kind(Permission.READ_PATIENTS, present_import),
    Patient: Kind(Permission.READ_PATIENTS, _patient),
    Consents: Kind(Permission.READ_PATIENTS, _consents),
    Appointment: Kind(Permission.READ_VISITS, present_appointment_facts),
    Series: Kind(Permission.READ_VISITS, lambda _, aggregate: series.present_facts(aggregate)),
    Hold: Kind(Permission.READ_VISITS, lambda _, aggregate: present_hold(aggregate, now=_BEFORE_ANY_END)),
    Feed: Kind(Permission.SHARE_CALENDARS, lambda _, aggregate: present_feed(aggregate)),
    GroupSession: Kind(Permission.READ_VISITS, sessions.present_facts),
    Course: Kind(Permission.READ_VISITS, lambda _, aggregate: courses.present_facts(aggregate)),
    WaitlistEntry: Kind(Permission.READ_VISITS, lambda _, aggregate: present_entry(aggregate)),
    Opening: Kind(Permission.READ_VISITS, lambda _, aggregate: present_opening(aggregate, now=_BEFORE_ANY_END)),
    Offer: Kind(Permission.READ_VISITS, lambda _, aggregate: present_offer(aggregate, now=_BEFORE_ANY_END)),
    BusyCalendar: Kind(Permission.READ_VISITS, lambda _, aggregate: present_busy_calendar(aggregate)),
    HandOver: Kind(Permission.READ_VISITS, lambda _, aggregate: present_hand_over(aggregate)),
}
"""A kind that is missing here fails tests/api/audit/test_diff.py."""


def word(kind: type[Aggregate]) -> str:
    """Return the name of a kind in answers: ``appointment``, ``api_key``."""
    return str(kind.TOPIC).rpartition(".")[2]
