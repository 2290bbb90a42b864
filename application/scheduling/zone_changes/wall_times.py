"""Which visits and sessions of a practice lie elsewhere than they were meant to, since the rules of their zone have changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from application.kernel.practice_log import PracticeLog
from domain.kernel.time_range import TimeRange
from domain.kernel.zone_rules import disagreements, kept_on_the_wall
from domain.kernel.zone_sightings import Sightings
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.placement import placed
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.time_claim import pending_key

_WINDOW: Final = timedelta(days=28)
"""How much of the schedule is read at once."""
_LOADED: Final = 250


class Move(NamedTuple):
    """One that is to start at another instant so that its time on the wall stays."""

    aggregate: Appointment | GroupSession
    zone: str
    starts_at: datetime
    to: datetime

    @property
    def later(self) -> timedelta:
        return self.to - self.starts_at

    def is_possible(self, now: datetime) -> bool:
        """Whether it has not begun, neither as it lies nor as it is to lie."""
        return now < min(self.starts_at, self.to)


@dataclass(frozen=True, slots=True)
class Disagreements:
    """What the newest rules say otherwise than former ones did, for the zones of a practice: in words, and the time that is touched."""

    descriptions: Sequence[str]
    touched: Sequence[TimeRange]


def disagreements_of(log: PracticeLog, sightings: Sightings, now: datetime) -> Disagreements:
    """Return where visits may lie elsewhere than they were meant to. A place's visits go by its zone's clock."""
    descriptions: list[str] = []
    touched: set[TimeRange] = set()
    zones = {location.zone for location in log.catalogue().all(Location)}
    for zone in sorted(zones):
        newest = sightings.newest_rules(zone)
        for index in sightings.former:
            former = sightings.rules(index, zone)
            if former and newest:
                found = disagreements(former, newest, now)
                descriptions += [f"{sightings.release(index)} {zone} {stretch}" for stretch in found]
                touched |= {stretch.during for stretch in found}
    return Disagreements(list(dict.fromkeys(descriptions)), sorted(touched))


def moves_in(log: PracticeLog, sightings: Sightings, touched: Sequence[TimeRange]) -> list[Move]:
    """Return all moves that are due, in an order in which none needs the time of one that comes after it."""
    ids = _claiming(log, touched)
    found: list[Move] = []
    for first in range(0, len(ids), _LOADED):
        found += moves_of(log, sightings, ids[first : first + _LOADED])
    return in_order(found)


def moves_of(log: PracticeLog, sightings: Sightings, ids: Sequence[UUID]) -> list[Move]:
    """Return the moves that are due of these; as they are now, so that what was moved already is not moved again."""
    catalogue = log.catalogue(at_least=0)
    zones = {location.id: location.zone for location in catalogue.all(Location)}
    found: list[Move] = []
    for events in log.reader.streams(ids).values():
        if (it := placed(events)) is None or it.aggregate.location_id not in zones:
            continue
        zone = zones[it.aggregate.location_id]
        former, newest = sightings.rules(sightings.in_force_at(it.chosen_at), zone), sightings.newest_rules(zone)
        if (
            former
            and newest
            and (to := kept_on_the_wall(it.aggregate.starts_at, former, newest)) != it.aggregate.starts_at
        ):
            found.append(Move(it.aggregate, zone, it.aggregate.starts_at, to))
    return found


def in_order(moves: Iterable[Move]) -> list[Move]:
    """Those that go to an earlier time first, the earliest before the others; then those that go to a later one, the latest first."""
    listed = list(moves)
    earlier = [move for move in listed if move.later < timedelta()]
    later = [move for move in listed if move.later > timedelta()]
    return [
        *sorted(earlier, key=lambda move: (move.starts_at, move.aggregate.id)),
        *sorted(later, key=lambda move: (move.starts_at, move.aggregate.id), reverse=True),
    ]


def _claiming(log: PracticeLog, touched: Sequence[TimeRange]) -> list[UUID]:
    """Return the ids under which a clinician's time is claimed or requested."""
    clinicians = [clinician.id for clinician in log.catalogue(at_least=0).all(Clinician)]
    if not clinicians:
        return []
    what = [*clinicians, *(pending_key(id_) for id_ in clinicians)]
    holders: Mapping[UUID, None] = {
        claim.holder_id: None
        for window in _windows(touched)
        for claim in log.reader.read_booking_context(what, window).claims
        if not claim.is_elsewhere and claim.expires_at is None
    }
    return list(holders)


def _windows(touched: Sequence[TimeRange]) -> Iterator[TimeRange]:
    for stretch in touched:
        at = stretch.starts_at
        while at < stretch.ends_at:
            yield TimeRange(at, min(at + _WINDOW, stretch.ends_at))
            at += _WINDOW
