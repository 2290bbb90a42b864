"""Bodies of answers about free times, explanations and conflicts."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.http.schemas import Page, Shown


class SlotShown(Shown):
    starts_at: datetime
    ends_at: datetime
    clinician_id: UUID
    location_id: UUID
    resource_ids: list[UUID] = Field(
        description="The resources that a booking would use; it may name other free ones of the same kind."
    )


class Slots(Shown):
    slots: list[SlotShown]
    position: int = Field(description="The log's position at which these times were free.")


class Fact(Shown):
    """An event of the practice's log."""

    position: int
    event_type: str
    sentence: str
    kind: str = Field(examples=["clinician"])
    id: UUID
    version: int
    recorded_at: datetime


class ObstacleShown(Shown):
    code: str = Field(
        examples=["outside_hours"],
        description="The code of the refusal, or `time_off`, `public_holiday` or `patient_erased`.",
    )
    detail: str
    location_id: UUID | None = Field(description="The location where it applies; null: everywhere.")
    events: list[Fact] = Field(
        description="The events that it follows from; without visits for keys that do not see patients."
    )


class ExplanationShown(Shown):
    """If the time could be booked at `position`, there is a `slot` and `reasons` is empty."""

    starts_at: datetime
    is_free: bool
    slot: SlotShown | None
    reasons: list[ObstacleShown]
    position: int = Field(description="The log's position that the answer is about.")


class Remedy(Shown):
    """`reschedule`; `reassign` to one of `clinician_ids`, who are free; `keep`: it stays listed.

    If a patient was erased, or has another visit, `cancel` the visit, or their seat in the session.
    The visit's own clinician is among them if another room or device is free instead.
    `PATCH /v1/sessions/{session_id}` moves a session or changes its staff."""

    action: str = Field(examples=["reassign"])
    clinician_ids: list[UUID] | None = None


class StrandedVisitShown(Shown):
    """A visit or a session. `clinician_id` is the clinician concerned: of staff, the first one."""

    appointment_id: UUID | None
    session_id: UUID | None
    version: int
    starts_at: datetime
    ends_at: datetime
    service_id: UUID
    clinician_id: UUID
    location_id: UUID
    reasons: list[ObstacleShown]
    remedies: list[Remedy]


class ConflictPage(Page):
    conflicts: list[StrandedVisitShown]
