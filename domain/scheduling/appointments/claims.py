"""The time that a visit holds."""

from typing import Any

from domain.scheduling.appointments.status import HOLDING, Status
from domain.scheduling.time_claim import TimeClaim, pending_key


def claims_of(visit: Any) -> list[TimeClaim]:
    """Return the claims of an appointment: its clinician's and each resource's, with the buffers.

    A request holds nothing yet, and only counts; a cancelled visit and one whose patient did not come hold nothing any more; a
    completed one keeps its time, for it was used. An appointment knows its claims, so they cannot know it by its type.
    """
    if visit.status == Status.REQUESTED:
        asked = pending_key(visit.clinician_id)
        return [TimeClaim(visit.id, asked, visit.taken, visit.during, visit.service_id, beside=True, pending=True)]
    if visit.status not in HOLDING:
        return []
    return [
        TimeClaim(visit.id, what, visit.taken, visit.during, visit.service_id, beside=what in visit.beside)
        for what in (visit.clinician_id, *visit.resource_ids)
    ]
