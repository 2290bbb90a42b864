"""The plan shared by a series and a course: occurrences of a rule, some of them skipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError


class Scope(StrEnum):
    """The occurrences that a command affects, relative to one of them."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class PlannedOccurrence:
    """``index`` and ``original`` (the naive local time planned first) never change and identify it.

    ``starts_at`` is the planned start; its own visit or session, ``booked_id``, may have moved
    since. A skipped occurrence has no ``booked_id``; ``skipped`` is the code of the reason.
    """

    index: int
    original: datetime
    starts_at: datetime
    booked_id: UUID | None = None
    skipped: str | None = None


@dataclass(frozen=True, slots=True)
class PlanChange:
    """``changed`` and ``kept`` together are the occurrences in the scope, by index.

    ``kept`` maps unchanged occurrences to the code of the reason.
    """

    scope: Scope
    from_index: int
    changed: list[int]
    kept: Mapping[int, str]

    def fields(self) -> dict[str, Any]:
        """Return the fields of a PlanChangeEvent."""
        return {
            "scope": self.scope.value,
            "from_index": self.from_index,
            "changed": self.changed,
            **kept_fields(self.kept),
        }


def kept_fields(kept: Mapping[int, str]) -> dict[str, Any]:
    return {"kept": list(kept), "kept_because": list(kept.values())}


class PlanEvent(InitialEvent):
    """The plan in columns: booked occurrences, then skipped ones. Subclasses add the booked ids."""

    zone: str
    rrule: str
    indexes: list[int]
    originals: list[str]
    starts: list[datetime]
    skipped_indexes: list[int]
    skipped_originals: list[str]
    skipped_starts: list[datetime]
    skipped_because: list[str]

    def occurrences(self, booked_ids: Sequence[UUID]) -> dict[int, PlannedOccurrence]:
        booked = zip(self.indexes, self.originals, self.starts, booked_ids, strict=True)
        skipped = zip(
            self.skipped_indexes, self.skipped_originals, self.skipped_starts, self.skipped_because, strict=True
        )
        found = [PlannedOccurrence(i, datetime.fromisoformat(o), s, booked_id=id) for i, o, s, id in booked]
        found += [PlannedOccurrence(i, datetime.fromisoformat(o), s, skipped=why) for i, o, s, why in skipped]
        return {each.index: each for each in sorted(found, key=lambda each: each.index)}


class PlanOutcomeEvent(Aggregate.Event):
    """The outcome of a command by occurrence. Visits and sessions record events of their own."""

    from_index: int
    kept: list[int]
    kept_because: list[str]

    @property
    def reasons(self) -> dict[int, str]:
        """The unchanged occurrences with the code of the reason."""
        return dict(zip(self.kept, self.kept_because, strict=True))


class PlanChangeEvent(PlanOutcomeEvent):
    """The fields of PlanChange."""

    scope: str
    changed: list[int]


class PlanMoveEvent(PlanChangeEvent):
    """``starts`` are the planned starts of the changed occurrences from now on."""

    starts: list[datetime]

    def move(self, aggregate: OccurrencePlan) -> None:
        for index, starts_at in zip(self.changed, self.starts, strict=True):
            aggregate.occurrences[index] = replace(aggregate.occurrences[index], starts_at=starts_at)


class OccurrencePlan(Aggregate):
    """``occurrences`` are all occurrences by index, in order."""

    BOOKED_IDS: ClassVar[str]
    """The field of the event Planned with the ids of the appointments or sessions."""
    Planned: ClassVar[type[PlanEvent]]

    zone: str
    rrule: str
    occurrences: dict[int, PlannedOccurrence] = field(init=False)

    @property
    def skipped(self) -> int:
        return sum(each.booked_id is None for each in self.occurrences.values())

    @classmethod
    def plan(cls, *, id: UUID, occurrences: Sequence[PlannedOccurrence], at: datetime, **terms: Any) -> Self:
        """Record the plan; ``terms`` are the other fields of the event Planned.

        Raises InvalidValueError: every occurrence was skipped.
        """
        booked = [each for each in occurrences if each.booked_id is not None]
        skipped = [each for each in occurrences if each.booked_id is None]
        if not booked:
            raise InvalidValueError("rrule", "at least one occurrence must be possible")
        columns = {
            "indexes": [each.index for each in booked],
            "originals": [each.original.isoformat() for each in booked],
            "starts": [each.starts_at for each in booked],
            cls.BOOKED_IDS: [each.booked_id for each in booked],
            "skipped_indexes": [each.index for each in skipped],
            "skipped_originals": [each.original.isoformat() for each in skipped],
            "skipped_starts": [each.starts_at for each in skipped],
            "skipped_because": [str(each.skipped) for each in skipped],
        }
        return cls._create(cls.Planned, id=id, timestamp=at, **columns, **terms)

    def in_scope(self, from_index: int, scope: Scope = Scope.FOLLOWING) -> dict[int, UUID]:
        """Return the visits or sessions in the scope, by index, without skipped occurrences.

        Raises InvalidValueError: there is no such occurrence, or all in the scope were skipped.
        """
        if from_index not in self.occurrences:
            raise InvalidValueError("from_occurrence", f"occurrences are numbered 1 to {len(self.occurrences)}")
        first = 1 if scope is Scope.ALL else from_index
        last = from_index if scope is Scope.THIS else len(self.occurrences)
        found = {
            each.index: each.booked_id
            for each in self.occurrences.values()
            if first <= each.index <= last and each.booked_id
        }
        if not found:
            raise InvalidValueError("from_occurrence", "all occurrences in the scope were skipped when planned")
        return found

    def starts_of(self, change: PlanChange, starts: Mapping[int, datetime]) -> list[datetime]:
        """Return the planned starts after a change; an occurrence changed alone keeps its own."""
        if change.scope == Scope.THIS:
            return [self.occurrences[index].starts_at for index in change.changed]
        return [starts[index] for index in change.changed]
