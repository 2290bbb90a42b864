"""Finds the visits and sessions whose local time differs since the rules of their zone changed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from application.kernel.practice_log import PracticeLog
from domain.kernel.time_range import TimeRange
from domain.kernel.zone_rules import at_same_local_time, disagreements
from domain.kernel.zone_sightings import Sightings
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.placement import placed
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.time_claim import pending_key

_WINDOW: Final = timedelta(days=28)
"""Of the schedule, read at once."""
_LOADED: Final = 250


class Move(NamedTuple):
    """A visit or session that must start at another instant to keep its local time."""

    aggregate: Appointment | GroupSession
    zone: str
    starts_at: datetime
    to: datetime

    @property
    def later(self) -> timedelta:
        return self.to - self.starts_at

    def is_possible(self, now: datetime) -> bool:
        """Whether both its present and its new start are in the future."""
        return now < min(self.starts_at, self.to)


@dataclass(frozen=True, slots=True)
class Disagreements:
    """How the newest rules of the practice's zones differ from former ones, and when."""

    descriptions: Sequence[str]
    affected: Sequence[TimeRange]


def disagreements_of(log: PracticeLog, sightings: Sightings, now: datetime) -> Disagreements:
    descriptions: list[str] = []
    affected: set[TimeRange] = set()
    zones = {location.zone for location in log.catalogue().all(Location)}
    for zone in sorted(zones):
        newest = sightings.newest_rules(zone)
        for index in sightings.former:
            former = sightings.rules(index, zone)
            if former and newest:
                found = disagreements(former, newest, now)
                descriptions += [f"{sightings.release(index)} {zone} {disagreement}" for disagreement in found]
                affected |= {disagreement.during for disagreement in found}
    return Disagreements(list(dict.fromkeys(descriptions)), sorted(affected))


def moves_in(log: PracticeLog, sightings: Sightings, affected: Sequence[TimeRange]) -> list[Move]:
    """Return all moves that are due, in the order of ``in_order``."""
    ids = _holders(log, affected)
    batches = (ids[first : first + _LOADED] for first in range(0, len(ids), _LOADED))
    return in_order(move for batch in batches for move in moves_of(log, sightings, batch))


def moves_of(log: PracticeLog, sightings: Sightings, ids: Sequence[UUID]) -> list[Move]:
    """Return the moves that are due among these aggregates, read now: a repeat moves none twice."""
    catalogue = log.catalogue(at_least=0)
    zones = {location.id: location.zone for location in catalogue.all(Location)}
    found: list[Move] = []
    for events in log.reader.streams(ids).values():
        placement = placed(events)
        if placement is None or placement.aggregate.location_id not in zones:
            continue
        visit, zone = placement.aggregate, zones[placement.aggregate.location_id]
        former, newest = sightings.rules(sightings.in_force_at(placement.chosen_at), zone), sightings.newest_rules(zone)
        if former and newest and (to := at_same_local_time(visit.starts_at, former, newest)) != visit.starts_at:
            found.append(Move(visit, zone, visit.starts_at, to))
    return found


def in_order(moves: Iterable[Move]) -> list[Move]:
    """Sort so that no move needs the time of a later one."""
    listed = list(moves)
    earlier = [move for move in listed if move.later < timedelta()]
    later = [move for move in listed if move.later > timedelta()]
    return [
        *sorted(earlier, key=lambda move: (move.starts_at, move.aggregate.id)),
        *sorted(later, key=lambda move: (move.starts_at, move.aggregate.id), reverse=True),
    ]


def _holders(log: PracticeLog, affected: Sequence[TimeRange]) -> list[UUID]:
    """Return the visits and sessions that claim or request time of a clinician."""
    clinicians = [clinician.id for clinician in log.catalogue(at_least=0).all(Clinician)]
    if not clinicians:
        return []
    what = [*clinicians, *(pending_key(id_) for id_ in clinicians)]
    holders = dict.fromkeys(
        claim.holder_id
        for window in _windows(affected)
        for claim in log.reader.read_booking_context(what, window).claims
        if not claim.is_elsewhere and claim.expires_at is None
    )
    return list(holders)


def _windows(affected: Sequence[TimeRange]) -> Iterator[TimeRange]:
    for disagreement in affected:
        at = disagreement.starts_at
        while at < disagreement.ends_at:
            yield TimeRange(at, min(at + _WINDOW, disagreement.ends_at))
            at += _WINDOW
