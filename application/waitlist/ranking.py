"""Find, for each waiting entry in order, the visit that a free time allows."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from application.kernel.practice_log import PracticeLog
from application.scheduling.availability.schedule import Schedule, load_schedule
from application.waitlist.ports import Line, Waiting, WaitingLines
from domain.kernel.time_range import TimeRange
from domain.practice.service import Service
from domain.scheduling.availability.query import Slot
from domain.scheduling.errors import PatientBusyError
from domain.waitlist.slot_fit import fitting


class Ranking:
    """The line for a free time of one clinician, read once.

    ``without`` is the opening that claims this time.
    """

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
        self._schedules: dict[UUID, Schedule] = {}
        service_ids = [
            service.id
            for service in log.catalogue().all(Service)
            if service.active and clinician_id in service.terms.clinician_ids
        ]
        self.line: Line = lines.line(log.tenant_id, clinician_id, service_ids, freed)

    def slot_for(self, waiting: Waiting) -> Slot | str:
        """Return the suitable slot at which the patient has no other visit, or ``patient_busy``.

        For an entry with a suitable slot; reads the patient's other visits.
        """
        schedule = load_schedule(
            self._log, waiting.service_id, [self._clinician_id], self._freed, self._now, patient_id=waiting.patient_id
        )
        query = schedule.query(self._clinician_id, without=self._without)
        found = fitting(query, self._freed, waiting.preferences, waiting.offered_before)
        return PatientBusyError.code if isinstance(found, str) else found

    def schedule(self, service_id: UUID) -> Schedule:
        """Return the clinician's schedule for a service in this time."""
        if service_id not in self._schedules:
            self._schedules[service_id] = load_schedule(
                self._log, service_id, [self._clinician_id], self._freed, self._now
            )
        return self._schedules[service_id]

    def walk(self) -> Iterator[tuple[Waiting, Slot | str]]:
        """Yield each entry with its suitable slot, or with the code of the reason for none."""
        for waiting in self.line.waiting:
            query = self.schedule(waiting.service_id).query(self._clinician_id, without=self._without)
            yield waiting, fitting(query, self._freed, waiting.preferences, waiting.offered_before)
