"""Bodies of requests and answers about hand-overs."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.http.schemas import Body, CivilDate, Shown, Truth, Versioned, examples


class HandOverBody(Body):
    """Dates are in the clinician's zone; both are included.

    Without `to_clinician_ids` each visit goes to the colleague who gives the service, is free and
    has the fewest visits on that day."""

    model_config = examples(
        {"from_date": "2026-06-09", "until_date": "2026-06-09", "dry_run": True},
        {
            "from_date": "2026-07-01",
            "until_date": "2026-07-31",
            "to_clinician_ids": ["01980c5a-0000-7000-8000-000000000006"],
            "notify": False,
        },
    )

    from_date: CivilDate | None = Field(default=None, description="null: after the clinician's `last_date`.")
    until_date: CivilDate | None = Field(default=None, description="null: all later visits.")
    to_clinician_ids: list[UUID] = Field(
        default=[], max_length=50, description="Only these, the first who is free; empty: all who give the service."
    )
    notify: bool = Field(default=True, description="Whether to tell the patients.")
    dry_run: Truth = Field(default=False, description="Show who would get which visit, and record nothing.")


class _Named(Shown):
    """Either a visit or a session."""

    appointment_id: UUID | None
    session_id: UUID | None
    starts_at: datetime


class HandedVisitShown(_Named):
    clinician_id: UUID = Field(description="The colleague who gives it now.")


class KeptVisitShown(_Named):
    code: str = Field(
        examples=["time_taken"], description="Why nobody can take it: the code of the most useful refusal."
    )


class HandOverShown(Versioned):
    clinician_id: UUID
    handed: list[HandedVisitShown]
    kept: list[KeptVisitShown]


class PossibleTakersShown(HandedVisitShown):
    service_id: UUID
    clinician_ids: list[UUID] = Field(description="All who could take it; the first would get it.")


class HandOverPreview(Shown):
    dry_run: bool
    clinician_id: UUID
    handed: list[PossibleTakersShown]
    kept: list[KeptVisitShown]
    position: int = Field(description="The log's position that the answer is about.")
