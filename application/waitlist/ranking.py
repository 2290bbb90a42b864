"""Goes along the line of those who wait, and says of each what a free time is for them."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from application.practice_log import PracticeLog
from application.scheduling.diary import Diary, open_diary
from application.waitlist.ports import Line, Waiting, WaitingLines
from domain.practice.service import Service
from domain.scheduling.fitting import fitting
from domain.scheduling.question import Slot
from domain.time_range import TimeRange


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
        self._diaries: dict[UUID, Diary] = {}
        given = [
            service.id
            for service in log.catalogue().all(Service)
            if service.active and clinician_id in service.fields["clinician_ids"]
        ]
        self.line: Line = lines.line(log.tenant_id, clinician_id, given, freed)

    def diary(self, service_id: UUID) -> Diary:
        """Return what decides when the clinician can give a service in this time."""
        if service_id not in self._diaries:
            self._diaries[service_id] = open_diary(self._log, service_id, [self._clinician_id], self._freed, self._now)
        return self._diaries[service_id]

    def walk(self) -> Iterator[tuple[Waiting, Slot | str]]:
        """Yield everybody in line with the visit that fits them, or with the code of the reason why none does."""
        for waiting in self.line.waiting:
            question = self.diary(waiting.service_id).question(self._clinician_id, without=self._without)
            yield waiting, fitting(question, self._freed, waiting.wish, waiting.offered_before)
