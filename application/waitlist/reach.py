"""The reach of a key that is bound to one clinician: its entries and offers."""

from uuid import UUID

from application.kernel.permissions import Actor, OutOfReachError, authorise_visit
from application.kernel.practice_log import PracticeLog
from application.scheduling.reach import OfOneAggregate
from domain.waitlist.entry import WaitlistEntry
from domain.waitlist.offer import Offer


def own_waiting(actor: Actor, clinician_id: UUID | None) -> None:
    """Raises OutOfReachError: the actor is bound to a clinician, and the entry accepts others."""
    if actor.clinician_id not in (None, clinician_id):
        raise OutOfReachError("clinician")


def own_entry(log: PracticeLog, actor: Actor, command: OfOneAggregate) -> None:
    """Raises OutOfReachError: the actor is bound to another clinician than the entry's."""
    if actor.clinician_id is None:
        return
    if log.load(WaitlistEntry, command.id).preferences.clinician_id != actor.clinician_id:
        raise OutOfReachError("waitlist entry")


def own_offer(log: PracticeLog, actor: Actor, command: OfOneAggregate) -> None:
    """Raises OutOfReachError: the actor is bound to another clinician than the offer's."""
    if actor.clinician_id is not None:
        authorise_visit(actor, log.load(Offer, command.id).clinician_id, "offer")
