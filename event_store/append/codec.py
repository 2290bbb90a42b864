"""How each kind of event lies in the log: its readable body and its sealed part, typed by the event class itself.

A body is canonical JSON (keys sorted, UTC times, no white space), so that the same fact always has the same bytes and its
digest can be computed again from what PostgreSQL keeps. Personal fields never enter the body.

A field that its class gives None as its value is optional: where it has nothing to say it is left out of the body, so that it costs
nothing there, and what was written before the field was thought of reads like what says nothing.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, NotRequired, TypedDict, cast, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from domain.kernel.aggregate import Aggregate
from domain.kernel.personal_data import ERASED, Erased, PersonalMark
from event_store.topics import event_class

_ENVELOPE = frozenset({"originator_id", "originator_version", "timestamp", "originator_topic", "originator_id_type"})
_encoder = msgspec.json.Encoder(order="sorted")


def canonical_json(value: object) -> bytes:
    """Return the one JSON form of a value that the log keeps and hashes."""
    return _encoder.encode(value)


@dataclass(frozen=True)
class EventCodec:
    """The stored form of one class of event.

    ``stream_type`` is the event's topic without its last part. ``created`` tells the first fact of a thing. ``optional_fields`` are
    those of the body that are left out where they are None.
    """

    event_class: type[Aggregate.Event]
    topic: str
    stream_type: str
    schema_version: int
    subject: str | None
    created: bool
    body_fields: tuple[str, ...]
    optional_fields: tuple[str, ...]
    personal_fields: tuple[str, ...]
    body_decoder: msgspec.json.Decoder[dict[str, object]]
    personal_decoder: msgspec.json.Decoder[dict[str, object]]

    @property
    def sealed_field(self) -> str:
        """What the sealed part is called in its associated data: the personal fields' names."""
        return ",".join(self.personal_fields)

    def subject_id(self, event: Mapping[str, object]) -> UUID:
        """Return whose key seals the event. ``event`` is the event's state by field name."""
        if self.subject is None:
            raise TypeError(f"{self.topic} has personal fields but names no SUBJECT")
        return cast(UUID, event[self.subject])

    def body(self, state: Mapping[str, object]) -> bytes:
        body = {name: _plain(state[name]) for name in self.body_fields}
        for name in self.optional_fields:
            if body[name] is None:
                del body[name]
        return canonical_json(body)

    def personal(self, state: Mapping[str, object]) -> bytes:
        return canonical_json({name: _plain(state[name]) for name in self.personal_fields})

    def event(self, envelope: Mapping[str, object], body: bytes, personal: bytes | None) -> Aggregate.Event:
        """Rebuild the event. ``personal`` is None where the subject's key was destroyed: its fields read ``ERASED``.

        Raises msgspec.ValidationError: the body does not have the shape that the class declares.
        """
        state = self.body_decoder.decode(body)
        if self.personal_fields:
            state.update(
                dict.fromkeys(self.personal_fields, ERASED)
                if personal is None
                else self.personal_decoder.decode(personal)
            )
        state.update(envelope)
        if self.created:
            state["originator_topic"] = self.stream_type
        event = object.__new__(self.event_class)
        event.__dict__.update(state)
        return event


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, Erased):
        raise TypeError("an erased value cannot be recorded again")
    return value


@functools.cache
def codec_for(event_class: type[Aggregate.Event]) -> EventCodec:
    """Return how events of a class are stored, read from the class's own annotations."""
    topic = cast(str, getattr(event_class, "TOPIC"))  # noqa: B009  TOPIC is set by hand on each event, not on the base class
    hints = {
        name: hint
        for name, hint in get_type_hints(event_class, include_extras=True).items()
        if name not in _ENVELOPE and get_origin(hint) is not ClassVar
    }
    body: dict[str, Any] = {name: hint for name, hint in hints.items() if not _is_personal(hint)}
    personal: dict[str, Any] = {name: _unmarked(hint) for name, hint in hints.items() if _is_personal(hint)}
    optional = {name for name in body if getattr(event_class, name, ...) is None}
    if personal and event_class.SUBJECT is None:
        raise TypeError(f"{topic} has personal fields but names no SUBJECT")
    return EventCodec(
        event_class=event_class,
        topic=topic,
        stream_type=topic.rpartition(".")[0],
        schema_version=event_class.SCHEMA_VERSION,
        subject=event_class.SUBJECT,
        created="originator_topic" in get_type_hints(event_class),
        body_fields=tuple(sorted(body)),
        optional_fields=tuple(sorted(optional)),
        personal_fields=tuple(sorted(personal)),
        body_decoder=_decoder(
            "Body", {name: NotRequired[hint] if name in optional else hint for name, hint in body.items()}
        ),
        personal_decoder=_decoder("Personal", personal),
    )


@functools.cache
def codec_of(topic: str) -> EventCodec:
    """Return how events of a topic are stored. Raises TopicError: no such topic is known to this version."""
    return codec_for(event_class(topic))


def _decoder(name: str, fields: dict[str, Any]) -> msgspec.json.Decoder[dict[str, object]]:
    shape = TypedDict(name, fields)  # type: ignore[misc]  # the fields are those of the event class, known at run time
    return cast("msgspec.json.Decoder[dict[str, object]]", msgspec.json.Decoder(shape))


def _is_personal(hint: object) -> bool:
    return any(isinstance(mark, PersonalMark) for mark in getattr(hint, "__metadata__", ()))


def _unmarked(hint: object) -> object:
    """The type inside Personal[...], without Erased, which is never stored."""
    union = get_args(hint)[0]
    kept = tuple(part for part in get_args(union) if part is not Erased)
    result = kept[0]
    for part in kept[1:]:
        result = result | part
    return result
