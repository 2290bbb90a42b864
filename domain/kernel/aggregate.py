"""The base class of aggregates: explicit ids, explicit times, topics set by hand."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from eventsourcing.domain import AggregateCreated, AggregateEvent, BaseAggregate, Snapshot


class MissingTimestampError(TypeError):
    """An event was triggered without its effective time; pass ``timestamp=``."""


class Aggregate(BaseAggregate[UUID]):
    """A consistency boundary whose state is folded from its events.

    Public methods check the rules and trigger events. An event's ``apply`` assigns state and checks
    nothing, because it runs again on every replay. The library turns subclasses into dataclasses:
    annotations on the class declare its state, and fields without a default come first. New
    aggregates get ``id=`` and ``timestamp=`` from the caller. A public method that returns a bool
    returns whether it triggered an event; a change to an equal value triggers none.
    """

    TOPIC: ClassVar[str]
    """``context.aggregate``, set by hand and never changed; the type of the stream."""
    Snapshot = Snapshot

    class Event(AggregateEvent):
        """A state change. ``timestamp`` is its effective time, passed by the caller."""

        SCHEMA_VERSION: ClassVar[int] = 1
        """Version of the stored form; raise it with an upcaster in upcasting.py."""
        SUBJECT: ClassVar[str | None] = None
        """The field with the id of the person whose key seals the event's personal fields."""

        @staticmethod
        def create_timestamp() -> datetime:
            raise MissingTimestampError

    def trigger_if(self, is_change: bool, event_class: type[Event], **fields: Any) -> bool:
        """Trigger the event if something changes, and return whether it does."""
        if is_change:
            self.trigger_event(event_class, **fields)
        return is_change


class InitialEvent(Aggregate.Event, AggregateCreated):
    """The event that creates an aggregate: ``class Booked(InitialEvent)``.

    Its fields initialise the aggregate's fields of the same names; the aggregate's other fields
    take their defaults, or are declared ``field(init=False)`` and assigned by ``apply``.
    """


def fold(events: Iterable[Aggregate.Event]) -> Aggregate | None:
    """Return the aggregate as the events of its stream left it; None without events."""
    aggregate: Aggregate | None = None
    for event in events:
        aggregate = event.mutate(aggregate)
    return aggregate
