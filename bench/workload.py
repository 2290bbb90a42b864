"""The appended events: visits with sealed reasons, and claims on a clinician and a room."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import ClassVar, cast
from uuid import UUID

from uuid_utils.compat import uuid7

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.personal_data import Personal
from domain.kernel.time_range import TimeRange
from domain.scheduling.time_claim import TimeClaim
from event_store.append.event_mapper import EventMapper, MappedEvent
from event_store.keys.key_ring import KeyRing

_FIRST_DAY = datetime(2030, 1, 7, 8, tzinfo=UTC)
_MINUTES = 30


class Visit(Aggregate):
    """A visit with the fields of a booked appointment and a sealed reason."""

    TOPIC = "bench.visit"

    class Requested(InitialEvent):
        TOPIC = "bench.visit.requested"
        SUBJECT = "patient_id"
        patient_id: UUID
        service_id: UUID
        clinician_id: UUID
        location_id: UUID
        resource_ids: list[UUID]
        starts_at: datetime
        ends_at: datetime
        buffer_before_minutes: int
        buffer_after_minutes: int
        mode: str
        price_amount_minor: int
        price_currency: str
        reason: Personal[str]

    class OpenlyRequested(InitialEvent):
        """The same event with the reason in clear, which the product never stores."""

        TOPIC = "bench.visit.openly_requested"
        patient_id: UUID
        service_id: UUID
        clinician_id: UUID
        location_id: UUID
        resource_ids: list[UUID]
        starts_at: datetime
        ends_at: datetime
        buffer_before_minutes: int
        buffer_after_minutes: int
        mode: str
        price_amount_minor: int
        price_currency: str
        reason: str

    class Annotated(Aggregate.Event):
        TOPIC = "bench.visit.annotated"
        SUBJECT = "patient_id"
        patient_id: UUID
        note: Personal[str]


@dataclass
class BusyPractice:
    """Creates visits that never collide: each takes a clinician's next free half hour."""

    tenant_id: UUID
    mapper: EventMapper
    patients: list[UUID]
    service_id: UUID = field(default_factory=uuid7)
    location_id: UUID = field(default_factory=uuid7)
    clinicians: list[UUID] = field(default_factory=lambda: [uuid7() for _ in range(4)])
    rooms: list[UUID] = field(default_factory=lambda: [uuid7() for _ in range(4)])
    numbers: "count[int]" = field(default_factory=count)
    REASON: ClassVar[str] = "Rückenschmerzen seit drei Wochen, כאבי גב"

    def visit(self, events: int, *, sealed: bool = True) -> tuple[list[Aggregate.Event], list[TimeClaim]]:
        """Return the events of a new visit, and its time claims."""
        number = next(self.numbers)
        lane = number % len(self.clinicians)
        starts_at = _FIRST_DAY + timedelta(minutes=_MINUTES * (number // len(self.clinicians)))
        during = TimeRange(starts_at, starts_at + timedelta(minutes=_MINUTES))
        visit_id, now = uuid7(), datetime.now(UTC)
        patient_id = self.patients[number % len(self.patients)]
        facts: list[Aggregate.Event] = [
            _fact(
                Visit.Requested if sealed else Visit.OpenlyRequested,
                originator_topic="bench.visit",
                originator_id=visit_id,
                originator_version=1,
                timestamp=now,
                patient_id=patient_id,
                service_id=self.service_id,
                clinician_id=self.clinicians[lane],
                location_id=self.location_id,
                resource_ids=[self.rooms[lane]],
                starts_at=during.starts_at,
                ends_at=during.ends_at,
                buffer_before_minutes=0,
                buffer_after_minutes=0,
                mode="in_person",
                price_amount_minor=8000,
                price_currency="EUR",
                reason=self.REASON,
            )
        ]
        facts += [
            _fact(
                Visit.Annotated,
                originator_id=visit_id,
                originator_version=version,
                timestamp=now,
                patient_id=patient_id,
                note=self.REASON,
            )
            for version in range(2, events + 1)
        ]
        claims = [TimeClaim(visit_id, what, during, during) for what in (self.clinicians[lane], self.rooms[lane])]
        return facts, claims

    def mapped(self, facts: Sequence[Aggregate.Event]) -> list[MappedEvent]:
        """Return events in their stored form: serialised, with personal fields sealed."""
        return [cast(MappedEvent, self.mapper.to_stored_event(fact)) for fact in facts]


def busy_practices(tenants: Sequence[UUID], keys: KeyRing, patients: int = 10) -> list[BusyPractice]:
    """Create patients with keys for practices whose logs are open."""
    practices = []
    for tenant_id in tenants:
        practice = BusyPractice(tenant_id, EventMapper(tenant_id, keys), [uuid7() for _ in range(patients)])
        keys.create(tenant_id, practice.patients)
        practices.append(practice)
    return practices


def _fact(kind: Callable[..., Aggregate.Event], **fields: object) -> Aggregate.Event:
    return kind(**fields)
