"""A service: what can be booked, its duration, price, clinicians and required resources."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
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
        checked_price(self.price)
        total = self.total_minutes
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

    @property
    def total_minutes(self) -> int:
        """The length with the buffers."""
        return self.buffer_before_minutes + self.duration_minutes + self.buffer_after_minutes

    def of_clinician(self, own: ClinicianTerms) -> ServiceTerms:
        """Return the terms for a clinician.

        A step that is as long as the visit with its buffers becomes as long as the clinician's.
        """
        return replace(
            self,
            duration_minutes=own.duration_minutes or self.duration_minutes,
            price=own.price or self.price,
            step_minutes=None if self.step_minutes == self.total_minutes else self.step_minutes,
        )


@dataclass(frozen=True, slots=True)
class ClinicianTerms:
    """A length and a price of one clinician; None: as the service has it.

    Raises InvalidValueError: neither is set, an impossible length, or a negative price.
    """

    clinician_id: UUID
    duration_minutes: int | None = None
    price: Money | None = None

    def __post_init__(self) -> None:
        if self.duration_minutes is None and self.price is None:
            raise InvalidValueError("clinician_terms", "name the clinician's duration_minutes, price, or both")
        if self.duration_minutes is not None:
            checked_duration(self.duration_minutes)
        if self.price is not None:
            checked_price(self.price)


def checked_duration(minutes: int) -> int:
    """Return the length of a visit. Raises InvalidValueError: under a minute or over a day."""
    _within("duration_minutes", minutes, 1, MAX_DURATION_MINUTES)
    return minutes


def checked_price(price: Money) -> Money:
    """Return the price of a visit. Raises InvalidValueError: negative, or over the bound."""
    _within("price.amount_minor", price.amount_minor, 0, MAX_AMOUNT)
    return price


def _within(field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidValueError(field, f"{field} is at least {least} and at most {most}")


class TermsEvent(Aggregate.Event):
    """The fields of ServiceTerms, except ``active``.

    Clinicians who no longer give the service lose their terms.
    """

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
        own = aggregate.clinician_terms
        aggregate.clinician_terms = {id: own[id] for id in self.clinician_ids if id in own}


class Service(Aggregate):
    """``seats`` is the default number of seats of its group sessions.

    ``clinician_terms`` are those of clinicians who have terms of their own.
    """

    TOPIC = "practice.service"

    terms: ServiceTerms = field(init=False)
    limits: VisitLimits = NO_LIMITS
    seats: int | None = None
    clinician_terms: dict[UUID, ClinicianTerms] = field(default_factory=dict)

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

    class ClinicianTermsSet(Aggregate.Event):
        """Replaces all clinicians' terms; the lists have one element for each clinician."""

        TOPIC = "practice.service.clinician_terms_set"
        clinician_ids: list[UUID]
        duration_minutes: list[int | None]
        price_amounts_minor: list[int | None]
        price_currencies: list[str | None]

        def apply(self, aggregate: Service) -> None:
            rows = zip(
                self.clinician_ids,
                self.duration_minutes,
                self.price_amounts_minor,
                self.price_currencies,
                strict=True,
            )
            aggregate.clinician_terms = {
                id: ClinicianTerms(id, minutes, None if amount is None or currency is None else Money(amount, currency))
                for id, minutes, amount, currency in rows
            }

    @classmethod
    def offer(cls, *, id: UUID, terms: ServiceTerms, at: datetime) -> Self:
        return cls._create(cls.Offered, id=id, timestamp=at, **terms.fields("active"))

    @property
    def active(self) -> bool:
        return self.terms.active

    def change(self, to: ServiceTerms, at: datetime) -> bool:
        """Change the terms; booked visits keep theirs.

        Raises InvalidValueError: a step that is too long for a clinician's visits.
        """
        for own in self.clinician_terms.values():
            to.of_clinician(own)
        return self.trigger_if(to != self.terms, self.Changed, **to.fields(), timestamp=at)

    def terms_of(self, clinician_id: UUID) -> ServiceTerms:
        """Return the terms on which a clinician gives the service."""
        own = self.clinician_terms.get(clinician_id)
        return self.terms if own is None else self.terms.of_clinician(own)

    def set_clinician_terms(self, to: Iterable[ClinicianTerms], at: datetime) -> bool:
        """Replace the terms of all clinicians; booked visits keep theirs.

        Raises InvalidValueError: a clinician twice, or who does not give the service; a step that
        is too long for a clinician's visits.
        """
        ordered = sorted(to, key=lambda own: own.clinician_id)
        terms = {own.clinician_id: own for own in ordered}
        if len(terms) < len(ordered):
            raise InvalidValueError("clinician_terms", "name each clinician once")
        if not terms.keys() <= set(self.terms.clinician_ids):
            raise InvalidValueError("clinician_terms", "name only clinicians who give the service: clinician_ids")
        for own in ordered:
            self.terms.of_clinician(own)
        return self.trigger_if(
            terms != self.clinician_terms,
            self.ClinicianTermsSet,
            clinician_ids=list(terms),
            duration_minutes=[own.duration_minutes for own in ordered],
            price_amounts_minor=[own.price.amount_minor if own.price else None for own in ordered],
            price_currencies=[own.price.currency if own.price else None for own in ordered],
            timestamp=at,
        )

    def set_limits(self, to: VisitLimits, at: datetime) -> bool:
        """Set the most visits of this service per clinician; booked visits stay."""
        return self.trigger_if(to != self.limits, self.LimitsSet, **to.fields(), timestamp=at)

    def set_seats(self, to: SeatsOffered, at: datetime) -> bool:
        """Set the default number of seats; planned sessions keep theirs."""
        return self.trigger_if(to.number != self.seats, self.SeatsSet, seats=to.number, timestamp=at)
