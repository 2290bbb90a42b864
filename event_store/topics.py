"""Every aggregate whose events may lie in a log. A topic resolves only once its module was imported: this one imports them all."""

from collections.abc import Iterator
from typing import Final

from eventsourcing.utils import resolve_topic

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
    Session,
    Course,
    WaitlistEntry,
    Opening,
    Offer,
    BusyCalendar,
)


def event_class(topic: str) -> type[Aggregate.Event]:
    """Return the class of a topic's events. Raises TopicError: this version of the program knows no such topic."""
    found = resolve_topic(topic)
    if not (isinstance(found, type) and issubclass(found, Aggregate.Event)):
        raise TypeError(f"{topic} is not an event")
    return found


def event_classes() -> Iterator[type[Aggregate.Event]]:
    """Yield every class of event, in the order in which its aggregate declares it."""
    for aggregate in AGGREGATES:
        for member in vars(aggregate).values():
            if isinstance(member, type) and issubclass(member, Aggregate.Event) and hasattr(member, "TOPIC"):
                yield member
