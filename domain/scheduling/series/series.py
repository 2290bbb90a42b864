"""A series: visits of one patient planned together by a rule, each with its own appointment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from domain.kernel.errors import InvalidValueError
from domain.scheduling.series.occurrence_plan import (
    OccurrencePlan,
    PlanChange,
    PlanChangeEvent,
    PlanEvent,
    PlanMoveEvent,
    Scope,
)


class Series(OccurrencePlan):
    """The ``booked_id`` of an occurrence is its appointment."""

    TOPIC = "scheduling.series"
    BOOKED_IDS = "appointment_ids"

    patient_id: UUID
    service_id: UUID
    clinician_id: UUID
    last_change: PlanChangeEvent | None = None

    class Planned(PlanEvent):
        TOPIC = "scheduling.series.planned"
        patient_id: UUID
        service_id: UUID
        clinician_id: UUID
        appointment_ids: list[UUID]

        def apply(self, aggregate: Series) -> None:
            aggregate.occurrences = self.occurrences(self.appointment_ids)

    class Changed(PlanMoveEvent):
        TOPIC = "scheduling.series.changed"
        clinician_id: UUID

        def apply(self, aggregate: Series) -> None:
            self.move(aggregate)
            aggregate.clinician_id = self.clinician_id
            aggregate.last_change = self

    class Cancelled(PlanChangeEvent):
        """Each appointment keeps the reason, which may be personal."""

        TOPIC = "scheduling.series.cancelled"

        def apply(self, aggregate: Series) -> None:
            aggregate.last_change = self

    class NotesChanged(PlanChangeEvent):
        """Each appointment keeps the notes, which are personal."""

        TOPIC = "scheduling.series.notes_changed"

        def apply(self, aggregate: Series) -> None:
            aggregate.last_change = self

    def in_scope(self, from_index: int, scope: Scope = Scope.FOLLOWING) -> dict[int, UUID]:
        """As in OccurrencePlan, but the chosen occurrence itself must not have been skipped."""
        if from_index in self.occurrences and self.occurrences[from_index].booked_id is None:
            raise InvalidValueError("from_occurrence", "this occurrence was skipped when the series was booked")
        return super().in_scope(from_index, scope)

    def change(self, change: PlanChange, clinician_id: UUID, starts: Mapping[int, datetime], at: datetime) -> None:
        """Record moves and changes of clinician or location; ``starts`` as for ``starts_of``."""
        self.trigger_event(
            self.Changed,
            **change.fields(),
            clinician_id=self.clinician_id if change.scope == Scope.THIS else clinician_id,
            starts=self.starts_of(change, starts),
            timestamp=at,
        )

    def cancel(self, change: PlanChange, at: datetime) -> None:
        """Record that visits were cancelled."""
        self.trigger_event(self.Cancelled, **change.fields(), timestamp=at)

    def change_notes(self, change: PlanChange, at: datetime) -> None:
        """Record that the notes of visits were changed."""
        self.trigger_event(self.NotesChanged, **change.fields(), timestamp=at)
