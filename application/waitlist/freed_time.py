"""The time that an appointment, session or hold released and has not taken again."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID, uuid5

from application.kernel.errors import NotFoundError
from application.kernel.practice_log import PracticeLog
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.hold import Hold
from domain.scheduling.appointments.status import HOLDING
from domain.scheduling.sessions.group_session import GroupSession


class FreedTime(NamedTuple):
    """``opening_id`` follows from the releasing event, so that a repeated run finds the opening."""

    opening_id: UUID
    clinician_id: UUID
    during: TimeRange


def freed_times(log: PracticeLog, holder_id: UUID, version: int) -> Sequence[FreedTime]:
    """Return the times released by the holder's event ``version``: one for each clinician.

    Time that was not released, or that the holder has taken again, is left out.
    """
    name = f"opening {holder_id} {version}"
    for of_kind in (_of_an_appointment, _of_a_session):
        try:
            return of_kind(log, holder_id, version, name)
        except NotFoundError:
            continue
    hold = log.load(Hold, holder_id)
    during = TimeRange(hold.starts_at, hold.ends_at)
    return [FreedTime(uuid5(log.tenant_id, name), hold.clinician_id, during)] if hold.is_released else []


def _of_an_appointment(log: PracticeLog, id_: UUID, version: int, name: str) -> Sequence[FreedTime]:
    before, now = log.look_up(Appointment, id_, version=version - 1), log.load(Appointment, id_)
    is_back = now.status in HOLDING and (now.clinician_id, now.during) == (before.clinician_id, before.during)
    if before.status not in HOLDING or is_back:
        return []
    return [FreedTime(uuid5(log.tenant_id, name), before.clinician_id, before.during)]


def _of_a_session(log: PracticeLog, id_: UUID, version: int, name: str) -> Sequence[FreedTime]:
    before, now = log.look_up(GroupSession, id_, version=version - 1), log.load(GroupSession, id_)
    if before.called_off:
        return []
    still_there = () if now.called_off or now.during != before.during else now.staff_ids
    return [
        FreedTime(uuid5(log.tenant_id, f"{name} {clinician_id}"), clinician_id, before.during)
        for clinician_id in before.staff_ids
        if clinician_id not in still_there
    ]
