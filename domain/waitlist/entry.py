"""An entry of the wait list: somebody waits for a visit that is not free yet. Their place is when they joined."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from eventsourcing.domain import event

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.waitlist.errors import NoLongerWaitingError
from domain.waitlist.preferences import WaitlistPreferences, windows_of


class EntryStatus(StrEnum):
    """waiting -> served | withdrawn."""

    WAITING = "waiting"
    SERVED = "served"
    WITHDRAWN = "withdrawn"


class WaitlistEntry(Aggregate):
    TOPIC = "scheduling.waitlist_entry"

    class Joined(InitialEvent):
        """Who joined first is offered first: the place in line is the position of this fact in the log, and nothing changes it."""

        TOPIC = "scheduling.waitlist_entry.joined"
        patient_id: UUID
        service_id: UUID
        clinician_id: UUID | None
        window_starts: list[datetime]
        window_ends: list[datetime]
        notice_minutes: int

    class Changed(Aggregate.Event):
        TOPIC = "scheduling.waitlist_entry.changed"
        clinician_id: UUID | None
        window_starts: list[datetime]
        window_ends: list[datetime]
        notice_minutes: int

        def apply(self, aggregate: Any) -> None:
            windows = windows_of(self.window_starts, self.window_ends)
            aggregate.preferences = WaitlistPreferences(self.clinician_id, windows, self.notice_minutes)

    class Offered(Aggregate.Event):
        """A time was offered to the person; what became of that stands in the offer."""

        TOPIC = "scheduling.waitlist_entry.offered"
        offer_id: UUID
        expires_at: datetime

        def apply(self, aggregate: Any) -> None:
            still = {id: until for id, until in aggregate.offers.items() if self.timestamp < until}
            aggregate.offers = {**still, self.offer_id: self.expires_at}

    class Served(Aggregate.Event):
        TOPIC = "scheduling.waitlist_entry.served"
        offer_id: UUID
        appointment_id: UUID

        def apply(self, aggregate: Any) -> None:
            aggregate.status = EntryStatus.SERVED.value
            aggregate.appointment_id = self.appointment_id

    class Withdrawn(Aggregate.Event):
        TOPIC = "scheduling.waitlist_entry.withdrawn"

        def apply(self, aggregate: Any) -> None:
            aggregate.status = EntryStatus.WITHDRAWN.value

    @classmethod
    def join(
        cls, *, id: UUID, patient_id: UUID, service_id: UUID, preferences: WaitlistPreferences, at: datetime
    ) -> Self:
        return cls._create(
            cls.Joined, id=id, timestamp=at, patient_id=patient_id, service_id=service_id, **_fields(preferences)
        )

    @event(Joined)
    def __init__(
        self,
        patient_id: UUID,
        service_id: UUID,
        clinician_id: UUID | None,
        window_starts: list[datetime],
        window_ends: list[datetime],
        notice_minutes: int,
        timestamp: datetime,
    ) -> None:
        self.patient_id = patient_id
        self.service_id = service_id
        self.preferences = WaitlistPreferences(clinician_id, windows_of(window_starts, window_ends), notice_minutes)
        self.joined_at = timestamp
        self.status: str = EntryStatus.WAITING.value
        self.appointment_id: UUID | None = None
        self.offers: dict[UUID, datetime] = {}

    def offers_at(self, now: datetime) -> list[UUID]:
        """Return the offers whose time is not up; they may have been answered."""
        return [id for id, until in self.offers.items() if now < until]

    def change(self, to: WaitlistPreferences, at: datetime) -> bool:
        """Wait for something else, at the same place in line. Return whether anything was recorded. Raises NoLongerWaitingError."""
        self.refuse_gone()
        if to == self.preferences:
            return False
        self.trigger_event(self.Changed, timestamp=at, **_fields(to))
        return True

    def note_offer(self, offer_id: UUID, expires_at: datetime, at: datetime) -> None:
        """Raises NoLongerWaitingError."""
        self.refuse_gone()
        self.trigger_event(self.Offered, offer_id=offer_id, expires_at=expires_at, timestamp=at)

    def serve(self, offer_id: UUID, appointment_id: UUID, at: datetime) -> None:
        """Note that an offer was accepted: the person waits no more. Raises NoLongerWaitingError."""
        self.refuse_gone()
        self.trigger_event(self.Served, offer_id=offer_id, appointment_id=appointment_id, timestamp=at)

    def withdraw(self, at: datetime) -> bool:
        """Leave the list. Return whether anything was recorded: leaving twice records nothing the second time.

        Raises NoLongerWaitingError: the person was served.
        """
        if self.status == EntryStatus.WITHDRAWN:
            return False
        self.refuse_gone()
        self.trigger_event(self.Withdrawn, timestamp=at)
        return True

    def refuse_gone(self) -> None:
        """Raises NoLongerWaitingError: served, or withdrawn."""
        if self.status != EntryStatus.WAITING:
            raise NoLongerWaitingError


def _fields(preferences: WaitlistPreferences) -> dict[str, Any]:
    return {
        "clinician_id": preferences.clinician_id,
        "window_starts": [window.starts_at for window in preferences.windows],
        "window_ends": [window.ends_at for window in preferences.windows],
        "notice_minutes": preferences.notice_minutes,
    }
