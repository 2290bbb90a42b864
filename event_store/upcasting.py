"""Reading events that were written by an older version of the program.

An upcaster is a pure function from one stored form of an event to the next. It is registered under the event's topic and the
version it starts from, and is never changed or removed: every event ever written stays readable.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import msgspec

from event_store.codec import canonical_json
from event_store.errors import NewerVersionError

Body: TypeAlias = dict[str, object]
Upcaster: TypeAlias = Callable[[Body], Body]


def _hours_from_ever(body: Body) -> Body:
    """Hours had no date from which they count: they replaced all that was said before."""
    return {**body, "effective_from": None}


UPCASTERS: Final[Mapping[tuple[str, int], Upcaster]] = {
    ("practice.clinician.hours_set", 1): _hours_from_ever,
}
"""(topic, from version) -> the function that makes the next version's body."""


def current_body(
    topic: str, written: int, known: int, body: bytes, upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS
) -> bytes:
    """Return an event's body in the form that this program knows.

    Raises NewerVersionError: the event's version is newer than ``known``. Reading it would drop what we do not understand.
    """
    if written == known:
        return body
    if written > known:
        raise NewerVersionError(f"{topic} is stored in version {written}, this program knows version {known}")
    form: Body = msgspec.json.decode(body)
    for version in range(written, known):
        form = upcasters[topic, version](form)
    return canonical_json(form)
