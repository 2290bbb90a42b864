"""Presenters of wait list entries, openings and offers."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from api.http.calls import Call
from api.practice.presenters import present_weekly
from api.waitlist.schemas import EntryShown, OfferShown, OpeningShown, RoundShown
from domain.waitlist.entry import WaitlistEntry
from domain.waitlist.offer import Offer, OfferStatus, status_of
from domain.waitlist.offered_time import PassedOver, Round
from domain.waitlist.opening import Opening
from projections.waitlist.entries.queries import EntryRow, OfferRow


def present_entry(entry: WaitlistEntry) -> dict[str, object]:
    preferences = entry.preferences
    return EntryShown.present(
        entry,
        clinician_id=preferences.clinician_id,
        windows=_windows((window.starts_at, window.ends_at) for window in preferences.windows),
        weekly=[present_weekly(each) for each in preferences.weekly],
        notice_minutes=preferences.notice_minutes,
        joined_at=entry.created_on,
    )


def present_entry_row(row: EntryRow) -> dict[str, object]:
    windows = _windows(zip(row.window_starts, row.window_ends, strict=True))
    weekly = [present_weekly(each) for each in row.weekly]
    return EntryShown.present(row, id=row.entry_id, version=row.version, windows=windows, weekly=weekly)


def _windows(bounds: Iterable[tuple[datetime, datetime]]) -> list[dict[str, object]]:
    return [{"from": starts_at, "to": ends_at} for starts_at, ends_at in bounds]


def present_offer(offer: Offer, now: datetime) -> dict[str, object]:
    return OfferShown.present(offer, status=offer.status_at(now))


def present_offer_row(row: OfferRow, now: datetime) -> dict[str, object]:
    status = status_of(row.answer, row.expires_at, now)
    return OfferShown.present(row, id=row.offer_id, version=row.version, status=status)


def present_opening_with_offers(
    call: Call, opening: Opening, now: datetime, position: int | None = None
) -> dict[str, object]:
    """Present an opening and the statuses of its offers, now or at a position of the log."""
    offers = call.log.load_all(Offer, [id for each in opening.rounds for id in each.offers], position)
    return present_opening(opening, now, {id: offer.status_at(now) for id, offer in offers.items()})


def present_opening(
    opening: Opening, now: datetime, statuses: Mapping[UUID, OfferStatus] | None = None
) -> dict[str, object]:
    """Present what an opening's own events contain, and the given statuses of its offers."""
    return OpeningShown.present(
        opening,
        status=opening.status_at(now),
        rounds=[_round(each, statuses or {}) for each in opening.rounds],
        passed_over=_passed_over(opening.left_over),
    )


def _round(each: Round, statuses: Mapping[UUID, OfferStatus]) -> dict[str, object]:
    return RoundShown.present(
        each.time,
        made_at=each.made_at,
        as_of=each.as_of,
        offers=[
            {"offer_id": offer_id, "entry_id": entry_id}
            | ({"status": statuses[offer_id]} if offer_id in statuses else {})
            for offer_id, entry_id in each.offers.items()
        ],
        passed_over=_passed_over(each.passed_over),
    )


def _passed_over(entries: Sequence[PassedOver]) -> list[dict[str, object]]:
    return [entry._asdict() for entry in entries]
