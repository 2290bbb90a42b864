"""Merges two patients who are one person, with one seat in each session, and undoes a merge."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from application.kernel.commands import Change, Context, handles
from application.kernel.conditions import Guard
from application.kernel.errors import StaleVersionError
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.kernel.retry import OvertakenError
from application.scheduling.sessions.seats import Seats
from domain.kernel.time_range import TimeRange
from domain.patients.patient import Patient
from domain.scheduling.sessions.group_session import GroupSession

_FARTHEST: Final = timedelta(days=3_660)
"""How far ahead seats are looked for; no session is planned later."""


@dataclass(frozen=True, slots=True)
class MergePatients(Change[Patient]):
    """``id`` is the survivor's. One append changes both patients, and sessions where both have a
    seat: the survivor keeps it.
    """

    other_id: UUID


@dataclass(frozen=True, slots=True)
class UnmergePatients(Change[Patient]):
    """``id`` is the survivor's."""

    other_id: UUID


@handles(MergePatients, needs=Permission.MERGE_PATIENTS)
def merge_patients(log: PracticeLog, command: MergePatients, context: Context) -> Outcome[Patient]:
    """Raises PatientErasedError, PatientMergedError, HoldsMergedError, InvalidValueError."""
    survivor, other = _pair(log, command)
    survivor.absorb(other, context.now)
    sessions, guards = _without_second_seats(log, survivor.family_ids, context.now)
    return log.commit(survivor, other, *sessions, by=context.provenance, guards=guards)


@handles(UnmergePatients, needs=Permission.MERGE_PATIENTS)
def unmerge_patients(log: PracticeLog, command: UnmergePatients, context: Context) -> Outcome[Patient]:
    """Raises PatientErasedError, NotMergedError."""
    survivor, other = _pair(log, command)
    survivor.release(other, context.now)
    return log.commit(survivor, other, by=context.provenance)


def _without_second_seats(
    log: PracticeLog, family: Sequence[UUID], now: datetime
) -> tuple[list[GroupSession], list[Guard]]:
    """Return the coming sessions in which a person gives up the seats of other ids, with guards."""
    claims = log.reader.read_booking_context(family, TimeRange(now, now + _FARTHEST)).claims
    seats = Counter(claim.holder_id for claim in claims)
    shared = [holder_id for holder_id, count in seats.items() if count > 1]
    sessions: list[GroupSession] = []
    guards: list[Guard] = []
    for session in log.load_all(GroupSession, shared).values() if shared else ():
        seated = [id_ for id_ in family if id_ in session.roster]
        if len(seated) > 1 and session.starts_at > now:
            places = Seats(log, session)
            session.withdraw(seated[1:], now, refusal=places.refusal)
            sessions.append(session)
            guards += places.guards()
    return sessions, guards


def _pair(log: PracticeLog, command: MergePatients | UnmergePatients) -> tuple[Patient, Patient]:
    survivor = log.load(Patient, command.id, command.expected_version)
    other = survivor if command.other_id == survivor.id else log.load(Patient, command.other_id)
    if (other.merged_into == survivor.id) != (other.id in survivor.merged_ids):
        # The two reads saw different positions of the log.
        raise OvertakenError(StaleVersionError())
    return survivor, other
