"""Goes along the line of those who wait, and says of each what a free time is for them."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from application.kernel.practice_log import PracticeLog
from application.scheduling.availability.schedule import Schedule, load_schedule
from application.waitlist.ports import Line, Waiting, WaitingLines
from domain.kernel.time_range import TimeRange
from domain.practice.service import Service
from domain.scheduling.availability.query import Slot
from domain.waitlist.slot_fit import fitting


class Ranking:
    """The line for one clinician's time, as it was read once. ``without`` is the opening that holds this very time, if one does."""

    def __init__(
        self,
        log: PracticeLog,
        lines: WaitingLines,
        clinician_id: UUID,
        freed: TimeRange,
        now: datetime,
        without: UUID | None = None,
    ) -> None:
        self._log = log
        self._clinician_id = clinician_id
        self._freed = freed
        self._now = now
        self._without = without
        self._diaries: dict[UUID, Schedule] = {}
        given = [
            service.id
            for service in log.catalogue().all(Service)
            if service.active and clinician_id in service.terms.clinician_ids
        ]
        self.line: Line = lines.line(log.tenant_id, clinician_id, given, freed)

    def schedule(self, service_id: UUID) -> Schedule:
        """Return what decides when the clinician can give a service in this time."""
        if service_id not in self._diaries:
            self._diaries[service_id] = load_schedule(
                self._log, service_id, [self._clinician_id], self._freed, self._now
            )
        return self._diaries[service_id]

    def walk(self) -> Iterator[tuple[Waiting, Slot | str]]:
        """Yield everybody in line with the visit that fits them, or with the code of the reason why none does."""
        for waiting in self.line.waiting:
            query = self.schedule(waiting.service_id).query(self._clinician_id, without=self._without)
            yield waiting, fitting(query, self._freed, waiting.preferences, waiting.offered_before)
