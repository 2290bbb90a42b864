"""Every kind of thing that a log tells of: who may read it, and what its own events say of it.

What a thing is shown beside follows from other things or from the clock, and is no part of it here: the alerts of its patient,
the clocks of its location, the visits of a series, the second at which a hold ends.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from api.calls import Call
from api.patients import consents, contacts, imports
from api.patients.showing import shower as patient_shower
from api.practice import (
    api_keys,
    clinicians,
    hours,
    locations,
    practice,
    resources,
    services,
    time_off,
    webhook_schemas,
)
from api.scheduling import (
    busy_time,
    course_showing,
    feeds,
    holds,
    series_showing,
    session_showing,
    showing,
    waitlist_showing,
)
from application.permissions import Action
from domain.aggregate import Aggregate
from domain.patients.consents import Consents
from domain.patients.patient import Patient
from domain.practice.api_key import ApiKey
from domain.practice.clinician import Clinician
from domain.practice.data_import import DataImport
from domain.practice.location import Location
from domain.practice.practice import Practice
from domain.practice.resource import Resource
from domain.practice.service import Service
from domain.practice.webhook_endpoint import WebhookEndpoint
from domain.scheduling.appointment import Appointment
from domain.scheduling.busy_calendar import BusyCalendar
from domain.scheduling.course import Course
from domain.scheduling.feed import Feed
from domain.scheduling.hold import Hold
from domain.scheduling.offer import Offer
from domain.scheduling.opening import Opening
from domain.scheduling.series import Series
from domain.scheduling.session import Session
from domain.scheduling.waitlist_entry import WaitlistEntry

Facts: TypeAlias = Callable[[Call, Any], Mapping[str, object]]

_BEFORE_ANY_END: Final = datetime.min.replace(tzinfo=UTC)
"""Then nothing has ended by the clock: only what was recorded counts."""


@dataclass(frozen=True, slots=True)
class Kind:
    """``action`` is what its own route asks for; ``facts`` shows it to a caller who may, in the names of that route."""

    action: Action
    facts: Facts


def _clinician(call: Call, clinician: Clinician) -> Mapping[str, object]:
    away = time_off.shower(call)(clinician)
    return {**clinicians.show(clinician), **hours.show(clinician), "time_off": away["ranges"]}


def _patient(call: Call, patient: Patient) -> Mapping[str, object]:
    return {**patient_shower(call.actor)(patient), **contacts.show_contacts(patient)}


def _consents(call: Call, kept: Consents) -> Mapping[str, object]:
    return {"patient_id": kept.patient_id, **consents.show_decisions([kept])}


KINDS: Final[Mapping[type[Aggregate], Kind]] = {
    Practice: Kind(Action.READ_PRACTICE, lambda _, thing: practice.show(thing)),
    ApiKey: Kind(Action.MANAGE_KEYS, lambda _, thing: api_keys.show(thing)),
    WebhookEndpoint: Kind(Action.MANAGE_WEBHOOKS, lambda _, thing: webhook_schemas.show(thing)),
    Location: Kind(Action.READ_PRACTICE, lambda _, thing: locations.show(thing)),
    Resource: Kind(Action.READ_PRACTICE, lambda _, thing: resources.show(thing)),
    Clinician: Kind(Action.READ_PRACTICE, _clinician),
    Service: Kind(Action.READ_PRACTICE, lambda _, thing: services.show(thing)),
    DataImport: Kind(Action.READ_PATIENTS, lambda call, thing: imports.shower(call)(thing)),
    Patient: Kind(Action.READ_PATIENTS, _patient),
    Consents: Kind(Action.READ_PATIENTS, _consents),
    Appointment: Kind(Action.READ_VISITS, showing.show_facts),
    Series: Kind(Action.READ_VISITS, lambda _, thing: series_showing.show_facts(thing)),
    Hold: Kind(Action.READ_VISITS, lambda call, thing: holds.shower(call, _BEFORE_ANY_END)(thing)),
    Feed: Kind(Action.SHARE_CALENDARS, lambda _, thing: feeds.show(thing)),
    Session: Kind(Action.READ_VISITS, session_showing.show_facts),
    Course: Kind(Action.READ_VISITS, lambda _, thing: course_showing.show_facts(thing)),
    WaitlistEntry: Kind(Action.READ_VISITS, lambda _, thing: waitlist_showing.show_entry(thing)),
    Opening: Kind(Action.READ_VISITS, lambda _, thing: waitlist_showing.show_opening_facts(thing, now=_BEFORE_ANY_END)),
    Offer: Kind(Action.READ_VISITS, lambda _, thing: waitlist_showing.offer_shower(_BEFORE_ANY_END)(thing)),
    BusyCalendar: Kind(Action.READ_VISITS, lambda _, thing: busy_time.show(thing)),
}
"""A kind that is missing here fails tests/api/test_diff.py."""


def word(kind: type[Aggregate]) -> str:
    """Return how answers name a kind: ``appointment``, ``api_key``."""
    return str(kind.TOPIC).rpartition(".")[2]  # type: ignore[attr-defined]  # set by hand on each aggregate
