"""Converts events that an older version of the program wrote.

An upcaster is a pure function from the body of one schema version to that of the next. It is never
changed or removed, so every event stays readable.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import msgspec

from event_store.append.codec import canonical_json
from event_store.errors import NewerVersionError

Body: TypeAlias = dict[str, object]
Upcaster: TypeAlias = Callable[[Body], Body]


def _without_effective_from(body: Body) -> Body:
    """Version 1 had no such date: the hours replaced all earlier ones."""
    return {**body, "effective_from": None}


UPCASTERS: Final[Mapping[tuple[str, int], Upcaster | None]] = {
    ("practice.clinician.hours_set", 1): _without_effective_from,
    ("scheduling.appointment.booked", 1): None,
    ("scheduling.appointment.booked", 2): None,
    ("scheduling.appointment.reassigned", 1): None,
    ("scheduling.appointment.rescheduled", 1): None,
    ("scheduling.appointment.rescheduled", 2): None,
}
"""By topic and version. None: the next version has the same body, or only more optional fields."""


def current_body(
    topic: str, written: int, known: int, body: bytes, upcasters: Mapping[tuple[str, int], Upcaster | None] = UPCASTERS
) -> bytes:
    """Convert a body from schema version ``written`` to ``known``.

    Raises NewerVersionError: it was written by a newer program, whose fields would be lost.
    """
    if written == known:
        return body
    if written > known:
        raise NewerVersionError(f"{topic} is stored in version {written}, this program knows version {known}")
    for version in range(written, known):
        if (upcaster := upcasters[topic, version]) is not None:
            body = canonical_json(upcaster(msgspec.json.decode(body)))
    return body
