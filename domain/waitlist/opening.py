"""An opening: a freed time, with the history of its offers and of the entries passed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.time_range import TimeRange
from domain.scheduling.time_claim import TimeClaim
from domain.waitlist.offered_time import OfferedTime, PassedOver, Round


class OpeningStatus(StrEnum):
    """open -> offered -> open | filled | closed."""

    OPEN = "open"
    OFFERED = "offered"
    FILLED = "filled"
    CLOSED = "closed"


class Cause(StrEnum):
    """Why the opening exists: a booking released the time, or staff offer a free time manually."""

    GIVEN_UP = "given_up"
    BY_HAND = "by_hand"


class Opening(Aggregate):
    """The opening claims the time, not the offer, because several offers may share it."""

    TOPIC = "scheduling.opening"

    clinician_id: UUID
    starts_at: datetime
    ends_at: datetime
    cause: str
    freed_by: UUID | None
    rounds: tuple[Round, ...] = ()
    filled_by: UUID | None = None
    appointment_id: UUID | None = None
    closed_because: str | None = None
    closed_as_of: int | None = None
    left_over: tuple[PassedOver, ...] = ()

    class Opened(InitialEvent):
        """``freed_by`` is the appointment, session or hold whose event released the time."""

        TOPIC = "scheduling.opening.opened"
        clinician_id: UUID
        starts_at: datetime
        ends_at: datetime
        cause: str
        freed_by: UUID | None
        freed_by_version: int | None

    class Offered(Aggregate.Event):
        """``passed_over`` are the entries before the chosen ones, ``passed_because`` the reasons.

        ``as_of`` is the position of the log at which the wait list was read.
        """

        TOPIC = "scheduling.opening.offered"
        offer_ids: list[UUID]
        entry_ids: list[UUID]
        service_id: UUID
        location_id: UUID
        resource_ids: list[UUID]
        starts_at: datetime
        ends_at: datetime
        buffer_before_minutes: int
        buffer_after_minutes: int
        expires_at: datetime
        as_of: int
        passed_over: list[UUID]
        passed_because: list[str]

        def apply(self, aggregate: Opening) -> None:
            time = OfferedTime(
                opening_id=self.originator_id,
                service_id=self.service_id,
                clinician_id=aggregate.clinician_id,
                location_id=self.location_id,
                resource_ids=tuple(self.resource_ids),
                starts_at=self.starts_at,
                ends_at=self.ends_at,
                buffer_before_minutes=self.buffer_before_minutes,
                buffer_after_minutes=self.buffer_after_minutes,
                expires_at=self.expires_at,
            )
            offers = dict(zip(self.offer_ids, self.entry_ids, strict=True))
            passed = _passed(self.passed_over, self.passed_because)
            aggregate.rounds = (*aggregate.rounds, Round(time, self.timestamp, offers, {}, self.as_of, passed))

    class Ended(Aggregate.Event):
        """An offer of the last round was declined or withdrawn."""

        TOPIC = "scheduling.opening.offer_ended"
        offer_id: UUID
        how: str

        def apply(self, aggregate: Opening) -> None:
            *earlier, last = aggregate.rounds
            aggregate.rounds = (*earlier, replace(last, ended={**last.ended, self.offer_id: self.how}))

    class Filled(Aggregate.Event):
        TOPIC = "scheduling.opening.filled"
        offer_id: UUID
        appointment_id: UUID

        def apply(self, aggregate: Opening) -> None:
            aggregate.filled_by, aggregate.appointment_id = self.offer_id, self.appointment_id

    class Closed(Aggregate.Event):
        """Offering ended; ``passed_over`` are all other waiting entries, with the reasons."""

        TOPIC = "scheduling.opening.closed"
        because: str
        as_of: int
        passed_over: list[UUID]
        passed_because: list[str]

        def apply(self, aggregate: Opening) -> None:
            aggregate.closed_because, aggregate.closed_as_of = self.because, self.as_of
            aggregate.left_over = _passed(self.passed_over, self.passed_because)

    @classmethod
    def open(
        cls, *, id: UUID, clinician_id: UUID, during: TimeRange, at: datetime, freed_by: tuple[UUID, int] | None = None
    ) -> Self:
        """``freed_by`` is the id and version that released the time; None for a manual opening."""
        return cls._create(
            cls.Opened,
            id=id,
            timestamp=at,
            clinician_id=clinician_id,
            starts_at=during.starts_at,
            ends_at=during.ends_at,
            cause=(Cause.GIVEN_UP if freed_by else Cause.BY_HAND).value,
            freed_by=freed_by[0] if freed_by else None,
            freed_by_version=freed_by[1] if freed_by else None,
        )

    @property
    def during(self) -> TimeRange:
        return TimeRange(self.starts_at, self.ends_at)

    def status_at(self, now: datetime) -> OpeningStatus:
        if self.filled_by is not None:
            return OpeningStatus.FILLED
        if self.closed_because is not None:
            return OpeningStatus.CLOSED
        if self.rounds and self.rounds[-1].is_open(now):
            return OpeningStatus.OFFERED
        # A manual opening is offered only once.
        return OpeningStatus.CLOSED if self.cause == Cause.BY_HAND and self.rounds else OpeningStatus.OPEN

    def was_offered(self, entry_id: UUID) -> bool:
        return any(entry_id in each.offers.values() for each in self.rounds)

    def claims(self) -> list[TimeClaim]:
        """Return the offered time's claims; none if it is filled or closed, or no offer is open."""
        if self.filled_by is not None or self.closed_because is not None or not self.rounds:
            return []
        last = self.rounds[-1]
        return list(last.time.claims()) if len(last.ended) < len(last.offers) else []

    def others(self, offer_id: UUID) -> list[UUID]:
        """Return the other offers of the last round that have not ended."""
        last = self.rounds[-1]
        return [id for id in last.offers if id != offer_id and id not in last.ended]

    def offer(
        self, time: OfferedTime, offers: dict[UUID, UUID], as_of: int, passed_over: Sequence[PassedOver], at: datetime
    ) -> None:
        """Record that a time was offered; ``offers`` maps offer to entry."""
        self.trigger_event(
            self.Offered,
            offer_ids=list(offers),
            entry_ids=list(offers.values()),
            **time.fields("opening_id", "clinician_id"),
            as_of=as_of,
            **_passed_fields(passed_over),
            timestamp=at,
        )

    def end(self, offer_id: UUID, how: str, at: datetime) -> None:
        """Record that an offer was declined or withdrawn."""
        self.trigger_event(self.Ended, offer_id=offer_id, how=how, timestamp=at)

    def fill(self, offer_id: UUID, appointment_id: UUID, at: datetime) -> None:
        self.trigger_event(self.Filled, offer_id=offer_id, appointment_id=appointment_id, timestamp=at)

    def close(self, because: str, as_of: int, passed_over: Sequence[PassedOver], at: datetime) -> None:
        self.trigger_event(self.Closed, because=because, as_of=as_of, **_passed_fields(passed_over), timestamp=at)


def _passed_fields(passed_over: Sequence[PassedOver]) -> dict[str, object]:
    return {
        "passed_over": [each.entry_id for each in passed_over],
        "passed_because": [each.because for each in passed_over],
    }


def _passed(entry_ids: Sequence[UUID], because: Sequence[str]) -> tuple[PassedOver, ...]:
    return tuple(PassedOver(*each) for each in zip(entry_ids, because, strict=True))
