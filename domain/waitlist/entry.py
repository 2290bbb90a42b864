"""A wait list entry: a patient waits for a visit; the order of joining is the order of offers."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.waitlist.errors import NoLongerWaitingError
from domain.waitlist.preferences import WaitlistPreferences, windows_of


class EntryStatus(StrEnum):
    """waiting -> served | withdrawn."""

    WAITING = "waiting"
    SERVED = "served"
    WITHDRAWN = "withdrawn"


class PreferencesEvent(Aggregate.Event):
    """The fields of WaitlistPreferences. ``weekly`` is set only if there are weekly times."""

    SCHEMA_VERSION = 2
    clinician_id: UUID | None
    window_starts: list[datetime]
    window_ends: list[datetime]
    notice_minutes: int
    weekly: list[str] | None = field(default=None, kw_only=True)

    def apply(self, aggregate: WaitlistEntry) -> None:
        windows = windows_of(self.window_starts, self.window_ends)
        aggregate.preferences = WaitlistPreferences(
            self.clinician_id, windows, self.notice_minutes, tuple(self.weekly or ())
        )


class WaitlistEntry(Aggregate):
    """``offers`` maps offers that had not expired when the last one was made to their expiry."""

    TOPIC = "scheduling.waitlist_entry"

    patient_id: UUID
    service_id: UUID
    preferences: WaitlistPreferences = field(init=False)
    status: str = EntryStatus.WAITING.value
    appointment_id: UUID | None = None
    offers: dict[UUID, datetime] = field(default_factory=dict)

    class Joined(PreferencesEvent, InitialEvent):
        """The position of this event in the log is the place in line; nothing changes it."""

        TOPIC = "scheduling.waitlist_entry.joined"
        patient_id: UUID
        service_id: UUID

    class Changed(PreferencesEvent):
        TOPIC = "scheduling.waitlist_entry.changed"

    class Offered(Aggregate.Event):
        """A time was offered to the patient; the offer records its outcome."""

        TOPIC = "scheduling.waitlist_entry.offered"
        offer_id: UUID
        expires_at: datetime

        def apply(self, aggregate: WaitlistEntry) -> None:
            open_offers = {id: expires_at for id, expires_at in aggregate.offers.items() if self.timestamp < expires_at}
            aggregate.offers = {**open_offers, self.offer_id: self.expires_at}

    class Served(Aggregate.Event):
        TOPIC = "scheduling.waitlist_entry.served"
        offer_id: UUID
        appointment_id: UUID

        def apply(self, aggregate: WaitlistEntry) -> None:
            aggregate.status, aggregate.appointment_id = EntryStatus.SERVED.value, self.appointment_id

    class Withdrawn(Aggregate.Event):
        TOPIC = "scheduling.waitlist_entry.withdrawn"

        def apply(self, aggregate: WaitlistEntry) -> None:
            aggregate.status = EntryStatus.WITHDRAWN.value

    @classmethod
    def join(
        cls, *, id: UUID, patient_id: UUID, service_id: UUID, preferences: WaitlistPreferences, at: datetime
    ) -> Self:
        return cls._create(
            cls.Joined, id=id, timestamp=at, patient_id=patient_id, service_id=service_id, **preferences.fields()
        )

    def offers_at(self, now: datetime) -> list[UUID]:
        """Return the offers that have not expired, answered or not."""
        return [id for id, expires_at in self.offers.items() if now < expires_at]

    def change(self, to: WaitlistPreferences, at: datetime) -> bool:
        """Change the preferences and keep the place in line. Return whether an event was recorded.

        Raises NoLongerWaitingError.
        """
        self.refuse_gone()
        if to == self.preferences:
            return False
        self.trigger_event(self.Changed, timestamp=at, **to.fields())
        return True

    def note_offer(self, offer_id: UUID, expires_at: datetime, at: datetime) -> None:
        """Raises NoLongerWaitingError."""
        self.refuse_gone()
        self.trigger_event(self.Offered, offer_id=offer_id, expires_at=expires_at, timestamp=at)

    def serve(self, offer_id: UUID, appointment_id: UUID, at: datetime) -> None:
        """Record that an offer was accepted, which ends the wait. Raises NoLongerWaitingError."""
        self.refuse_gone()
        self.trigger_event(self.Served, offer_id=offer_id, appointment_id=appointment_id, timestamp=at)

    def withdraw(self, at: datetime) -> bool:
        """Leave the wait list. Return whether an event was recorded; a repeat records nothing.

        Raises NoLongerWaitingError: the entry was served.
        """
        if self.status == EntryStatus.WITHDRAWN:
            return False
        self.refuse_gone()
        self.trigger_event(self.Withdrawn, timestamp=at)
        return True

    def refuse_gone(self) -> None:
        """Raises NoLongerWaitingError: the entry was served or withdrawn."""
        if self.status != EntryStatus.WAITING:
            raise NoLongerWaitingError
