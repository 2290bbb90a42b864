"""What a key that is bound to one clinician may read: see docs/how-to/roles.md.

Its clinician's own visits, sessions, series, courses, holds, openings and offers, and the entries
of the wait list that this clinician may serve. Others are answered as if they did not exist.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress
from uuid import UUID

from application.kernel.permissions import Actor, OutOfReachError, authorise_visit
from application.kernel.practice_log import PracticeLog, name_of
from domain.kernel.aggregate import Aggregate
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.hold import Hold
from domain.scheduling.series.series import Series
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession
from domain.waitlist.entry import WaitlistEntry
from domain.waitlist.offer import Offer
from domain.waitlist.opening import Opening


def authorise_reading(actor: Actor, aggregate: Aggregate) -> None:
    """Raises OutOfReachError: the actor is bound to a clinician, and it belongs to others."""
    if actor.clinician_id is None:
        return
    match aggregate:
        case Appointment() | Hold() | Series() | Opening() | Offer():
            staff_ids: Collection[UUID | None] = [aggregate.clinician_id]
        case GroupSession() | Course():
            staff_ids = aggregate.staff_ids
        case WaitlistEntry():
            staff_ids = [aggregate.preferences.clinician_id or actor.clinician_id]
        case _:
            return
    if actor.clinician_id not in staff_ids:
        raise OutOfReachError(name_of(type(aggregate)))


def own_or(actor: Actor, clinician_id: UUID | None) -> UUID | None:
    """Return the clinician whose resources are listed: a bound key lists only its own.

    Raises OutOfReachError: another one was requested.
    """
    if actor.clinician_id is None:
        return clinician_id
    authorise_visit(actor, clinician_id or actor.clinician_id, "clinician")
    return actor.clinician_id


def readable_among(actor: Actor, log: PracticeLog, ids: Iterable[UUID]) -> list[UUID]:
    """Return the ids of the aggregates that the actor may read; unknown ones are left out."""
    readable: list[UUID] = []
    for aggregate in log.load_existing(list(ids)):
        with suppress(OutOfReachError):
            authorise_reading(actor, aggregate)
            readable.append(aggregate.id)
    return readable
