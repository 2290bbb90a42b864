"""Change some visits of a series, or sessions of a course, in one append: decide and record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from application.kernel.commands import Change, Context
from application.kernel.practice_log import Outcome, PracticeLog
from application.patients.families import Families, families_of
from application.scheduling.series.occurrence_slots import GrantedSlot, RequestedOccurrence, decide_all
from application.scheduling.series.plan_occurrences import OnConflict, time_guards
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import refuse_fixed
from domain.scheduling.errors import AlreadyStartedError, SchedulingError
from domain.scheduling.series.errors import Conflict, NothingToChangeError, SeriesConflictError
from domain.scheduling.series.occurrence_plan import PlanChange, Scope
from domain.scheduling.series.occurrences import shifted
from domain.scheduling.series.series import Series
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.time_claim import TimeClaim

ALREADY_SO: Final = "already_so"
P = TypeVar("P", bound=Series | Course)
B = TypeVar("B", bound=Appointment | GroupSession)


@dataclass(frozen=True, slots=True)
class OccurrencesCommand(Change[P]):
    """A command on the visits or sessions in a scope."""

    from_occurrence: int
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrencesChange(OccurrencesCommand[P]):
    """A change of several visits or sessions; None changes nothing.

    ``starts_at`` is the new start of ``from_occurrence``; the others take its time of day, and move
    by the same number of days. Present resources stay where they are free and at the location.
    """

    starts_at: datetime | None = None
    resource_ids: tuple[UUID, ...] | None = None
    on_conflict: OnConflict = OnConflict.ALL_OR_NOTHING


@dataclass(frozen=True, slots=True)
class ChangePlan(Generic[P, B]):
    """What a command would change now.

    ``booked`` are the visits or sessions in the scope, by index. ``granted`` get a new slot,
    ``cancelled`` are cancelled, ``noted`` get new notes; ``kept`` maps others to the code of the
    reason. ``expired`` are holds that the append releases, ``families`` all ids of the person
    behind each patient.
    """

    aggregate: P
    booked: Mapping[int, B]
    kept: Mapping[int, str]
    granted: Sequence[GrantedSlot] = ()
    conflicts: Sequence[Conflict] = ()
    expired: Sequence[UUID] = ()
    cancelled: Sequence[int] = ()
    noted: Sequence[int] = ()
    families: Families = field(default_factory=dict)
    claims_before: Sequence[TimeClaim] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "claims_before", [claim for each in self.booked.values() for claim in each.claims()])

    def require_slots(self, on_conflict: OnConflict) -> None:
        """Raise SeriesConflictError: there are conflicts, and none may be skipped."""
        if self.conflicts and on_conflict is OnConflict.ALL_OR_NOTHING:
            raise SeriesConflictError(self.conflicts)

    @property
    def changed(self) -> dict[int, B]:
        """The visits or sessions that the command changes, by index."""
        granted = (each.requested.index for each in self.granted)
        return {index: self.booked[index] for index in (*granted, *self.cancelled, *self.noted)}

    def change_by(self, command: OccurrencesCommand[P]) -> PlanChange:
        """Return the change to record. Raises NothingToChangeError."""
        kept = dict(sorted({**self.kept, **{conflict.index: conflict.code for conflict in self.conflicts}}.items()))
        if not self.changed:
            raise NothingToChangeError(kept)
        return PlanChange(command.scope, command.from_occurrence, list(self.changed), kept)

    def new_starts(self) -> dict[int, datetime]:
        """Return the new planned starts; an occurrence that keeps its time keeps its plan."""
        starts: dict[int, datetime] = {}
        for each in self.granted:
            index, start = each.requested.index, each.requested.starts_at
            is_moved = start != self.booked[index].starts_at
            starts[index] = start if is_moved else self.aggregate.occurrences[index].starts_at
        return starts

    def commit(self, log: PracticeLog, context: Context, families: Families | None = None) -> Outcome[P]:
        """Append the changes, release the old times and claim the new ones.

        ``families``: instead of those of the plan, if other patients got seats.
        """
        booked = list(self.changed.values())
        guards = time_guards(log, booked, self.expired, before=self.claims_before, families=families or self.families)
        return log.commit(self.aggregate, *booked, by=context.provenance, guards=guards)


def load_occurrences(
    log: PracticeLog, plan_type: type[P], booked_type: type[B], command: OccurrencesCommand[P]
) -> tuple[P, dict[int, B]]:
    """Return the series or course, and its visits or sessions in the scope by index.

    Raises NotFoundError, StaleVersionError; InvalidValueError: there is no such occurrence.
    """
    plan = log.load(plan_type, command.id, command.expected_version)
    ids = plan.in_scope(command.from_occurrence, command.scope)
    loaded = log.load_all(booked_type, list(ids.values()))
    return plan, {index: loaded[id] for index, id in ids.items()}


def plan_cancellation(plan: P, booked: Mapping[int, B], now: datetime) -> ChangePlan[P, B]:
    """Return the plan to cancel every visit or session that can still be changed."""
    kept = {index: code for index, each in booked.items() if (code := _fixed_because(each, now))}
    return ChangePlan(plan, booked, kept, cancelled=[index for index in booked if index not in kept])


def plan_change(
    log: PracticeLog,
    plan: P,
    booked: Mapping[int, B],
    command: OccurrencesChange[P],
    now: datetime,
    *,
    staff_ids: tuple[UUID, ...] | None,
    location_id: UUID | None = None,
) -> ChangePlan[P, B]:
    """Decide a change of time, staff, location or resources; None changes nothing.

    Raises NotFoundError: no such clinician, location or resource.
    """
    kept: dict[int, str] = {}
    requested: list[RequestedOccurrence] = []
    for index, each in booked.items():
        code = _fixed_because(each, now)
        request = code or _request(plan, index, each, command, staff_ids, location_id)
        if isinstance(request, str):
            kept[index] = request
        else:
            requested.append(request)
    if not requested:
        return ChangePlan(plan, booked, kept)
    families = families_of(log.reader, {id for each in requested for id in each.patient_ids})
    decisions = decide_all(log, plan.service_id, requested, now, families)
    return ChangePlan(plan, booked, kept, decisions.granted, decisions.conflicts, decisions.expired, families=families)


def _fixed_because(booked: Appointment | GroupSession, now: datetime) -> str | None:
    """Return the code of the reason why a visit or session cannot be changed any more."""
    if isinstance(booked, GroupSession):
        if booked.called_off:
            return booked.called_off.code
    else:
        try:
            refuse_fixed(booked.status)
        except SchedulingError as error:
            return error.code
    return AlreadyStartedError.code if booked.starts_at <= now else None


def _request(
    plan: Series | Course,
    index: int,
    booked: Appointment | GroupSession,
    command: OccurrencesChange[Any],
    staff_ids: tuple[UUID, ...] | None,
    location_id: UUID | None,
) -> RequestedOccurrence | str:
    """Return the new terms of a visit or session, or the code of the reason why it stays.

    One that was moved by itself keeps its time, unless the change starts from it, but takes the new
    staff, location and resources.
    """
    planned, starts_at = plan.occurrences[index], booked.starts_at
    is_exception = starts_at != planned.starts_at and index != command.from_occurrence
    if is_exception and (staff_ids, location_id, command.resource_ids) == (None, None, None):
        return "moved_by_itself"
    if command.starts_at is not None and not is_exception:
        origin = plan.occurrences[command.from_occurrence].starts_at
        starts_at = shifted(planned.starts_at, plan.zone, origin, command.starts_at)
    present_staff = tuple(booked.staff_ids) if isinstance(booked, GroupSession) else (booked.clinician_id,)
    staff = staff_ids or present_staff
    named = command.resource_ids or ()
    is_same = (starts_at, staff) == (booked.starts_at, present_staff) and location_id in (None, booked.location_id)
    if is_same and set(named) <= set(booked.resource_ids):
        return ALREADY_SO
    if location_id is None and isinstance(booked, Appointment) and staff == present_staff:
        location_id = booked.location_id
    return RequestedOccurrence(
        index=index,
        starts_at=starts_at,
        holder_id=booked.id,
        staff_ids=staff,
        location_id=location_id,
        named=named,
        present=booked,
        patient_ids=booked.patient_ids,
    )
