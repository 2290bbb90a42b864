"""The answer to a search for free times. It imports little: calculating processes encode it too."""

from collections.abc import Mapping
from uuid import UUID

import orjson

from domain.scheduling.availability.query import Slot
from domain.scheduling.availability.slot_search import SlotSearch


def present_slot(slot: Slot, clinician_id: UUID) -> dict[str, object]:
    return {
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "clinician_id": clinician_id,
        "location_id": slot.location_id,
        "resource_ids": slot.resource_ids,
    }


def present_search(search: SlotSearch) -> Mapping[str, object]:
    slots = [present_slot(slot, clinician) for clinician, slot in search.choices]
    return {"slots": slots, "position": search.position}


def encoded_search(search: SlotSearch) -> bytes:
    """Return the answer as JSON."""
    return orjson.dumps(present_search(search), option=orjson.OPT_UTC_Z)
