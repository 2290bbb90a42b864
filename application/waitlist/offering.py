"""Make offers: one append records opening, offers and entries, and claims the time."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.errors import StaleVersionError
from application.kernel.practice_log import PracticeLog
from application.kernel.retry import OvertakenError
from application.scheduling.availability.schedule import Schedule, rules_of
from domain.kernel.provenance import Provenance
from domain.scheduling.availability.query import Slot
from domain.scheduling.errors import TimeTakenError
from domain.scheduling.time_claim import TimeRelease
from domain.waitlist.entry import WaitlistEntry
from domain.waitlist.offer import Offer
from domain.waitlist.offered_time import OfferedTime, PassedOver
from domain.waitlist.opening import Opening


def make_offers(
    log: PracticeLog,
    by: Provenance,
    opening: Opening,
    slot: Slot,
    expires_at: datetime,
    entries: Sequence[WaitlistEntry],
    schedule: Schedule,
    as_of: int,
    passed_over: Sequence[PassedOver],
) -> int:
    """Offer a slot to entries and record it; return the position.

    Raises NoLongerWaitingError; OvertakenError.
    """
    rules = rules_of(schedule.service.terms_of(opening.clinician_id))
    time = OfferedTime(
        opening_id=opening.id,
        service_id=schedule.service.id,
        clinician_id=opening.clinician_id,
        location_id=slot.location_id,
        resource_ids=slot.resource_ids,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        buffer_before_minutes=rules.buffer_before_minutes,
        buffer_after_minutes=rules.buffer_after_minutes,
        expires_at=expires_at,
    )
    offers: dict[UUID, UUID] = {}
    made = []
    for entry in entries:
        offer = Offer.make(id=uuid7(), entry_id=entry.id, patient_id=entry.patient_id, of=time, at=schedule.now)
        entry.note_offer(offer.id, expires_at, schedule.now)
        offers[offer.id] = entry.id
        made.append(offer)
    opening.offer(time, offers, as_of, passed_over, schedule.now)
    releases = map(TimeRelease, dict.fromkeys([opening.id, *schedule.expired]))
    try:
        return log.record(opening, *made, *entries, by=by, guards=[*releases, *opening.claims()])
    except (TimeTakenError, StaleVersionError) as error:
        raise OvertakenError(error if isinstance(error, TimeTakenError) else TimeTakenError()) from error
