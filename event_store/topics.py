"""All aggregates of the log. A topic resolves only once its module was imported."""

from collections.abc import Iterator
from typing import Final

from eventsourcing.utils import resolve_topic

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

AGGREGATES: Final[tuple[type[Aggregate], ...]] = (
    Practice,
    ApiKey,
    WebhookEndpoint,
    Location,
    Resource,
    Clinician,
    Service,
    DataImport,
    Patient,
    Consents,
    Appointment,
    Series,
    Hold,
    Feed,
    GroupSession,
    Course,
    WaitlistEntry,
    Opening,
    Offer,
    BusyCalendar,
    HandOver,
)


def event_class(topic: str) -> type[Aggregate.Event]:
    """Return the event class of a topic. Raises TopicError: it is unknown."""
    found = resolve_topic(topic)
    if not (isinstance(found, type) and issubclass(found, Aggregate.Event)):
        raise TypeError(f"{topic} is not an event")
    return found


def event_classes() -> Iterator[type[Aggregate.Event]]:
    """Yield all event classes, in the order of their declaration."""
    for aggregate in AGGREGATES:
        for member in vars(aggregate).values():
            if isinstance(member, type) and issubclass(member, Aggregate.Event) and hasattr(member, "TOPIC"):
                yield member
