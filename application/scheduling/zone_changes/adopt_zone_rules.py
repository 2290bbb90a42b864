"""Keeps the times on the wall of all visits that are to come, when the rules of a zone have changed: see docs/adr/0036.

What is to be done follows from the log and from which rules were gone by when: so a run that was killed is gone on with by the next one,
and where nothing is left to do nothing is recorded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from application.kernel.errors import StaleVersionError
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLog, PracticeLogs
from application.kernel.retry import retry_on_stale
from application.scheduling.zone_changes.ports import ZoneSightingStore
from application.scheduling.zone_changes.visit_mover import Moving
from application.scheduling.zone_changes.wall_times import Move, disagreements_of, in_order, moves_in, moves_of
from domain.kernel.provenance import CommandRepeatedError, Provenance
from domain.kernel.zone_sightings import Sightings
from domain.practice.practice import Practice
from domain.scheduling.errors import TimeTakenError
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.time_claim import TimeRelease

ACTOR: Final = "system"
_BATCH: Final = 100
"""Visits of one append, with their series: it holds the practice's head for less than a tenth of a second."""
_TRIES: Final = 20


class Kept(NamedTuple):
    """One whose time on the wall was kept, or would be; ``is_beside``: somebody else has some of its new time."""

    id: UUID
    kind: str
    zone: str
    starts_at: datetime
    to: datetime
    is_beside: bool = False


@dataclass(frozen=True, slots=True)
class ZoneRulesAdoption:
    """``changes`` is what the rules say otherwise, ``kept`` whom that moved, ``begun`` who would have to start in the past and stays."""

    release: str
    changes: Sequence[str]
    kept: Sequence[Kept]
    begun: Sequence[Kept]


class AdoptZoneRulesHandler:
    """Moves what lies elsewhere than it was meant to, by the facts of any move, and notes at the end which rules the practice goes by."""

    def __init__(self, logs: PracticeLogs, clock: Clock, store: ZoneSightingStore) -> None:
        self._logs = logs
        self._clock = clock
        self._store = store

    def __call__(
        self,
        tenant_id: UUID,
        sightings: Sightings | None = None,
        *,
        dry_run: bool = False,
        report: Callable[[int, int], None] = lambda done, total: None,
    ) -> ZoneRulesAdoption:
        """``sightings`` if they were read before. ``report`` is called with how many of how many are done; ``dry_run`` records nothing.

        Raises StaleVersionError, TimeTakenError: others are faster each time; UnavailableError. What was moved stays so, run it again.
        """
        seen = sightings or self._store.read()
        log, now = self._logs.of(tenant_id), self._clock.now()
        found = disagreements_of(log, seen, now)
        moves = moves_in(log, seen, found.touched) if found.touched else []
        due = [move for move in moves if move.is_possible(now)]
        begun = [_told(move) for move in moves if move.starts_at > now >= move.to]
        if dry_run or not found.touched:
            return ZoneRulesAdoption(seen.newest.release, found.descriptions, [_told(move) for move in due], begun)
        cause = uuid5(tenant_id, f"zone rules {seen.newest.release} {seen.newest.seen_at.isoformat()}")
        kept: list[Kept] = []
        for first in range(0, len(due), _BATCH):
            ids = [move.aggregate.id for move in due[first : first + _BATCH]]
            kept += self._keep(log, seen, ids, cause)
            report(min(first + _BATCH, len(due)), len(due))
        self._adopt(log, seen.newest.release, found.descriptions, cause)
        return ZoneRulesAdoption(seen.newest.release, found.descriptions, kept, begun)

    def _keep(self, log: PracticeLog, seen: Sightings, ids: Sequence[UUID], cause: UUID) -> list[Kept]:
        """Move these in one append, as they are now."""

        def decide() -> list[Kept]:
            now = self._clock.now()
            due = in_order(move for move in moves_of(log, seen, ids) if move.is_possible(now))
            if not due:
                return []
            moving = Moving(log, due, seen.newest.release, now)
            named = ",".join(f"{move.aggregate.id} {move.aggregate.version}" for move in due)
            log.record(
                *moving.aggregates(),
                by=Provenance(ACTOR, uuid5(cause, named), causation_id=cause),
                guards=[*map(TimeRelease, moving.releases()), *moving.claims()],
            )
            return [_told(move, is_beside=move.aggregate.id in moving.beside) for move in due]

        overtaken = (StaleVersionError, TimeTakenError, CommandRepeatedError)
        return retry_on_stale(decide, tries=_TRIES, overtaken=overtaken)

    def _adopt(self, log: PracticeLog, release: str, changes: Sequence[str], cause: UUID) -> None:
        def decide() -> None:
            practice = log.load(Practice, log.tenant_id)
            practice.adopt_zone_rules(release, changes, self._clock.now())
            log.record(practice, by=Provenance(ACTOR, cause))

        try:
            retry_on_stale(decide, tries=_TRIES)
        except CommandRepeatedError:
            return


def _told(move: Move, *, is_beside: bool = False) -> Kept:
    kind = "session" if isinstance(move.aggregate, GroupSession) else "appointment"
    return Kept(move.aggregate.id, kind, move.zone, move.starts_at, move.to, is_beside)
