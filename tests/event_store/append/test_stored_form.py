"""A golden file pins each event's stored form: it may get a new version, but never change."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints, is_typeddict
from uuid import UUID

import pytest

from domain.kernel.aggregate import Aggregate
from domain.kernel.personal_data import ERASED, Erased, Personal
from event_store.append.codec import EventCodec, codec_for, codec_of
from event_store.append.upcasting import current_body
from event_store.errors import NewerVersionError
from event_store.read.event_reference import event_reference
from event_store.topics import event_classes
from tests.support.paths import DOCS

GOLDEN = Path(__file__).parents[1] / "golden"
CODECS = [codec_for(event) for event in event_classes()]
STREAM_ID = UUID("01900000-0000-7000-8000-000000000001")
THEN = datetime(2026, 3, 8, 7, 30, 0, 123456, UTC)

EXAMPLES: dict[object, object] = {
    str: "דנה Müller",
    int: 8000,
    bool: True,
    UUID: UUID("01900000-0000-7000-8000-00000000000a"),
    Decimal: Decimal("12.50"),
    date: date(1990, 2, 28),
    datetime: THEN,
}


def example(hint: object) -> object:
    """A value of a field's type; of several types the first that is a value."""
    if get_origin(hint) in (Union, UnionType):
        return example(next(part for part in get_args(hint) if part not in (Erased, type(None))))
    if get_origin(hint) is list:
        return [example(get_args(hint)[0])]
    if is_typeddict(hint):
        return {name: example(part) for name, part in get_type_hints(hint).items()}
    return EXAMPLES[hint]


def state_of(codec: EventCodec) -> dict[str, object]:
    hints = get_type_hints(codec.event_class)
    return {name: example(hints[name]) for name in (*codec.body_fields, *codec.personal_fields)}


def envelope() -> dict[str, object]:
    return {"originator_id": STREAM_ID, "originator_version": 1, "timestamp": THEN}


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.topic)
class TestStoredEvents:
    def test_is_stored_as_in_its_golden_file(self, codec: EventCodec) -> None:
        state = state_of(codec)
        stored = {"body": json.loads(codec.body(state)), "sealed": json.loads(codec.personal(state))}

        golden = json.loads((GOLDEN / f"{codec.topic}.{codec.schema_version}.json").read_text("utf-8"))

        assert stored == golden

    def test_is_read_back_unchanged(self, codec: EventCodec) -> None:
        state = state_of(codec)

        event = codec.event(envelope(), codec.body(state), codec.personal(state))

        assert {name: getattr(event, name) for name in state} == state
        assert isinstance(event, codec.event_class)

    def test_is_erased_once_the_key_is_destroyed(self, codec: EventCodec) -> None:
        event = codec.event(envelope(), codec.body(state_of(codec)), ERASED)

        assert all(getattr(event, name) is ERASED for name in codec.personal_fields)


def test_every_golden_file_is_of_an_event_that_can_be_read() -> None:
    paths = sorted(GOLDEN.glob("*.json"))
    assert len(paths) >= len(CODECS) > 0
    for path in paths:
        topic, _, version = path.stem.rpartition(".")
        codec = codec_of(topic)
        body = json.dumps(json.loads(path.read_text("utf-8"))["body"]).encode()

        codec.body_decoder.decode(current_body(topic, int(version), codec.schema_version, body))


class TestUpcasting:
    def test_a_newer_version_is_refused(self) -> None:
        with pytest.raises(NewerVersionError):
            current_body("practice.location.opened", 2, 1, b"{}")

    def test_an_older_version_passes_through_each_step(self) -> None:
        steps = {
            ("t", 1): lambda body: {**body, "zone": "UTC"},
            ("t", 2): lambda body: {**body, "name": str(body["name"]).upper()},
        }

        assert current_body("t", 1, 3, b'{"name":"a"}', steps) == b'{"name":"A","zone":"UTC"}'


def test_an_event_names_whose_key_seals_it() -> None:
    class Nameless(Aggregate.Event):
        TOPIC = "test.nameless"
        name: Personal[str]

    with pytest.raises(TypeError, match="SUBJECT"):
        codec_for(Nameless)


def test_the_reference_is_up_to_date() -> None:
    page = DOCS / "events.md"

    assert page.read_text("utf-8") == event_reference()
