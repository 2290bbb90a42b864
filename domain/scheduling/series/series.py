"""A series: visits of one patient that were planned together by a rule, each an appointment of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self, TypedDict
from uuid import UUID

from eventsourcing.domain import event

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError


class Scope(StrEnum):
    """Whom a change of a series is meant for, seen from one occurrence."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One occurrence. ``index`` and ``original`` (a naive time on the series' wall clock) are what it is known by, for ever.

    ``starts_at`` is when the series has it, which its own appointment may have left since. One that could not be booked has no
    appointment, and ``skipped`` is the code of the reason.
    """

    index: int
    original: datetime
    starts_at: datetime
    appointment_id: UUID | None = None
    skipped: str | None = None


class ChangeFields(TypedDict):
    """A change of a series in the terms of the facts that tell of it."""

    scope: str
    from_index: int
    changed: list[int]
    kept: list[int]
    kept_because: list[str]


@dataclass(frozen=True, slots=True)
class SeriesChange:
    """What became of each visit that a change was meant for: ``changed`` by index, ``kept`` as it was with the code of the reason."""

    scope: str
    from_index: int
    changed: Sequence[int]
    kept: Mapping[int, str]

    def fields(self) -> ChangeFields:
        return {
            "scope": str(self.scope),
            "from_index": self.from_index,
            "changed": list(self.changed),
            "kept": list(self.kept),
            "kept_because": list(self.kept.values()),
        }


class Series(Aggregate):
    TOPIC = "scheduling.series"

    class Planned(InitialEvent):
        TOPIC = "scheduling.series.planned"
        patient_id: UUID
        service_id: UUID
        clinician_id: UUID
        zone: str
        rrule: str
        indexes: list[int]
        originals: list[str]
        starts: list[datetime]
        appointment_ids: list[UUID]
        skipped_indexes: list[int]
        skipped_originals: list[str]
        skipped_starts: list[datetime]
        skipped_because: list[str]

    class Changed(Aggregate.Event):
        TOPIC = "scheduling.series.changed"
        scope: str
        from_index: int
        clinician_id: UUID
        changed: list[int]
        starts: list[datetime]
        kept: list[int]
        kept_because: list[str]

    class Cancelled(Aggregate.Event):
        TOPIC = "scheduling.series.cancelled"
        scope: str
        from_index: int
        changed: list[int]
        kept: list[int]
        kept_because: list[str]

    class NotesChanged(Aggregate.Event):
        """What they say is for each visit to keep, since it is personal."""

        TOPIC = "scheduling.series.notes_changed"
        scope: str
        from_index: int
        changed: list[int]
        kept: list[int]
        kept_because: list[str]

    @classmethod
    def plan(
        cls,
        *,
        id: UUID,
        patient_id: UUID,
        service_id: UUID,
        clinician_id: UUID,
        zone: str,
        rrule: str,
        visits: Sequence[PlannedVisit],
        at: datetime,
    ) -> Self:
        """Note what was planned. Raises InvalidValueError: not one of the visits is booked."""
        booked = [visit for visit in visits if visit.appointment_id is not None]
        skipped = [visit for visit in visits if visit.appointment_id is None]
        if not booked:
            raise InvalidValueError("rrule", "a series has at least one visit")
        return cls._create(
            cls.Planned,
            id=id,
            timestamp=at,
            patient_id=patient_id,
            service_id=service_id,
            clinician_id=clinician_id,
            zone=zone,
            rrule=rrule,
            indexes=[visit.index for visit in booked],
            originals=[visit.original.isoformat() for visit in booked],
            starts=[visit.starts_at for visit in booked],
            appointment_ids=[visit.appointment_id for visit in booked],
            skipped_indexes=[visit.index for visit in skipped],
            skipped_originals=[visit.original.isoformat() for visit in skipped],
            skipped_starts=[visit.starts_at for visit in skipped],
            skipped_because=[str(visit.skipped) for visit in skipped],
        )

    @event(Planned)
    def __init__(
        self,
        patient_id: UUID,
        service_id: UUID,
        clinician_id: UUID,
        zone: str,
        rrule: str,
        indexes: list[int],
        originals: list[str],
        starts: list[datetime],
        appointment_ids: list[UUID],
        skipped_indexes: list[int],
        skipped_originals: list[str],
        skipped_starts: list[datetime],
        skipped_because: list[str],
    ) -> None:
        self.patient_id = patient_id
        self.service_id = service_id
        self.clinician_id = clinician_id
        self.zone = zone
        self.rrule = rrule
        booked = zip(indexes, originals, starts, appointment_ids, strict=True)
        skipped = zip(skipped_indexes, skipped_originals, skipped_starts, skipped_because, strict=True)
        visits = [PlannedVisit(i, datetime.fromisoformat(o), s, appointment_id=a) for i, o, s, a in booked]
        visits += [PlannedVisit(i, datetime.fromisoformat(o), s, skipped=why) for i, o, s, why in skipped]
        self.visits = {visit.index: visit for visit in sorted(visits, key=lambda visit: visit.index)}
        self.last_change: SeriesChange | None = None

    def visit(self, index: int) -> PlannedVisit:
        """Return one occurrence. Raises InvalidValueError: the series has none of this number, or it was never booked."""
        visit = self.visits.get(index)
        if visit is None:
            raise InvalidValueError("from_occurrence", f"the series has occurrences 1 to {len(self.visits)}")
        if visit.appointment_id is None:
            raise InvalidValueError(
                "from_occurrence", "this occurrence was skipped when the series was booked; choose another"
            )
        return visit

    def meant(self, scope: Scope, from_index: int) -> list[PlannedVisit]:
        """Return the visits that a change is meant for, in order, without those that were skipped. Raises what ``visit`` raises."""
        chosen = self.visit(from_index)
        if scope is Scope.THIS:
            return [chosen]
        first = from_index if scope is Scope.FOLLOWING else 1
        return [visit for visit in self.visits.values() if visit.index >= first and visit.appointment_id]

    def change(self, change: SeriesChange, clinician_id: UUID, starts: Mapping[int, datetime], at: datetime) -> None:
        """Note that visits were moved, or given to another clinician or place.

        ``starts`` are the times that the series has for those changed from now on. A visit that was changed by itself
        (``Scope.THIS``) keeps the time that the series has for it: it is an exception, and stays one.
        """
        is_alone = change.scope == Scope.THIS
        self._changed(
            **change.fields(),
            clinician_id=self.clinician_id if is_alone else clinician_id,
            starts=[self.visits[index].starts_at if is_alone else starts[index] for index in change.changed],
            timestamp=at,
        )

    @event(Changed)
    def _changed(
        self,
        scope: str,
        from_index: int,
        clinician_id: UUID,
        changed: list[int],
        starts: list[datetime],
        kept: list[int],
        kept_because: list[str],
        timestamp: datetime,
    ) -> None:
        self.clinician_id = clinician_id
        for index, starts_at in zip(changed, starts, strict=True):
            self.visits[index] = replace(self.visits[index], starts_at=starts_at)
        self.last_change = SeriesChange(scope, from_index, changed, dict(zip(kept, kept_because, strict=True)))

    def cancel(self, change: SeriesChange, at: datetime) -> None:
        """Note that visits were cancelled; why is for each visit to keep, since it may be personal."""
        self._cancelled(**change.fields(), timestamp=at)

    @event(Cancelled)
    def _cancelled(
        self,
        scope: str,
        from_index: int,
        changed: list[int],
        kept: list[int],
        kept_because: list[str],
        timestamp: datetime,
    ) -> None:
        self.last_change = SeriesChange(scope, from_index, changed, dict(zip(kept, kept_because, strict=True)))

    def change_notes(self, change: SeriesChange, at: datetime) -> None:
        """Note that visits have other notes."""
        self._notes_changed(**change.fields(), timestamp=at)

    @event(NotesChanged)
    def _notes_changed(
        self,
        scope: str,
        from_index: int,
        changed: list[int],
        kept: list[int],
        kept_because: list[str],
        timestamp: datetime,
    ) -> None:
        self.last_change = SeriesChange(scope, from_index, changed, dict(zip(kept, kept_because, strict=True)))
