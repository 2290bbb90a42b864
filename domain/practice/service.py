"""A service: what can be booked, its duration, price, clinicians and required resources."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.kernel.money import MAX_AMOUNT, Money
from domain.kernel.text import clean_text
from domain.kernel.value import Value
from domain.practice.resource import checked_kind
from domain.practice.seats import SeatsOffered
from domain.practice.visit_limits import NO_LIMITS, LimitsFields, VisitLimits

MAX_DURATION_MINUTES: Final = 1440
"""A day: the longest visit."""
MAX_NOTICE_MINUTES: Final = 525_600
"""A year."""


class Mode(StrEnum):
    IN_PERSON = "in_person"
    VIRTUAL = "virtual"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTerms(Value):
    """The terms of a service; the name is cleaned, ids and kinds are sorted.

    ``step_minutes`` is the distance between two starts on the grid; None becomes duration +
    buffers. ``requires`` lists kinds of resource; a kind listed twice is needed twice. A
    cancellation less than ``cancellation_notice_minutes`` before the start is late; None: never.
    Raises InvalidValueError: duration outside 1..1440 minutes, a buffer outside 0..480, step
    outside 1..1440 (2400 by default), a notice outside 0..525600, horizon outside 1..1095 days, a
    negative price, an unknown kind, more than 20 kinds or 500 clinicians.
    """

    name: str
    duration_minutes: int
    price: Money
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    step_minutes: int | None = None
    minimum_notice_minutes: int = 0
    horizon_days: int = 365
    mode: Mode = Mode.IN_PERSON
    clinician_ids: tuple[UUID, ...] = ()
    requires: tuple[str, ...] = ()
    cancellation_notice_minutes: int | None = None
    active: bool = True

    def __post_init__(self) -> None:
        checked_duration(self.duration_minutes)
        _within("buffer_before_minutes", self.buffer_before_minutes, 0, 480)
        _within("buffer_after_minutes", self.buffer_after_minutes, 0, 480)
        _within("minimum_notice_minutes", self.minimum_notice_minutes, 0, MAX_NOTICE_MINUTES)
        _within("cancellation_notice_minutes", self.cancellation_notice_minutes or 0, 0, MAX_NOTICE_MINUTES)
        _within("horizon_days", self.horizon_days, 1, 1095)
        _within("price.amount_minor", self.price.amount_minor, 0, MAX_AMOUNT)
        total = self.buffer_before_minutes + self.duration_minutes + self.buffer_after_minutes
        # The default may exceed a day, and must stay valid when the terms are read back.
        _within("step_minutes", total if self.step_minutes is None else self.step_minutes, 1, max(1440, total))
        _within("requires", len(self.requires), 0, 20)
        _within("clinician_ids", len(self.clinician_ids), 0, 500)
        object.__setattr__(self, "name", clean_text("name", self.name, 200))
        object.__setattr__(self, "step_minutes", self.step_minutes or total)
        if self.mode not in Mode.__members__.values():
            raise InvalidValueError("mode", "a service is in_person or virtual")
        object.__setattr__(self, "mode", Mode(self.mode))
        object.__setattr__(self, "clinician_ids", tuple(sorted(set(self.clinician_ids))))
        object.__setattr__(self, "requires", tuple(sorted(checked_kind("requires", kind) for kind in self.requires)))

    @property
    def grid_minutes(self) -> int:
        """The distance between two starts, with the default filled in."""
        return self.step_minutes or 0


def checked_duration(minutes: int) -> int:
    """Return the length of a visit. Raises InvalidValueError: under a minute or over a day."""
    _within("duration_minutes", minutes, 1, MAX_DURATION_MINUTES)
    return minutes


def _within(field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidValueError(field, f"{field} is at least {least} and at most {most}")


class TermsEvent(Aggregate.Event):
    """The fields of ServiceTerms, except ``active``."""

    name: str
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    step_minutes: int
    minimum_notice_minutes: int
    horizon_days: int
    price_amount_minor: int
    price_currency: str
    mode: str
    clinician_ids: list[UUID]
    requires: list[str]
    cancellation_notice_minutes: int | None = field(default=None, kw_only=True)

    def apply(self, aggregate: Service) -> None:
        aggregate.terms = ServiceTerms.of(self)


class Service(Aggregate):
    """``seats`` is the default number of seats of its group sessions."""

    TOPIC = "practice.service"

    terms: ServiceTerms = field(init=False)
    limits: VisitLimits = NO_LIMITS
    seats: int | None = None

    class Offered(TermsEvent, InitialEvent):
        TOPIC = "practice.service.offered"
        SCHEMA_VERSION = 2

    class Changed(TermsEvent):
        TOPIC = "practice.service.changed"
        SCHEMA_VERSION = 2
        active: bool

    class LimitsSet(LimitsFields):
        TOPIC = "practice.service.limits_set"

        def apply(self, aggregate: Service) -> None:
            aggregate.limits = VisitLimits.of(self)

    class SeatsSet(Aggregate.Event):
        TOPIC = "practice.service.seats_set"
        seats: int | None

        def apply(self, aggregate: Service) -> None:
            aggregate.seats = self.seats

    @classmethod
    def offer(cls, *, id: UUID, terms: ServiceTerms, at: datetime) -> Self:
        return cls._create(cls.Offered, id=id, timestamp=at, **terms.fields("active"))

    @property
    def active(self) -> bool:
        return self.terms.active

    def change(self, to: ServiceTerms, at: datetime) -> bool:
        """Change the terms; booked visits keep theirs."""
        return self.trigger_if(to != self.terms, self.Changed, **to.fields(), timestamp=at)

    def set_limits(self, to: VisitLimits, at: datetime) -> bool:
        """Set the most visits of this service per clinician; booked visits stay."""
        return self.trigger_if(to != self.limits, self.LimitsSet, **to.fields(), timestamp=at)

    def set_seats(self, to: SeatsOffered, at: datetime) -> bool:
        """Set the default number of seats; planned sessions keep theirs."""
        return self.trigger_if(to.number != self.seats, self.SeatsSet, seats=to.number, timestamp=at)
