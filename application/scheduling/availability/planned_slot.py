"""A session's time asked for again, its own or another one, under the terms that it was planned on."""

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from application.kernel.catalogue import Catalogue
from application.scheduling.availability.schedule import Schedule
from domain.kernel.time_range import TimeRange
from domain.practice.resource import Resource
from domain.scheduling.availability.query import AvailabilityQuery
from domain.scheduling.sessions.group_session import GroupSession

_ANY_DAYS: Final = 36_500


def reach_as_planned(session: GroupSession, starts_at: datetime) -> TimeRange:
    """Return the session's time with its buffers, at another start."""
    later = starts_at - session.starts_at
    return TimeRange(session.taken.starts_at + later, session.taken.ends_at + later)


def question_as_planned(
    schedule: Schedule, session: GroupSession, clinician_id: UUID, starts_at: datetime
) -> AvailabilityQuery:
    """Return what decides whether one of the staff can give it then; the session's own time counts as free."""
    question = schedule.question(clinician_id, without=session.id, preferred=session.resource_ids)
    return as_planned(schedule.catalogue, question, session, clinician_id, starts_at)


def as_planned(
    catalogue: Catalogue, question: AvailabilityQuery, session: GroupSession, clinician_id: UUID, starts_at: datetime
) -> AvailabilityQuery:
    """Return the question for as long as the session was planned, with as many rooms and devices of each kind.

    At its own time notice, horizon and grid were kept when it was planned, and those who gave it may still do so.
    """
    rules = replace(
        question.rules,
        duration_minutes=int(session.during.duration.total_seconds()) // 60,
        buffer_before_minutes=session.buffer_before_minutes,
        buffer_after_minutes=session.buffer_after_minutes,
        requires=tuple(catalogue.one(Resource, id).kind for id in session.resource_ids),
    )
    if starts_at == session.starts_at:
        rules = replace(rules, step_minutes=1, minimum_notice_minutes=0, horizon_days=_ANY_DAYS)
    is_offering = question.is_offering or clinician_id in session.staff_ids
    return replace(question, rules=rules, is_offering=is_offering)
