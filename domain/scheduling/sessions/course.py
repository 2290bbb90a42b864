"""A course: sessions planned together by a rule, each a GroupSession of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from domain.scheduling.series.occurrence_plan import (
    OccurrencePlan,
    PlanChange,
    PlanEvent,
    PlanMoveEvent,
    PlanOutcomeEvent,
    Scope,
    kept_fields,
)


class Course(OccurrencePlan):
    """A course has no roster: each session has its own. It keeps the last command of each kind."""

    TOPIC = "scheduling.course"
    BOOKED_IDS = "session_ids"

    service_id: UUID
    staff_ids: list[UUID]
    seats: int
    last_cancellation: Course.Cancelled | None = None
    last_change: Course.Changed | None = None
    last_enrolment: Course.Enrolled | None = None
    last_withdrawal: Course.Withdrawn | None = None

    class Changed(PlanMoveEvent):
        TOPIC = "scheduling.course.changed"
        staff_ids: list[UUID]

        def apply(self, aggregate: Course) -> None:
            self.move(aggregate)
            aggregate.staff_ids = self.staff_ids
            aggregate.last_change = self

    class Enrolled(PlanOutcomeEvent):
        TOPIC = "scheduling.course.enrolled"
        patient_id: UUID
        enrolled: list[int]
        waiting: list[int]

        def apply(self, aggregate: Course) -> None:
            aggregate.last_enrolment = self

    class Withdrawn(PlanOutcomeEvent):
        TOPIC = "scheduling.course.withdrawn"
        patient_id: UUID
        withdrawn: list[int]

        def apply(self, aggregate: Course) -> None:
            aggregate.last_withdrawal = self

    class Planned(PlanEvent):
        TOPIC = "scheduling.course.planned"
        service_id: UUID
        staff_ids: list[UUID]
        seats: int
        session_ids: list[UUID]

        def apply(self, aggregate: Course) -> None:
            aggregate.occurrences = self.occurrences(self.session_ids)

    class Cancelled(PlanOutcomeEvent):
        """Each session keeps the reason, which may be personal."""

        TOPIC = "scheduling.course.cancelled"
        cancelled: list[int]

        def apply(self, aggregate: Course) -> None:
            aggregate.last_cancellation = self

    def change(
        self, change: PlanChange, staff_ids: Sequence[UUID], starts: Mapping[int, datetime], at: datetime
    ) -> None:
        """Record moves and changes of staff or rooms; ``starts`` as for ``starts_of``."""
        self.trigger_event(
            self.Changed,
            **change.fields(),
            staff_ids=list(self.staff_ids if change.scope == Scope.THIS else staff_ids),
            starts=self.starts_of(change, starts),
            timestamp=at,
        )

    def enrol(
        self, patient_id: UUID, from_index: int, has_seat: Mapping[int, bool], kept: Mapping[int, str], at: datetime
    ) -> None:
        """Record seats and, where ``has_seat`` is false, places in waiting lines of a patient."""
        self.trigger_event(
            self.Enrolled,
            patient_id=patient_id,
            from_index=from_index,
            enrolled=[index for index, seat in has_seat.items() if seat],
            waiting=[index for index, seat in has_seat.items() if not seat],
            **kept_fields(kept),
            timestamp=at,
        )

    def withdraw(
        self, patient_id: UUID, from_index: int, withdrawn: list[int], kept: Mapping[int, str], at: datetime
    ) -> None:
        """Record that a patient gave up seats and places in waiting lines."""
        self.trigger_event(
            self.Withdrawn,
            patient_id=patient_id,
            from_index=from_index,
            withdrawn=withdrawn,
            **kept_fields(kept),
            timestamp=at,
        )

    def cancel(self, from_index: int, cancelled: list[int], kept: Mapping[int, str], at: datetime) -> None:
        """Record that sessions were cancelled."""
        self.trigger_event(
            self.Cancelled, from_index=from_index, cancelled=cancelled, **kept_fields(kept), timestamp=at
        )
