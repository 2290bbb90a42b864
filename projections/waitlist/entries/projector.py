"""Keeps the wait list: one row an entry, an opening, an offer."""

from collections.abc import Sequence
from typing import Final

from domain.kernel.logged_event import LoggedEvent
from domain.waitlist.entry import EntryStatus, WaitlistEntry
from domain.waitlist.offer import Offer, OfferStatus
from domain.waitlist.opening import Opening
from projections.engine.rows import Row, Write
from projections.waitlist.entries import statements

_WISH: Final = ("clinician_id", "window_starts", "window_ends", "notice_minutes")
_JOINED: Final = ("patient_id", "service_id", *_WISH)
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
_TOPICS: Final = (f"{WaitlistEntry.TOPIC}.", f"{Opening.TOPIC}.", f"{Offer.TOPIC}.")


class WaitlistProjector:
    name = "waitlist"
    version = 1

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        entries, openings, offers = _Rows("entry_id"), _Rows("opening_id"), _Rows("offer_id")
        for event in events:
            topic = event.event_type
            if not topic.startswith(_TOPICS):
                continue
            body = event.body
            if topic == WaitlistEntry.Joined.TOPIC:
                joined = {"status": EntryStatus.WAITING.value, "joined_at": event.effective_at, "place": event.position}
                entries.make(event, {name: body[name] for name in _JOINED} | joined)
            elif topic == WaitlistEntry.Changed.TOPIC:
                entries.change(event, {name: body[name] for name in _WISH} | {"has_wish": True})
            elif topic.startswith(_TOPICS[0]):
                changed = {name: body[name] for name in ("appointment_id",) if name in body}
                status = _ENTRY_STATUS.get(topic)
                entries.change(event, changed | ({"status": status} if status else {}))
            elif topic == Opening.Opened.TOPIC:
                openings.make(event, {name: body[name] for name in _OPENED} | {"place": event.position})
            elif topic.startswith(_TOPICS[1]):
                openings.change(event, {})
            elif topic == Offer.Made.TOPIC:
                offers.make(event, {name: body[name] for name in _MADE} | {"made_at": event.effective_at})
            else:
                changed = {name: body[name] for name in ("appointment_id", "because") if name in body}
                offers.change(event, changed | {"answer": _ANSWER[topic]})
        return [
            Write(statements.JOIN, list(entries.made.values())),
            Write(statements.CHANGE_ENTRY, list(entries.changed.values())),
            Write(statements.OPEN, list(openings.made.values())),
            Write(statements.CHANGE_OPENING, list(openings.changed.values())),
            Write(statements.MAKE_OFFER, list(offers.made.values())),
            Write(statements.CHANGE_OFFER, list(offers.changed.values())),
        ]


class _Rows:
    """Rows of one kind in one batch: those that it makes, and what it changes of earlier ones."""

    def __init__(self, key: str) -> None:
        self._key = key
        self.made: dict[object, Row] = {}
        self.changed: dict[object, Row] = {}

    def make(self, event: LoggedEvent, row: Row) -> None:
        self.made[event.stream_id] = {
            self._key: event.stream_id,
            **row,
            "version": event.version,
            "position": event.position,
        }

    def change(self, event: LoggedEvent, row: Row) -> None:
        known = self.made.get(event.stream_id)
        target = known if known is not None else self.changed.setdefault(event.stream_id, {self._key: event.stream_id})
        target |= row
        target["version"] = event.version
        target["position"] = event.position
