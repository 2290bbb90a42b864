"""Project the wait list: entries, openings and offers."""

from collections.abc import Sequence
from typing import Final

from domain.kernel.logged_event import LoggedEvent
from domain.waitlist.entry import EntryStatus, WaitlistEntry
from domain.waitlist.offer import Offer, OfferStatus
from domain.waitlist.opening import Opening
from projections.engine.rows import StreamRows, Write, insert, update

_PREFERENCES: Final = ("clinician_id", "window_starts", "window_ends", "notice_minutes")
_OPENED: Final = ("clinician_id", "starts_at", "ends_at", "cause")
_MADE: Final = (
    "opening_id",
    "entry_id",
    "patient_id",
    "service_id",
    "clinician_id",
    "location_id",
    "resource_ids",
    "starts_at",
    "ends_at",
    "expires_at",
)
_ENTRY_STATUS: Final = {
    WaitlistEntry.Served.TOPIC: EntryStatus.SERVED.value,
    WaitlistEntry.Withdrawn.TOPIC: EntryStatus.WITHDRAWN.value,
}
_ANSWER: Final = {
    Offer.Accepted.TOPIC: OfferStatus.ACCEPTED.value,
    Offer.Declined.TOPIC: OfferStatus.DECLINED.value,
    Offer.Withdrawn.TOPIC: OfferStatus.WITHDRAWN.value,
}

_INSERT_ENTRY: Final = insert("entry")
# A change replaces the preferences as a whole, and may remove the clinician.
_UPDATE_ENTRY: Final = update(
    "entry",
    "entry_id",
    "window_starts",
    "window_ends",
    "weekly",
    "notice_minutes",
    "status",
    "appointment_id",
    clinician_id="case when r.window_starts is null then t.clinician_id else r.clinician_id end",
)
_INSERT_OPENING: Final = insert("opening")
_UPDATE_OPENING: Final = update("opening", "opening_id")
_INSERT_OFFER: Final = insert("offer")
_UPDATE_OFFER: Final = update("offer", "offer_id", "answer", "because", "appointment_id")


class WaitlistProjector:
    name = "waitlist"
    version = 1

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        entries, openings, offers = StreamRows("entry_id"), StreamRows("opening_id"), StreamRows("offer_id")
        for event in events:
            topic, body = event.event_type, event.body
            if topic == WaitlistEntry.Joined.TOPIC:
                joined = {"status": EntryStatus.WAITING.value, "joined_at": event.effective_at, "place": event.position}
                who = {name: body[name] for name in ("patient_id", "service_id")}
                entries.insert(event, who | _preferences(event) | joined)
            elif topic == WaitlistEntry.Changed.TOPIC:
                entries.update(event, _preferences(event))
            elif topic.startswith(f"{WaitlistEntry.TOPIC}."):
                changed = {name: body[name] for name in ("appointment_id",) if name in body}
                status = _ENTRY_STATUS.get(topic)
                entries.update(event, changed | ({"status": status} if status else {}))
            elif topic == Opening.Opened.TOPIC:
                openings.insert(event, {name: body[name] for name in _OPENED} | {"place": event.position})
            elif topic.startswith(f"{Opening.TOPIC}."):
                openings.update(event, {})
            elif topic == Offer.Made.TOPIC:
                offers.insert(event, {name: body[name] for name in _MADE} | {"made_at": event.effective_at})
            elif topic.startswith(f"{Offer.TOPIC}."):
                changed = {name: body[name] for name in ("appointment_id", "because") if name in body}
                offers.update(event, changed | {"answer": _ANSWER[topic]})
        return [
            Write(_INSERT_ENTRY, entries.inserted),
            Write(_UPDATE_ENTRY, entries.updated),
            Write(_INSERT_OPENING, openings.inserted),
            Write(_UPDATE_OPENING, openings.updated),
            Write(_INSERT_OFFER, offers.inserted),
            Write(_UPDATE_OFFER, offers.updated),
        ]


def _preferences(event: LoggedEvent) -> dict[str, object]:
    return {name: event.body[name] for name in _PREFERENCES} | {"weekly": event.body.get("weekly") or []}
