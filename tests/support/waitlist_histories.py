"""Random but seeded histories of a wait list, for tests of the views."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from uuid_utils.compat import uuid7

from domain.kernel.aggregate import Aggregate
from domain.kernel.time_range import TimeRange
from domain.waitlist.entry import EntryStatus, WaitlistEntry
from domain.waitlist.offer import Offer, OfferEndReason
from domain.waitlist.offered_time import OfferedTime, PassedOver
from domain.waitlist.opening import Opening
from domain.waitlist.preferences import WaitlistPreferences

THEN = datetime(2026, 6, 1, 8, tzinfo=UTC)
VISIT = TimeRange(THEN + timedelta(days=1), THEN + timedelta(days=1, minutes=50))


@dataclass
class WaitlistHistories:
    random: Random
    service_id: UUID
    clinicians: list[UUID]
    entries: list[WaitlistEntry] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)

    def random_event(self, patient_id: UUID) -> Aggregate:
        """Record a random change; return the changed aggregate."""
        waiting = [entry for entry in self.entries if entry.status == EntryStatus.WAITING]
        unanswered = [offer for offer in self.offers if offer.answer is None]
        kind = self.random.random()
        if kind < 0.3 or not waiting:
            return self._join(patient_id)
        if kind < 0.5 or not self.openings:
            opening = Opening.open(id=uuid7(), clinician_id=self.random.choice(self.clinicians), during=VISIT, at=THEN)
            self.openings.append(opening)
            return opening
        if kind < 0.7 or not unanswered:
            return self._offer(self.random.choice(self.openings), self.random.choice(waiting))
        if kind < 0.85:
            return self._answer(self.random.choice(unanswered))
        return self._go_on(self.random.choice(waiting))

    def _join(self, patient_id: UUID) -> WaitlistEntry:
        entry = WaitlistEntry.join(
            id=uuid7(), patient_id=patient_id, service_id=self.service_id, preferences=self._wish(), at=THEN
        )
        self.entries.append(entry)
        return entry

    def _offer(self, opening: Opening, entry: WaitlistEntry) -> Aggregate:
        time = OfferedTime(
            opening_id=opening.id,
            service_id=self.service_id,
            clinician_id=opening.clinician_id,
            location_id=uuid7(),
            resource_ids=(uuid7(),),
            starts_at=VISIT.starts_at,
            ends_at=VISIT.ends_at,
            buffer_before_minutes=0,
            buffer_after_minutes=10,
            expires_at=THEN + timedelta(hours=1),
        )
        offer = Offer.make(id=uuid7(), entry_id=entry.id, patient_id=entry.patient_id, of=time, at=THEN)
        if self.random.random() < 0.3:
            opening.offer(time, {offer.id: entry.id}, 7, [PassedOver(uuid7(), "outside_windows")], THEN)
            return opening
        self.offers.append(offer)
        return offer

    def _answer(self, offer: Offer) -> Offer:
        match self.random.randrange(3):
            case 0:
                offer.accept(uuid7(), THEN)
            case 1:
                offer.decline(THEN)
            case _:
                offer.withdraw(self.random.choice(list(OfferEndReason)), THEN)
        return offer

    def _go_on(self, entry: WaitlistEntry) -> WaitlistEntry:
        match self.random.randrange(4):
            case 0:
                entry.withdraw(THEN)
            case 1:
                entry.serve(uuid7(), uuid7(), THEN)
            case 2:
                entry.note_offer(uuid7(), THEN + timedelta(hours=1), THEN)
            case _:
                entry.change(self._wish(), THEN)
        return entry

    def _wish(self) -> WaitlistPreferences:
        windows = (TimeRange(THEN, THEN + timedelta(hours=self.random.randint(1, 99))),)
        clinician_id = self.random.choice((None, *self.clinicians))
        weekly = self.random.choice(((), ("mon 09:00-12:00", "thu 17:00-20:00 every 2 from 2026-06-04")))
        return WaitlistPreferences(
            clinician_id, windows if self.random.random() < 0.5 else (), self.random.randint(0, 600), weekly
        )
