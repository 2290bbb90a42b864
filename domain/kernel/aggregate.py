"""The base of our aggregates: explicit ids, explicit times, hand-set topics."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from eventsourcing.domain import AggregateCreated, AggregateEvent, BaseAggregate, Snapshot


class MissingTimestampError(TypeError):
    """An event was triggered without its effective time; pass ``timestamp=``."""


class Aggregate(BaseAggregate[UUID]):
    """A thing of a practice whose state is a fold over its events.

    A public method checks, then calls a private ``@event`` method that assigns: the body of the latter runs again on each replay.
    New things are made with ``id=`` and ``timestamp=``; both come from the caller.
    """

    TOPIC: ClassVar[str]
    """``context.aggregate``, set by hand and never changed: the name of the stream's type."""
    Snapshot = Snapshot

    class Event(AggregateEvent):
        """A fact. ``timestamp`` is when it took effect, given by the caller, never read from the process's clock."""

        SCHEMA_VERSION: ClassVar[int] = 1
        """The version of the event's stored form; raised together with an upcaster in event_store/append/upcasting.py."""
        SUBJECT: ClassVar[str | None] = None
        """The field that holds the id of the person under whose key the event's personal fields are sealed."""

        @staticmethod
        def create_timestamp() -> datetime:
            raise MissingTimestampError


class InitialEvent(Aggregate.Event, AggregateCreated):
    """The fact that brings a thing into being; ``class Booked(InitialEvent)`` inside its aggregate."""
