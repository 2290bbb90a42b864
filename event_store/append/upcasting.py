"""Reading events that were written by an older version of the program.

An upcaster is a pure function from one stored form of an event to the next. It is registered under the event's topic and the
version it starts from, and is never changed or removed: every event ever written stays readable. Where a version only added optional
fields (see codec.py) there is nothing to do, and nothing is done.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import msgspec

from event_store.append.codec import canonical_json
from event_store.errors import NewerVersionError

Body: TypeAlias = dict[str, object]
Upcaster: TypeAlias = Callable[[Body], Body]


def _hours_from_ever(body: Body) -> Body:
    """Hours had no date from which they count: they replaced all that was said before."""
    return {**body, "effective_from": None}


UPCASTERS: Final[Mapping[tuple[str, int], Upcaster | None]] = {
    ("practice.clinician.hours_set", 1): _hours_from_ever,
    ("scheduling.appointment.booked", 1): None,
    ("scheduling.appointment.rescheduled", 1): None,
}
"""(topic, from version) -> the function that makes the next version's body; None where the body is that of the next version already."""


def current_body(
    topic: str, written: int, known: int, body: bytes, upcasters: Mapping[tuple[str, int], Upcaster | None] = UPCASTERS
) -> bytes:
    """Return an event's body in the form that this program knows.

    Raises NewerVersionError: the event's version is newer than ``known``. Reading it would drop what we do not understand.
    """
    if written == known:
        return body
    if written > known:
        raise NewerVersionError(f"{topic} is stored in version {written}, this program knows version {known}")
    for version in range(written, known):
        if (upcaster := upcasters[topic, version]) is not None:
            body = canonical_json(upcaster(msgspec.json.decode(body)))
    return body
