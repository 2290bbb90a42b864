"""The stored form of events: a readable body and a sealed part, derived from the event class.

A body is canonical JSON (sorted keys, UTC times, no white space): equal events have equal bytes,
and the digest can be recomputed from the stored jsonb. Personal fields are never in the body.

A field with the default None is optional: the body omits it when it is None. So an event that was
written before the field existed reads as one without a value.
"""

import functools
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, NotRequired, TypedDict, cast, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from domain.kernel.aggregate import Aggregate
from domain.kernel.personal_data import Erased, PersonalMark, Unreadable
from event_store.topics import event_class

_ENVELOPE = frozenset({"originator_id", "originator_version", "timestamp", "originator_topic", "originator_id_type"})
_encoder = msgspec.json.Encoder(order="sorted")


def canonical_json(value: object) -> bytes:
    """Return the JSON form in which the log stores and hashes a value."""
    return _encoder.encode(value)


@dataclass(frozen=True)
class EventCodec:
    """The stored form of one event class.

    ``stream_type`` is the topic without its last part; ``subject`` the field with the id of the
    person whose key seals the event; ``is_initial`` whether the event is the first of its stream.
    """

    event_class: type[Aggregate.Event]
    topic: str
    stream_type: str
    schema_version: int
    subject: str | None
    is_initial: bool
    body_fields: tuple[str, ...]
    optional_fields: tuple[str, ...]
    personal_fields: tuple[str, ...]
    body_decoder: msgspec.json.Decoder[dict[str, object]]
    personal_decoder: msgspec.json.Decoder[dict[str, object]]

    @property
    def sealed_field(self) -> str:
        """The field name in the associated data of the sealed part."""
        return ",".join(self.personal_fields)

    def subject_id(self, state: Mapping[str, object]) -> UUID:
        """Return the person whose key seals the event."""
        return cast(UUID, state[cast(str, self.subject)])

    def body(self, state: Mapping[str, object]) -> bytes:
        body = {name: _plain(state[name]) for name in self.body_fields}
        for name in self.optional_fields:
            if body[name] is None:
                del body[name]
        return canonical_json(body)

    def personal(self, state: Mapping[str, object]) -> bytes:
        return canonical_json({name: _plain(state[name]) for name in self.personal_fields})

    def event(self, envelope: Mapping[str, object], body: bytes, personal: bytes | Unreadable) -> Aggregate.Event:
        """Rebuild the event. ``personal`` without bytes replaces each of the personal fields.

        Raises msgspec.ValidationError: the body does not have the fields that the class declares.
        """
        state = self.body_decoder.decode(body)
        if self.personal_fields:
            state.update(
                self.personal_decoder.decode(personal)
                if isinstance(personal, bytes)
                else dict.fromkeys(self.personal_fields, personal)
            )
        state.update(envelope)
        if self.is_initial:
            state["originator_topic"] = self.stream_type
        event = object.__new__(self.event_class)
        event.__dict__.update(state)
        return event


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, Unreadable):
        raise TypeError("an erased value cannot be recorded again")
    return value


@functools.cache
def codec_for(event_class: type[Aggregate.Event]) -> EventCodec:
    """Return the codec of an event class. Raises TypeError: its SUBJECT is missing."""
    topic = cast(str, getattr(event_class, "TOPIC"))  # noqa: B009  each event sets TOPIC, the base class does not
    hints = {
        name: hint
        for name, hint in get_type_hints(event_class, include_extras=True).items()
        if name not in _ENVELOPE and get_origin(hint) is not ClassVar
    }
    personal: dict[str, Any] = {name: _stored_type(hint) for name, hint in hints.items() if _is_personal(hint)}
    body: dict[str, Any] = {name: hint for name, hint in hints.items() if name not in personal}
    optional = {name for name in body if getattr(event_class, name, ...) is None}
    body |= {name: NotRequired[body[name]] for name in optional}
    if personal and event_class.SUBJECT is None:
        raise TypeError(f"{topic} has personal fields but names no SUBJECT")
    return EventCodec(
        event_class=event_class,
        topic=topic,
        stream_type=topic.rpartition(".")[0],
        schema_version=event_class.SCHEMA_VERSION,
        subject=event_class.SUBJECT,
        is_initial="originator_topic" in get_type_hints(event_class),
        body_fields=tuple(sorted(body)),
        optional_fields=tuple(sorted(optional)),
        personal_fields=tuple(sorted(personal)),
        body_decoder=_decoder("Body", body),
        personal_decoder=_decoder("Personal", personal),
    )


@functools.cache
def codec_of(topic: str) -> EventCodec:
    """Return the codec of a topic. Raises TopicError: it is unknown."""
    return codec_for(event_class(topic))


def _decoder(name: str, fields: dict[str, Any]) -> msgspec.json.Decoder[dict[str, object]]:
    typed_dict = TypedDict(name, fields)  # type: ignore[misc]  # the fields are known at run time only
    return cast("msgspec.json.Decoder[dict[str, object]]", msgspec.json.Decoder(typed_dict))


def _is_personal(hint: object) -> bool:
    return any(isinstance(mark, PersonalMark) for mark in getattr(hint, "__metadata__", ()))


def _stored_type(hint: object) -> object:
    """Return the type inside Personal[...] without Erased, which is never stored."""
    return functools.reduce(operator.or_, (part for part in get_args(get_args(hint)[0]) if part is not Erased))
