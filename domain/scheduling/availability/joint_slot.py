"""Whether several clinicians can be at one place at one time."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.query import AvailabilityQuery, Slot
from domain.scheduling.errors import SchedulingError


def joint_slot(staff: Sequence[AvailabilityQuery], starts_at: datetime, resource_ids: Iterable[UUID] = ()) -> Slot:
    """Return the slot at which all of the staff are free at one of the first one's places, with what is required there.

    The first one's question decides the grid and the resources; the others only have to be there for as long, within their limits.
    Raises what ``slot_at`` raises, for the first of them who cannot.
    """
    lead, *others = staff
    named = tuple(resource_ids)
    slot = slot_at(lead, starts_at, named)
    refusal: SchedulingError | None = None
    for place in lead.places if others else ():
        try:
            slot = slot_at(replace(lead, places=(place,)), starts_at, named)
            for other in others:
                slot_at(_helping(other, slot), starts_at)
        except SchedulingError as error:
            refusal = refusal or error
        else:
            return slot
    if refusal is not None:
        raise refusal
    return slot


def _helping(question: AvailabilityQuery, slot: Slot) -> AvailabilityQuery:
    return replace(
        question,
        places=[place for place in question.places if place.location_id == slot.location_id],
        rules=replace(question.rules, step_minutes=1, requires=()),
    )
