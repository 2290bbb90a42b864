"""A course: sessions planned together by a rule, each a GroupSession of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from domain.kernel.aggregate import Aggregate
from domain.scheduling.series.occurrence_plan import (
    OccurrencePlan,
    PlanChange,
    PlanEvent,
    PlanMoveEvent,
    PlannedOccurrence,
    PlanOutcome,
    Scope,
)


@dataclass(frozen=True, slots=True)
class CourseEnrolment(PlanOutcome):
    """``enrolled`` where a seat was free, ``waiting`` where none was."""

    patient_id: UUID
    from_index: int
    enrolled: list[int]
    waiting: list[int]
    kept: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class CourseWithdrawal(PlanOutcome):
    patient_id: UUID
    from_index: int
    withdrawn: list[int]
    kept: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class CourseCancellation(PlanOutcome):
    from_index: int
    cancelled: list[int]
    kept: Mapping[int, str]


class OutcomeEvent(Aggregate.Event):
    """The common fields of outcomes; each session records its own events in the same append."""

    from_index: int
    kept: list[int]
    kept_because: list[str]


class Course(OccurrencePlan):
    """A course has no roster: each session has its own. It keeps the last command of each kind."""

    TOPIC = "scheduling.course"

    service_id: UUID
    staff_ids: list[UUID]
    seats: int
    last_cancellation: CourseCancellation | None = None
    last_change: PlanChange | None = None
    last_enrolment: CourseEnrolment | None = None
    last_withdrawal: CourseWithdrawal | None = None

    class Changed(PlanMoveEvent):
        TOPIC = "scheduling.course.changed"
        staff_ids: list[UUID]

        def apply(self, aggregate: Course) -> None:
            self.move(aggregate)
            aggregate.staff_ids = self.staff_ids
            aggregate.last_change = PlanChange.of(self)

    class Enrolled(OutcomeEvent):
        TOPIC = "scheduling.course.enrolled"
        patient_id: UUID
        enrolled: list[int]
        waiting: list[int]

        def apply(self, aggregate: Course) -> None:
            aggregate.last_enrolment = CourseEnrolment.of(self)

    class Withdrawn(OutcomeEvent):
        TOPIC = "scheduling.course.withdrawn"
        patient_id: UUID
        withdrawn: list[int]

        def apply(self, aggregate: Course) -> None:
            aggregate.last_withdrawal = CourseWithdrawal.of(self)

    class Planned(PlanEvent):
        TOPIC = "scheduling.course.planned"
        service_id: UUID
        staff_ids: list[UUID]
        seats: int
        session_ids: list[UUID]

        def apply(self, aggregate: Course) -> None:
            aggregate.occurrences = self.occurrences(self.session_ids)

    class Cancelled(OutcomeEvent):
        """Each session keeps the reason, which may be personal."""

        TOPIC = "scheduling.course.cancelled"
        cancelled: list[int]

        def apply(self, aggregate: Course) -> None:
            aggregate.last_cancellation = CourseCancellation.of(self)

    @classmethod
    def plan(
        cls,
        *,
        id: UUID,
        service_id: UUID,
        staff_ids: Sequence[UUID],
        seats: int,
        zone: str,
        rrule: str,
        sessions: Sequence[PlannedOccurrence],
        at: datetime,
    ) -> Self:
        """Record the plan. Raises InvalidValueError: every session was skipped."""
        return cls._create(
            cls.Planned,
            id=id,
            timestamp=at,
            service_id=service_id,
            staff_ids=list(staff_ids),
            seats=seats,
            zone=zone,
            rrule=rrule,
            **cls.plan_fields(sessions, "session_ids"),
        )

    def change(
        self, change: PlanChange, staff_ids: Sequence[UUID], starts: Mapping[int, datetime], at: datetime
    ) -> None:
        """Record that sessions moved or changed staff or rooms; ``starts`` as for ``starts_of``."""
        self.trigger_event(
            self.Changed,
            **change.fields(),
            staff_ids=list(self.staff_ids if change.scope == Scope.THIS else staff_ids),
            starts=self.starts_of(change, starts),
            timestamp=at,
        )

    def enrol(self, enrolment: CourseEnrolment, at: datetime) -> None:
        """Record that a patient got seats, or places on waiting lists."""
        self.trigger_event(self.Enrolled, **enrolment.fields(), timestamp=at)

    def withdraw(self, withdrawal: CourseWithdrawal, at: datetime) -> None:
        """Record that a patient gave up seats and places on waiting lists."""
        self.trigger_event(self.Withdrawn, **withdrawal.fields(), timestamp=at)

    def cancel(self, cancellation: CourseCancellation, at: datetime) -> None:
        """Record that sessions were cancelled."""
        self.trigger_event(self.Cancelled, **cancellation.fields(), timestamp=at)
