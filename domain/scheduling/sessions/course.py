"""A course: sessions that were planned together by a rule, each a session of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self, TypedDict
from uuid import UUID

from eventsourcing.domain import event

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.scheduling.series.series import Scope
from domain.scheduling.sessions import course_events as facts


@dataclass(frozen=True, slots=True)
class PlannedGroupSession:
    """One occurrence. ``index`` and ``original`` (a naive time on the course's wall clock) are what it is known by, for ever.

    ``starts_at`` is when the course has it, which its session may have left since. One that could not be planned has no session, and
    ``skipped`` is the code of the reason.
    """

    index: int
    original: datetime
    starts_at: datetime
    session_id: UUID | None = None
    skipped: str | None = None


@dataclass(frozen=True, slots=True)
class CourseCancellation:
    """What became of each session from one occurrence on: ``cancelled`` by index, ``kept`` as it was with the code of the reason."""

    from_index: int
    cancelled: Sequence[int]
    kept: Mapping[int, str]


class _Kept(TypedDict):
    kept: list[int]
    kept_because: list[str]


class Course(Aggregate):
    """A course has no roster: who comes is for each session to know. What it remembers of people is the last command about one."""

    TOPIC = "scheduling.course"

    Changed = facts.Changed
    Enrolled = facts.Enrolled
    Withdrawn = facts.Withdrawn

    class Planned(InitialEvent):
        TOPIC = "scheduling.course.planned"
        service_id: UUID
        staff_ids: list[UUID]
        seats: int
        zone: str
        rrule: str
        indexes: list[int]
        originals: list[str]
        starts: list[datetime]
        session_ids: list[UUID]
        skipped_indexes: list[int]
        skipped_originals: list[str]
        skipped_starts: list[datetime]
        skipped_because: list[str]

    class Cancelled(Aggregate.Event):
        TOPIC = "scheduling.course.cancelled"
        from_index: int
        cancelled: list[int]
        kept: list[int]
        kept_because: list[str]

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
        sessions: Sequence[PlannedGroupSession],
        at: datetime,
    ) -> Self:
        """Note what was planned. Raises InvalidValueError: not one of the sessions is."""
        planned = [session for session in sessions if session.session_id is not None]
        skipped = [session for session in sessions if session.session_id is None]
        if not planned:
            raise InvalidValueError("rrule", "a course has at least one session")
        return cls._create(
            cls.Planned,
            id=id,
            timestamp=at,
            service_id=service_id,
            staff_ids=list(staff_ids),
            seats=seats,
            zone=zone,
            rrule=rrule,
            indexes=[session.index for session in planned],
            originals=[session.original.isoformat() for session in planned],
            starts=[session.starts_at for session in planned],
            session_ids=[session.session_id for session in planned],
            skipped_indexes=[session.index for session in skipped],
            skipped_originals=[session.original.isoformat() for session in skipped],
            skipped_starts=[session.starts_at for session in skipped],
            skipped_because=[str(session.skipped) for session in skipped],
        )

    @event(Planned)
    def __init__(
        self,
        service_id: UUID,
        staff_ids: list[UUID],
        seats: int,
        zone: str,
        rrule: str,
        indexes: list[int],
        originals: list[str],
        starts: list[datetime],
        session_ids: list[UUID],
        skipped_indexes: list[int],
        skipped_originals: list[str],
        skipped_starts: list[datetime],
        skipped_because: list[str],
    ) -> None:
        self.service_id = service_id
        self.staff_ids = staff_ids
        self.seats = seats
        self.zone = zone
        self.rrule = rrule
        planned = zip(indexes, originals, starts, session_ids, strict=True)
        skipped = zip(skipped_indexes, skipped_originals, skipped_starts, skipped_because, strict=True)
        sessions = [PlannedGroupSession(i, datetime.fromisoformat(o), s, session_id=id_) for i, o, s, id_ in planned]
        sessions += [PlannedGroupSession(i, datetime.fromisoformat(o), s, skipped=why) for i, o, s, why in skipped]
        self.sessions = sorted(sessions, key=lambda session: session.index)
        self.last_cancellation: CourseCancellation | None = None
        self.last_change: facts.CourseChange | None = None
        self.last_enrolment: facts.CourseEnrolment | None = None
        self.last_withdrawal: facts.CourseWithdrawal | None = None

    def meant(self, from_index: int, scope: Scope = Scope.FOLLOWING) -> dict[int, UUID]:
        """Return the sessions that a command is meant for, by index, without those that were skipped.

        Raises InvalidValueError: the course has no such occurrence, or none of those that are meant has a session.
        """
        if not 1 <= from_index <= len(self.sessions):
            raise InvalidValueError("from_occurrence", f"the course has occurrences 1 to {len(self.sessions)}")
        first = 1 if scope is Scope.ALL else from_index
        last = from_index if scope is Scope.THIS else len(self.sessions)
        meant = {
            each.index: each.session_id for each in self.sessions if first <= each.index <= last and each.session_id
        }
        if not meant:
            raise InvalidValueError("from_occurrence", "what is meant was skipped when the course was planned")
        return meant

    def change(
        self,
        change: facts.CourseChange,
        staff_ids: Sequence[UUID],
        starts: Mapping[int, datetime],
        at: datetime,
    ) -> None:
        """Note that sessions were moved, or given to other staff or rooms.

        ``starts`` are the times that the course has for those changed from now on. One that was changed by itself (``Scope.THIS``) keeps
        the time that the course has for it: it is an exception, and stays one.
        """
        is_alone = change.scope == Scope.THIS
        planned = {each.index: each.starts_at for each in self.sessions}
        self.trigger_event(
            self.Changed,
            scope=str(change.scope),
            from_index=change.from_index,
            staff_ids=list(self.staff_ids if is_alone else staff_ids),
            changed=list(change.changed),
            starts=[(planned if is_alone else starts)[index] for index in change.changed],
            **_kept(change.kept),
            timestamp=at,
        )

    def enrol(self, what: facts.CourseEnrolment, at: datetime) -> None:
        """Note that somebody was given seats, or places in the lines of those who wait."""
        self.trigger_event(
            self.Enrolled,
            patient_id=what.patient_id,
            from_index=what.from_index,
            enrolled=list(what.enrolled),
            waiting=list(what.waiting),
            **_kept(what.kept),
            timestamp=at,
        )

    def withdraw(self, what: facts.CourseWithdrawal, at: datetime) -> None:
        """Note that somebody gave up their seats, and their places in lines."""
        self.trigger_event(
            self.Withdrawn,
            patient_id=what.patient_id,
            from_index=what.from_index,
            withdrawn=list(what.withdrawn),
            **_kept(what.kept),
            timestamp=at,
        )

    def cancel(self, what: CourseCancellation, at: datetime) -> None:
        """Note that sessions were cancelled; why is for each session to keep, since it may be personal."""
        self._cancelled(
            from_index=what.from_index,
            cancelled=list(what.cancelled),
            **_kept(what.kept),
            timestamp=at,
        )

    @event(Cancelled)
    def _cancelled(
        self, from_index: int, cancelled: list[int], kept: list[int], kept_because: list[str], timestamp: datetime
    ) -> None:
        self.last_cancellation = CourseCancellation(from_index, cancelled, dict(zip(kept, kept_because, strict=True)))


def _kept(kept: Mapping[int, str]) -> _Kept:
    return {"kept": list(kept), "kept_because": list(kept.values())}
