"""Keeps the local times of upcoming visits when zone rules change: see docs/adr/0036.

The moves that are due follow from the log and the sightings of rules, so a run can be repeated
after a crash, and records nothing if nothing is left to do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from application.kernel.errors import StaleVersionError
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLog, PracticeLogs
from application.kernel.retry import retry_when_overtaken
from application.scheduling.zone_changes.ports import ZoneSightingStore
from application.scheduling.zone_changes.visit_mover import VisitMover
from application.scheduling.zone_changes.wall_times import Move, disagreements_of, in_order, moves_in, moves_of
from domain.kernel.provenance import CommandRepeatedError, Provenance
from domain.kernel.zone_sightings import Sightings
from domain.practice.practice import Practice
from domain.scheduling.errors import TimeTakenError
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.time_claim import TimeRelease

ACTOR: Final = "system"
_BATCH: Final = 100
"""Visits of one append; it locks the practice's head for less than 0.1 s."""
_TRIES: Final = 20


class KeptVisit(NamedTuple):
    """A visit that keeps its local time; ``is_beside``: it overlaps others at its new instant."""

    id: UUID
    kind: str
    zone: str
    starts_at: datetime
    to: datetime
    is_beside: bool = False


@dataclass(frozen=True, slots=True)
class ZoneRulesAdoption:
    """``begun`` are the visits that stay, because they would have to start in the past."""

    release: str
    changes: Sequence[str]
    kept: Sequence[KeptVisit]
    begun: Sequence[KeptVisit]


class AdoptZoneRulesHandler:
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
        """Move the visits and record the adoption; ``report`` gets the numbers done and total.

        Raises StaleVersionError, TimeTakenError: other writers came first each time;
        UnavailableError. Safe to repeat.
        """
        seen = sightings or self._store.read()
        log, now = self._logs.of(tenant_id), self._clock.now()
        found = disagreements_of(log, seen, now)
        moves = moves_in(log, seen, found.affected) if found.affected else []
        due = [move for move in moves if move.is_possible(now)]
        begun = [_kept(move) for move in moves if move.starts_at > now >= move.to]
        if dry_run or not found.affected:
            return ZoneRulesAdoption(seen.newest.release, found.descriptions, [_kept(move) for move in due], begun)
        cause = uuid5(tenant_id, f"zone rules {seen.newest.release} {seen.newest.seen_at.isoformat()}")
        kept: list[KeptVisit] = []
        for first in range(0, len(due), _BATCH):
            ids = [move.aggregate.id for move in due[first : first + _BATCH]]
            kept += self._keep(log, seen, ids, cause)
            report(min(first + _BATCH, len(due)), len(due))
        self._adopt(log, seen.newest.release, found.descriptions, cause)
        return ZoneRulesAdoption(seen.newest.release, found.descriptions, kept, begun)

    def _keep(self, log: PracticeLog, seen: Sightings, ids: Sequence[UUID], cause: UUID) -> list[KeptVisit]:
        def decide() -> list[KeptVisit]:
            now = self._clock.now()
            due = in_order(move for move in moves_of(log, seen, ids) if move.is_possible(now))
            if not due:
                return []
            mover = VisitMover(log, due, seen.newest.release, now)
            named = ",".join(f"{move.aggregate.id} {move.aggregate.version}" for move in due)
            log.record(
                *mover.aggregates,
                by=Provenance(ACTOR, uuid5(cause, named), causation_id=cause),
                guards=[*map(TimeRelease, mover.releases), *mover.claims],
            )
            return [_kept(move, is_beside=move.aggregate.id in mover.beside) for move in due]

        return retry_when_overtaken(decide, _TRIES, (StaleVersionError, TimeTakenError, CommandRepeatedError))

    def _adopt(self, log: PracticeLog, release: str, changes: Sequence[str], cause: UUID) -> None:
        def decide() -> None:
            practice = log.load(Practice, log.tenant_id)
            practice.adopt_zone_rules(release, changes, self._clock.now())
            log.record(practice, by=Provenance(ACTOR, cause))

        try:
            retry_when_overtaken(decide, _TRIES, (StaleVersionError,))
        except CommandRepeatedError:
            return


def _kept(move: Move, *, is_beside: bool = False) -> KeptVisit:
    kind = "session" if isinstance(move.aggregate, GroupSession) else "appointment"
    return KeptVisit(move.aggregate.id, kind, move.zone, move.starts_at, move.to, is_beside)
