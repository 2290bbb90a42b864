"""Answers of histories, the event list and differences."""

from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import ConfigDict, Field

from api.http.schemas import Page, Shown
from domain.kernel.personal_data import Fault

MAX_CITED: Final = 200
"""The most events that a difference lists."""


class ChangeShown(Shown):
    field: str
    before: object
    after: object


class Line(Shown):
    """One event. `personal` is null once its person was erased, or if it is `damaged`."""

    position: int
    kind: str
    id: UUID
    version: int
    event_type: str
    sentence: str
    effective_at: datetime
    recorded_at: datetime
    actor: str
    causation_id: UUID | None
    facts: dict[str, object]
    personal: dict[str, object] | None
    erased: bool
    damaged: Fault | None = Field(description="Why `personal` cannot be read although nobody was erased.")
    changes: list[ChangeShown]


class HistoryPage(Page):
    history: list[Line]


class EventShown(Shown):
    """One event as it was recorded. `sealed` is its encrypted personal data (base64), `hash` its
    link of the hash chain (hex)."""

    position: int
    event_type: str
    schema_version: int
    stream_id: UUID
    version: int
    body: dict[str, object]
    is_sealed: bool = Field(description="The event has personal data.")
    sealed: str | None
    personal: dict[str, object] | None = Field(
        description="The personal data, if requested; null once its person was erased."
    )
    damaged: Fault | None = Field(description="Why the personal data cannot be read although they were requested.")
    actor: str
    command_id: UUID
    command_part: int
    fingerprint: str | None
    causation_id: UUID | None
    effective_at: datetime
    recorded_at: datetime
    hash: str


class EventPage(Shown):
    model_config = ConfigDict(extra="allow")

    practice_id: UUID
    events: list[EventShown]
    after: int = Field(description="Send it as `after` for the events that follow, now or later.")
    position: int = Field(description="The log's newest position; the page is the last one if `after` has reached it.")


class Cited(Shown):
    """An event that a difference comes from."""

    position: int
    version: int
    event_type: str
    sentence: str
    actor: str
    command_id: UUID
    causation_id: UUID | None
    effective_at: datetime
    recorded_at: datetime


class ThingChanged(Shown):
    """The change of one resource, in the fields of its own route that depend on its events alone.
    `changes` is empty if every change was reversed, or its person was erased since."""

    kind: str = Field(examples=["appointment"])
    id: UUID
    from_version: int = Field(description="0 if it did not exist yet.")
    to_version: int
    changes: list[ChangeShown] | None = Field(description="null for keys that may not read resources of this kind.")
    events: list[Cited] = Field(description=f"The newest {MAX_CITED} of the events between the two versions, in order.")


class DiffPage(Page):
    from_position: int
    to_position: int = Field(
        description="Request further pages between these two positions: their answers never change."
    )
    things: list[ThingChanged]
