"""Bodies of requests and answers about series."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from api.http.schemas import Body, Page, Shown, Text, Truth, Versioned, Whole
from api.http.times import Start
from api.scheduling.appointments.schemas import Notes
from application.scheduling.series.book_series import OnConflict
from domain.scheduling.appointments.status import Status
from domain.scheduling.series.occurrence_plan import Scope

_EXAMPLE: dict[str, JsonValue] = {
    "patient_id": "01980c5a-0000-7000-8000-000000000004",
    "service_id": "01980c5a-0000-7000-8000-000000000003",
    "clinician_id": "01980c5a-0000-7000-8000-000000000002",
    "starts_at": "2026-06-02T10:00:00+02:00",
    "rrule": "FREQ=WEEKLY;COUNT=8",
}
_CHANGE: dict[str, JsonValue] = {"from_occurrence": 4, "scope": "following"}

Rule = Annotated[
    str,
    Field(
        max_length=500,
        description="RFC 5545: FREQ (DAILY, WEEKLY, MONTHLY, YEARLY), INTERVAL, COUNT or UNTIL, BYDAY, BYMONTHDAY, BYMONTH, WKST;"
        " at most 730 visits within two years, on the wall clock of the location.",
        examples=["FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20261231", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=6"],
    ),
]


class SeriesBody(Body):
    """`starts_at` is the first visit, on a day that the rule names. The other visits keep its time on the wall clock."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _EXAMPLE,
                {**_EXAMPLE, "on_conflict": "skip", "dry_run": True},
                {**_EXAMPLE, "notes": "brings her own crutches"},
            ]
        }
    )

    patient_id: UUID
    service_id: UUID
    clinician_id: UUID
    starts_at: Start
    rrule: Rule
    on_conflict: OnConflict = OnConflict.ALL_OR_NOTHING
    notes: Notes | None = Field(default=None, description="Kept with each visit.")
    dry_run: Truth = Field(False, description="Show what would be booked, and book nothing.")


class SeriesCancelBody(Body):
    reason: Text


class SeriesChangeBody(Body):
    """Either `cancel`, or `notes`, or any of the others. `starts_at` is where the visit of `from_occurrence` goes; what is left out stays
    as it is: resources as far as they are free and where the clinician is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**_CHANGE, "starts_at": "2026-06-23T14:00:00+02:00"},
                {**_CHANGE, "scope": "all", "starts_at": "2026-06-24T10:00:00+02:00", "dry_run": True},
                {**_CHANGE, "scope": "all", "location_id": "01980c5a-0000-7000-8000-000000000001"},
                {**_CHANGE, "clinician_id": "01980c5a-0000-7000-8000-000000000006", "on_conflict": "skip"},
                {**_CHANGE, "notes": "brings her own crutches"},
                {**_CHANGE, "cancel": {"reason": "therapy is over"}},
            ]
        }
    )

    from_occurrence: Whole = Field(ge=1, le=730, description="The index of the occurrence that the change starts from.")
    scope: Scope
    starts_at: Start | None = None
    clinician_id: UUID | None = None
    location_id: UUID | None = None
    resource_ids: list[UUID] | None = Field(default=None, max_length=20)
    notes: Notes | None = Field(default=None, description="null or an empty text takes them away.")
    cancel: SeriesCancelBody | None = None
    on_conflict: OnConflict = OnConflict.ALL_OR_NOTHING
    dry_run: Truth = Field(False, description="Show what would be changed, and change nothing.")


class SeriesOccurrenceShown(Shown):
    index: int
    original: str = Field(
        description="What the occurrence is known by: its time on the wall clock as it was planned first.",
        examples=["2026-06-02T10:00:00"],
    )
    starts_at: datetime
    ends_at: datetime | None
    appointment_id: UUID | None
    status: Status | None
    moved: bool = Field(description="The visit was moved by itself, and keeps its time when the series is moved.")
    noted: bool = Field(
        description="Its notes were changed by themselves, and stay when those of the series are changed."
    )
    skipped: str | None = Field(description="The code of why this occurrence could not be booked.")


class KeptShown(Shown):
    index: int
    code: str = Field(examples=["already_cancelled"])


class OccurrenceConflictShown(KeptShown):
    starts_at: datetime
    conflicting_id: UUID | None


class LastChange(Shown):
    scope: Scope
    from_occurrence: int
    changed: list[int]
    kept: list[KeptShown]


class SeriesShown(Versioned):
    patient_id: UUID
    service_id: UUID
    clinician_id: UUID
    zone: str
    rrule: str = Field(description="As it was planned; what each visit is now, `occurrences` say.")
    starts_at: datetime
    booked: int
    skipped: int


class SeriesInFull(SeriesShown):
    occurrences: list[SeriesOccurrenceShown]
    last_change: LastChange | None


class SeriesPage(Page):
    series: list[SeriesShown]


class PreviewedVisit(Shown):
    index: int
    starts_at: datetime
    ends_at: datetime
    clinician_id: UUID
    location_id: UUID
    resource_ids: list[UUID]


class SeriesPreview(Shown):
    dry_run: bool
    zone: str
    visits: list[PreviewedVisit]
    conflicts: list[OccurrenceConflictShown]


class ChangePreview(Shown):
    dry_run: bool
    visits: list[PreviewedVisit] = Field(description="Where visits would go.")
    cancelled: list[int]
    noted: list[int] = Field(description="Which would have other notes.")
    conflicts: list[OccurrenceConflictShown]
    kept: list[KeptShown]
