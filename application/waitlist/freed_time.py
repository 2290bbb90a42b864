"""Which time a visit or a hold gave up, and whether it is still given up."""

from typing import NamedTuple
from uuid import UUID

from application.errors import NotFoundError
from application.practice_log import PracticeLog
from domain.scheduling.appointment import Appointment
from domain.scheduling.hold import Hold
from domain.scheduling.status import HOLDING
from domain.time_range import TimeRange


class FreedTime(NamedTuple):
    clinician_id: UUID
    during: TimeRange


def freed_time(log: PracticeLog, holder_id: UUID, version: int) -> FreedTime | None:
    """Return the time that an appointment or a hold gave up with the event of this version; None if it gave none up, or has it again."""
    try:
        before = log.look_up(Appointment, holder_id, version=version - 1)
    except NotFoundError:
        hold = log.load(Hold, holder_id)
        return FreedTime(hold.clinician_id, TimeRange(hold.starts_at, hold.ends_at)) if hold.is_released else None
    now = log.load(Appointment, holder_id)
    is_back = now.status in HOLDING and (now.clinician_id, now.during) == (before.clinician_id, before.during)
    return None if before.status not in HOLDING or is_back else FreedTime(before.clinician_id, before.during)
