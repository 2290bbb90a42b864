"""Request and response bodies of series, and the parts that courses share."""

from datetime import datetime
from typing import Annotated, Any, TypeAlias, TypeVar
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from api.http.schemas import Body, Page, Shown, Text, Truth, Versioned, Whole
from api.http.times import Start
from api.scheduling.appointments.schemas import ByWhom, Notes
from application.kernel.commands import Command
from application.scheduling.series.plan_occurrences import OnConflict
from domain.scheduling.appointments.status import Status
from domain.scheduling.series.occurrence_plan import Scope

C = TypeVar("C", bound=Command[Any])
_EXAMPLE: dict[str, JsonValue] = {
    "patient_id": "01980c5a-0000-7000-8000-000000000004",
    "service_id": "01980c5a-0000-7000-8000-000000000003",
    "clinician_id": "01980c5a-0000-7000-8000-000000000002",
    "starts_at": "2026-06-02T10:00:00+02:00",
    "rrule": "FREQ=WEEKLY;COUNT=8",
}
_CHANGE: dict[str, JsonValue] = {"from_occurrence": 4, "scope": "following"}

Rule: TypeAlias = Annotated[
    str,
    Field(
        max_length=500,
        description="RFC 5545: FREQ (DAILY, WEEKLY, MONTHLY, YEARLY), INTERVAL, COUNT or UNTIL, BYDAY, BYMONTHDAY,"
        " BYMONTH, WKST; at most 730 visits within two years, in the location's local time.",
        examples=["FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20261231", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=6"],
    ),
]
FromOccurrence: TypeAlias = Annotated[
    Whole, Field(ge=1, le=730, description="The index of the first occurrence that the change applies to.")
]


class OccurrencesBody(Body):
    """The fields of a new series or course."""

    service_id: UUID
    starts_at: Start
    rrule: Rule
    on_conflict: OnConflict = OnConflict.ALL_OR_NOTHING
    dry_run: Truth = Field(False, description="Show the plan without recording it.")


class SeriesBody(OccurrencesBody):
    """`starts_at` is the first visit, on a day of the rule. The others keep its local time."""

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
    clinician_id: UUID
    notes: Notes | None = Field(default=None, description="Kept with each visit.")


class SeriesCancelBody(Body):
    reason: Text
    cancelled_by: ByWhom = None


class OccurrencesChangeBody(Body):
    """The fields of a change of several visits or sessions."""

    from_occurrence: FromOccurrence
    scope: Scope
    starts_at: Start | None = None
    resource_ids: list[UUID] | None = Field(default=None, max_length=20)
    on_conflict: OnConflict = OnConflict.ALL_OR_NOTHING
    dry_run: Truth = Field(False, description="Show the changes without recording them.")


class SeriesChangeBody(OccurrencesChangeBody):
    """Either `cancel`, or `notes`, or any of the others. `starts_at` is the new start of
    `from_occurrence`. Omitted fields stay the same: resources where they are free and where the
    clinician is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**_CHANGE, "starts_at": "2026-06-23T14:00:00+02:00"},
                {**_CHANGE, "scope": "all", "starts_at": "2026-06-24T10:00:00+02:00", "dry_run": True},
                {**_CHANGE, "scope": "all", "location_id": "01980c5a-0000-7000-8000-000000000001"},
                {**_CHANGE, "clinician_id": "01980c5a-0000-7000-8000-000000000006", "on_conflict": "skip"},
                {**_CHANGE, "notes": "brings her own crutches"},
                {**_CHANGE, "cancel": {"reason": "therapy is over", "cancelled_by": "patient"}},
            ]
        }
    )

    clinician_id: UUID | None = None
    location_id: UUID | None = None
    notes: Notes | None = Field(default=None, description="null or an empty text removes them.")
    cancel: SeriesCancelBody | None = None


class OccurrenceShown(Shown):
    """The fields of an occurrence of a series or course."""

    index: int
    original: str = Field(
        description="Identifies the occurrence: its first planned local time.", examples=["2026-06-02T10:00:00"]
    )
    starts_at: datetime
    skipped: str | None = Field(description="The code of the reason why this occurrence was not booked.")


class SeriesOccurrenceShown(OccurrenceShown):
    ends_at: datetime | None
    appointment_id: UUID | None
    status: Status | None
    moved: bool = Field(description="The visit was moved by itself: it keeps its time when the series moves.")
    noted: bool = Field(description="Its notes were changed by themselves: they stay when those of the series change.")


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


class PlanShown(Versioned):
    """The fields of a series or course."""

    service_id: UUID
    zone: str
    rrule: str = Field(description="As planned first; `occurrences` has the present times.")
    starts_at: datetime = Field(description="Of the first occurrence.")
    skipped: int


class SeriesShown(PlanShown):
    patient_id: UUID
    clinician_id: UUID
    booked: int


class SeriesInFull(SeriesShown):
    occurrences: list[SeriesOccurrenceShown]
    last_change: LastChange | None


class SeriesPage(Page):
    series: list[SeriesShown]


class SlotShown(Shown):
    """A slot that an occurrence would get."""

    index: int
    starts_at: datetime
    ends_at: datetime
    location_id: UUID
    resource_ids: list[UUID]


class PreviewedVisit(SlotShown):
    clinician_id: UUID


class SeriesPreview(Shown):
    dry_run: bool
    zone: str
    visits: list[PreviewedVisit]
    conflicts: list[OccurrenceConflictShown]


class ChangePreview(Shown):
    dry_run: bool
    visits: list[PreviewedVisit] = Field(description="The new slots.")
    cancelled: list[int]
    noted: list[int] = Field(description="The visits that would get new notes.")
    conflicts: list[OccurrenceConflictShown]
    kept: list[KeptShown]
