"""A slot for several clinicians at one location."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.query import AvailabilityQuery, Slot, VisitRules
from domain.scheduling.errors import SchedulingError


def joint_slot(staff: Sequence[AvailabilityQuery], starts_at: datetime, resource_ids: Iterable[UUID] = ()) -> Slot:
    """Return the slot at which all staff and resources are free at one of the leader's places.

    The query of the leader, the first one, decides the grid, the length and the resources; the
    others must be present and within their limits. Raises what ``slot_at`` raises, for the first
    clinician who is not free.
    """
    lead, *others = staff
    named = tuple(resource_ids)
    slot = slot_at(lead, starts_at, named)
    refusal: SchedulingError | None = None
    for place in lead.places if others else ():
        try:
            slot = slot_at(replace(lead, places=(place,)), starts_at, named)
            for other in others:
                slot_at(_helping(other, lead.rules, slot), starts_at)
        except SchedulingError as error:
            refusal = refusal or error
        else:
            return slot
    if refusal is not None:
        raise refusal
    return slot


def _helping(query: AvailabilityQuery, rules: VisitRules, slot: Slot) -> AvailabilityQuery:
    return replace(
        query,
        places=[place for place in query.places if place.location_id == slot.location_id],
        rules=replace(rules, step_minutes=1, requires=()),
    )
