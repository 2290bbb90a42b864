"""What becomes of a course's sessions together, and what each fact makes of the course. They are known as ``Course.Changed`` and so on.

Each says of every session that was meant what became of it: done by index, or ``kept`` as it was with the code of the reason. What
became of a session itself is for its own facts to say, recorded in the same append.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.kernel.aggregate import Aggregate


@dataclass(frozen=True, slots=True)
class CourseChange:
    scope: str
    from_index: int
    changed: Sequence[int]
    kept: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class CourseEnrolment:
    """``enrolled`` where there was a seat, ``waiting`` where there was none."""

    patient_id: UUID
    from_index: int
    enrolled: Sequence[int]
    waiting: Sequence[int]
    kept: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class CourseWithdrawal:
    patient_id: UUID
    from_index: int
    withdrawn: Sequence[int]
    kept: Mapping[int, str]


class Changed(Aggregate.Event):
    """``starts`` are the times that the course has from now on for the sessions that were changed."""

    TOPIC = "scheduling.course.changed"
    scope: str
    from_index: int
    staff_ids: list[UUID]
    changed: list[int]
    starts: list[datetime]
    kept: list[int]
    kept_because: list[str]

    def apply(self, aggregate: Any) -> None:
        starts = dict(zip(self.changed, self.starts, strict=True))
        aggregate.staff_ids = self.staff_ids
        aggregate.sessions = [
            replace(each, starts_at=starts.get(each.index, each.starts_at)) for each in aggregate.sessions
        ]
        aggregate.last_change = CourseChange(self.scope, self.from_index, self.changed, _kept(self))


class Enrolled(Aggregate.Event):
    TOPIC = "scheduling.course.enrolled"
    patient_id: UUID
    from_index: int
    enrolled: list[int]
    waiting: list[int]
    kept: list[int]
    kept_because: list[str]

    def apply(self, aggregate: Any) -> None:
        aggregate.last_enrolment = CourseEnrolment(
            self.patient_id, self.from_index, self.enrolled, self.waiting, _kept(self)
        )


class Withdrawn(Aggregate.Event):
    TOPIC = "scheduling.course.withdrawn"
    patient_id: UUID
    from_index: int
    withdrawn: list[int]
    kept: list[int]
    kept_because: list[str]

    def apply(self, aggregate: Any) -> None:
        aggregate.last_withdrawal = CourseWithdrawal(self.patient_id, self.from_index, self.withdrawn, _kept(self))


def _kept(fact: Changed | Enrolled | Withdrawn) -> dict[int, str]:
    return dict(zip(fact.kept, fact.kept_because, strict=True))
