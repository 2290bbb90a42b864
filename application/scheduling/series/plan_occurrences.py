"""Plan the occurrences of a new series or course: zone, starts, slots and conflicts."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.commands import Context, QueryContext
from application.kernel.conditions import Guard
from application.kernel.practice_log import PracticeLog
from application.patients.families import Families
from application.scheduling.availability.schedule import Schedule, load_schedule, require_patient, start_window
from application.scheduling.availability.visit_limits import limit_guards
from application.scheduling.series.occurrence_slots import (
    ANY_HORIZON_DAYS,
    RequestedOccurrence,
    SlotDecisions,
    decide_all,
)
from domain.practice.resource import Resource
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.errors import OutsideHoursError, SchedulingError
from domain.scheduling.series.errors import SeriesConflictError
from domain.scheduling.series.occurrence_plan import PlannedOccurrence
from domain.scheduling.series.occurrences import occurrences, series_rule
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.time_claim import TimeClaim, TimeRelease, claim_changes, family_guards


class OnConflict(StrEnum):
    """What to do if some of the visits or sessions have conflicts."""

    ALL_OR_NOTHING = "all_or_nothing"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """The plan as it would be recorded now; conflicts are skipped occurrences.

    ``families`` are all ids of the person for whom the visits are.
    """

    zone: str
    occurrences: Sequence[PlannedOccurrence]
    decisions: SlotDecisions
    families: Families

    def require_slots(self, on_conflict: OnConflict) -> None:
        """Raise SeriesConflictError: there are conflicts or, with ``skip``, nothing else."""
        decisions = self.decisions
        if decisions.conflicts and (on_conflict is OnConflict.ALL_OR_NOTHING or not decisions.granted):
            raise SeriesConflictError(decisions.conflicts)


def plan_occurrences(
    log: PracticeLog,
    context: Context | QueryContext,
    service_id: UUID,
    staff_ids: tuple[UUID, ...],
    starts_at: datetime,
    rrule: str,
    *,
    patient_id: UUID | None = None,
    resource_ids: tuple[UUID, ...] = (),
) -> PlanPreview:
    """Expand the rule in local time at the first occurrence, and find slots.

    Raises InvalidValueError: an unsupported rule; NotFoundError: no such clinician or resource;
    OutsideHoursError: the leading clinician has no location; and what ``load_schedule`` and
    ``require_patient`` raise.
    """
    rule = series_rule(rrule)
    schedule = load_schedule(
        log,
        service_id,
        staff_ids,
        start_window(starts_at),
        context.now,
        resource_ids=resource_ids,
        patient_id=patient_id,
        command_id=context.provenance.command_id if isinstance(context, Context) else None,
    )
    if patient_id is not None:
        require_patient(log, patient_id, schedule.booking_context)
    for resource_id in resource_ids:
        schedule.catalogue.one(Resource, resource_id)
    zone = _zone_of(schedule, staff_ids[0], starts_at)
    planned = occurrences(rule, starts_at, zone)
    requested = [
        RequestedOccurrence(
            index=each.index,
            starts_at=each.starts_at,
            holder_id=uuid7(),
            staff_ids=staff_ids,
            named=resource_ids,
            patient_ids=() if patient_id is None else (patient_id,),
        )
        for each in planned
    ]
    decisions = decide_all(log, service_id, requested, context.now, schedule.families)
    booked = {each.requested.index: each.requested.holder_id for each in decisions.granted}
    skipped = {conflict.index: conflict.code for conflict in decisions.conflicts}
    return PlanPreview(
        zone,
        [replace(each, booked_id=booked.get(each.index), skipped=skipped.get(each.index)) for each in planned],
        decisions,
        schedule.families,
    )


def time_guards(
    log: PracticeLog,
    booked: Sequence[Appointment | GroupSession],
    released: Iterable[UUID],
    at_least: int = 0,
    *,
    before: Iterable[TimeClaim] = (),
    families: Families | None = None,
) -> list[Guard]:
    """Return the guards that take time for visits or sessions, also from the ``released`` holders.

    ``before`` are their claims until now, and ``families`` all ids of the person behind each of
    their patients. The limits of visits must hold, by the catalogue of ``at_least`` this log
    position; visits and sessions that take no time any more do not count.
    """
    held: dict[UUID, list[TimeClaim]] = defaultdict(list)
    for claim in before:
        held[claim.holder_id].append(claim)
    releases = [TimeRelease(holder_id) for holder_id in released]
    claims: list[TimeClaim] = []
    for each in booked:
        given_up, taken = claim_changes(held[each.id], each.claims(), each.patient_ids)
        releases += given_up
        claims += taken
    holding = [each for each in booked if each.claims()]
    return [
        *releases,
        *claims,
        *family_guards(claims, (families or {}).values()),
        *limit_guards(log.catalogue(at_least), *holding),
    ]


def _zone_of(schedule: Schedule, clinician_id: UUID, starts_at: datetime) -> str:
    """Return the zone of the clinician's location at a start.

    Where the clinician is at no location then, the start is refused later, and the zone is that of
    the first location. Raises OutsideHoursError: the clinician has no location.
    """
    query = schedule.query(clinician_id)
    if not query.places:
        raise OutsideHoursError
    rules = replace(query.rules, step_minutes=1, minimum_notice_minutes=0, horizon_days=ANY_HORIZON_DAYS, requires=())
    try:
        location_id = slot_at(replace(query, busy=(), time_off=(), rules=rules), starts_at).location_id
    except SchedulingError:
        location_id = query.places[0].location_id
    return next(place.zone for place in query.places if place.location_id == location_id)
