"""A service: what can be booked, for how long, at what price, with whom, and what it needs."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self, TypedDict
from uuid import UUID

from eventsourcing.domain import event

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.kernel.money import MAX_AMOUNT, Money
from domain.kernel.text import clean_text
from domain.practice.resource import checked_kind
from domain.practice.seats import SeatsOffered
from domain.practice.visit_limits import VisitLimits


class Mode(StrEnum):
    IN_PERSON = "in_person"
    VIRTUAL = "virtual"


class ServiceFields(TypedDict):
    """The terms as an event holds them, without ``active``."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTerms:
    """Everything that a service promises; the name is cleaned, ids and kinds are put in order.

    ``step_minutes`` is the distance between two starts that may be offered; ``None`` becomes duration + buffers.
    ``requires`` lists kinds of resource; a kind that stands there twice is needed twice.
    Raises InvalidValueError: duration outside 1..1440 minutes, a buffer outside 0..480, step outside 1..1440 (2400 by default),
    notice outside 0..525600, horizon outside 1..1095 days, a negative price, an unknown kind, more than 20 kinds or 500 clinicians.
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
    active: bool = True

    def __post_init__(self) -> None:
        _within("duration_minutes", self.duration_minutes, 1, 1440)
        _within("buffer_before_minutes", self.buffer_before_minutes, 0, 480)
        _within("buffer_after_minutes", self.buffer_after_minutes, 0, 480)
        _within("minimum_notice_minutes", self.minimum_notice_minutes, 0, 525_600)
        _within("horizon_days", self.horizon_days, 1, 1095)
        _within("price.amount_minor", self.price.amount_minor, 0, MAX_AMOUNT)
        total = self.buffer_before_minutes + self.duration_minutes + self.buffer_after_minutes
        # A default longer than a day is legal once, and must stay so when the terms are read back.
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

    @classmethod
    def of(cls, fields: ServiceFields, active: bool) -> Self:
        return cls(
            name=fields["name"],
            duration_minutes=fields["duration_minutes"],
            price=Money(fields["price_amount_minor"], fields["price_currency"]),
            buffer_before_minutes=fields["buffer_before_minutes"],
            buffer_after_minutes=fields["buffer_after_minutes"],
            step_minutes=fields["step_minutes"],
            minimum_notice_minutes=fields["minimum_notice_minutes"],
            horizon_days=fields["horizon_days"],
            mode=Mode(fields["mode"]),
            clinician_ids=tuple(fields["clinician_ids"]),
            requires=tuple(fields["requires"]),
            active=active,
        )

    def fields(self) -> ServiceFields:
        return {
            "name": self.name,
            "duration_minutes": self.duration_minutes,
            "buffer_before_minutes": self.buffer_before_minutes,
            "buffer_after_minutes": self.buffer_after_minutes,
            "step_minutes": self.step_minutes or 0,
            "minimum_notice_minutes": self.minimum_notice_minutes,
            "horizon_days": self.horizon_days,
            "price_amount_minor": self.price.amount_minor,
            "price_currency": self.price.currency,
            "mode": self.mode.value,
            "clinician_ids": list(self.clinician_ids),
            "requires": list(self.requires),
        }


def _within(field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidValueError(field, f"{field} is at least {least} and at most {most}")


class Service(Aggregate):
    """``fields`` are the terms as the last event gave them; ``terms`` is the same as a value."""

    TOPIC = "practice.service"

    class Offered(InitialEvent):
        TOPIC = "practice.service.offered"
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

    class Changed(Aggregate.Event):
        TOPIC = "practice.service.changed"
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
        active: bool

        def apply(self, aggregate: Any) -> None:
            aggregate.fields = {name: getattr(self, name) for name in ServiceFields.__annotations__}
            aggregate.active = self.active

    class LimitsSet(Aggregate.Event):
        TOPIC = "practice.service.limits_set"
        per_day: int | None
        per_week: int | None

    class SeatsSet(Aggregate.Event):
        TOPIC = "practice.service.seats_set"
        seats: int | None

    @classmethod
    def offer(cls, *, id: UUID, terms: ServiceTerms, at: datetime) -> Self:
        return cls._create(cls.Offered, id=id, timestamp=at, **terms.fields())

    @event(Offered)
    def __init__(
        self,
        name: str,
        duration_minutes: int,
        buffer_before_minutes: int,
        buffer_after_minutes: int,
        step_minutes: int,
        minimum_notice_minutes: int,
        horizon_days: int,
        price_amount_minor: int,
        price_currency: str,
        mode: str,
        clinician_ids: list[UUID],
        requires: list[str],
        timestamp: datetime,
    ) -> None:
        self.fields: ServiceFields = {
            "name": name,
            "duration_minutes": duration_minutes,
            "buffer_before_minutes": buffer_before_minutes,
            "buffer_after_minutes": buffer_after_minutes,
            "step_minutes": step_minutes,
            "minimum_notice_minutes": minimum_notice_minutes,
            "horizon_days": horizon_days,
            "price_amount_minor": price_amount_minor,
            "price_currency": price_currency,
            "mode": mode,
            "clinician_ids": clinician_ids,
            "requires": requires,
        }
        self.active = True
        self.limit_per_day: int | None = None
        self.limit_per_week: int | None = None
        self.seats: int | None = None

    @property
    def terms(self) -> ServiceTerms:
        return ServiceTerms.of(self.fields, self.active)

    def change(self, to: ServiceTerms, at: datetime) -> bool:
        """Return whether anything was recorded: the same terms again record nothing. Visits already booked keep theirs."""
        if to == self.terms:
            return False
        self.trigger_event(self.Changed, **to.fields(), active=to.active, timestamp=at)
        return True

    @property
    def limits(self) -> VisitLimits:
        """How many visits of this service each clinician gives at most."""
        return VisitLimits(self.limit_per_day, self.limit_per_week)

    def set_limits(self, to: VisitLimits, at: datetime) -> bool:
        """Return whether anything was recorded. Visits that are booked stay."""
        if to == self.limits:
            return False
        self._limits_set(per_day=to.per_day, per_week=to.per_week, timestamp=at)
        return True

    @event(LimitsSet)
    def _limits_set(self, per_day: int | None, per_week: int | None, timestamp: datetime) -> None:
        self.limit_per_day, self.limit_per_week = per_day, per_week

    def set_seats(self, to: SeatsOffered, at: datetime) -> bool:
        """Return whether anything was recorded. Sessions that are planned keep theirs."""
        if to.number == self.seats:
            return False
        self._seats_set(seats=to.number, timestamp=at)
        return True

    @event(SeatsSet)
    def _seats_set(self, seats: int | None, timestamp: datetime) -> None:
        self.seats = seats
