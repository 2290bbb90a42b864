"""Entries of the wait list, openings and offers as they are answered."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from api.http.calls import Call
from domain.waitlist.entry import WaitlistEntry
from domain.waitlist.offer import Offer, OfferStatus, status_of
from domain.waitlist.offered_time import PassedOver, Round
from domain.waitlist.opening import Opening
from projections.waitlist.entries.queries import EntryRow, OfferRow


def show_entry(entry: WaitlistEntry) -> dict[str, object]:
    return {
        "status": entry.status,
        "patient_id": entry.patient_id,
        "service_id": entry.service_id,
        "clinician_id": entry.preferences.clinician_id,
        "windows": _windows((window.starts_at, window.ends_at) for window in entry.preferences.windows),
        "notice_minutes": entry.preferences.notice_minutes,
        "joined_at": entry.created_on,
        "appointment_id": entry.appointment_id,
    }


def show_entry_row(row: EntryRow) -> dict[str, object]:
    return {
        "id": row.entry_id,
        "version": row.version,
        "status": row.status,
        "patient_id": row.patient_id,
        "service_id": row.service_id,
        "clinician_id": row.clinician_id,
        "windows": _windows(zip(row.window_starts, row.window_ends, strict=True)),
        "notice_minutes": row.notice_minutes,
        "joined_at": row.joined_at,
        "appointment_id": row.appointment_id,
    }


def offer_shower(now: datetime) -> Callable[[Offer], dict[str, object]]:
    """Return what shows an offer as it stands at an instant."""

    def show(offer: Offer) -> dict[str, object]:
        return _offer(offer, now)

    return show


def show_offer_row(row: OfferRow, now: datetime) -> dict[str, object]:
    return {"id": row.offer_id, "version": row.version, **_offer(row, now)}


def opening_shower(call: Call, now: datetime, position: int | None = None) -> Callable[[Opening], dict[str, object]]:
    """Return what shows an opening with its offers at an instant, as they are or were at a position of the log."""

    def show(opening: Opening) -> dict[str, object]:
        offers = call.log.load_all(Offer, [id for each in opening.rounds for id in each.offers], position)
        return {
            **show_opening_facts(opening, now),
            "rounds": [
                _round(each, {id_: offers[id_].status_at(now) for id_ in each.offers}) for each in opening.rounds
            ],
        }

    return show


def show_opening_facts(opening: Opening, now: datetime) -> dict[str, object]:
    """Show what an opening's own events say at an instant; how its offers stand, theirs do."""
    return {
        "status": opening.status_at(now),
        "clinician_id": opening.clinician_id,
        "starts_at": opening.starts_at,
        "ends_at": opening.ends_at,
        "cause": opening.cause,
        "freed_by": opening.freed_by,
        "rounds": [_round(each, {}) for each in opening.rounds],
        "appointment_id": opening.appointment_id,
        "closed_because": opening.closed_because,
        "passed_over": _passed(opening.left_over),
    }


def _round(each: Round, statuses: Mapping[UUID, OfferStatus]) -> dict[str, object]:
    return {
        "made_at": each.made_at,
        "expires_at": each.time.expires_at,
        "service_id": each.time.service_id,
        "starts_at": each.time.starts_at,
        "ends_at": each.time.ends_at,
        "as_of": each.as_of,
        "offers": [
            {
                "offer_id": offer_id,
                "entry_id": entry_id,
                **({"status": statuses[offer_id]} if offer_id in statuses else {}),
            }
            for offer_id, entry_id in each.offers.items()
        ],
        "passed_over": _passed(each.passed_over),
    }


def _passed(passed_over: Sequence[PassedOver]) -> list[dict[str, object]]:
    return [{"entry_id": each.entry_id, "because": each.because} for each in passed_over]


def _offer(offer: Offer | OfferRow, now: datetime) -> dict[str, object]:
    return {
        "status": status_of(offer.answer, offer.expires_at, now),
        "opening_id": offer.opening_id,
        "entry_id": offer.entry_id,
        "patient_id": offer.patient_id,
        "service_id": offer.service_id,
        "clinician_id": offer.clinician_id,
        "location_id": offer.location_id,
        "resource_ids": offer.resource_ids,
        "starts_at": offer.starts_at,
        "ends_at": offer.ends_at,
        "made_at": offer.made_at,
        "expires_at": offer.expires_at,
        "because": offer.because,
        "appointment_id": offer.appointment_id,
    }


def _windows(bounds: Iterable[tuple[datetime, datetime]]) -> list[dict[str, object]]:
    return [{"from": starts_at, "to": ends_at} for starts_at, ends_at in bounds]
