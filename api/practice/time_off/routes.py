"""/v1/clinicians/{id}/time-off: when a clinician is away."""

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from api.http.calls import Call, Changing, Showing
from api.http.resource_responses import CHANGES, READS_ONE, Show
from api.http.schemas import Body, CivilDate, Shown, Text, Thing
from api.http.times import instant
from application.kernel.permissions import Permission
from application.practice.set_time_off import SetTimeOff
from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Absence, Clinician
from domain.practice.time_off import DaysOff, HoursOff

routes = APIRouter(prefix="/v1/clinicians", tags=["clinicians"])


class RangeOff(Body):
    """Whole days from `first_date` to `last_date`, both included, on the clinician's own calendar; or from `starts_at` until `ends_at`."""

    first_date: CivilDate | None = None
    last_date: CivilDate | None = None
    starts_at: str | None = Field(default=None, max_length=40, description="RFC 3339, with its offset.")
    ends_at: str | None = Field(default=None, max_length=40, description="RFC 3339, with its offset.")
    note: Text | None = Field(
        default=None, description="Sealed; shown to those who run the practice, and to the clinician."
    )

    def absence(self) -> Absence:
        """Raises InvalidValueError: neither two dates nor two instants, or the end before the start."""
        if self.first_date and self.last_date and not (self.starts_at or self.ends_at):
            return Absence(DaysOff(self.first_date, self.last_date), self.note)
        if self.starts_at and self.ends_at and not (self.first_date or self.last_date):
            during = TimeRange(instant(self.starts_at, "starts_at"), instant(self.ends_at, "ends_at"))
            return Absence(HoursOff(during), self.note)
        raise InvalidValueError("ranges", "a range has first_date and last_date, or starts_at and ends_at")


class TimeOffBody(Body):
    """Replaces all time off of the clinician; none means always there."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ranges": [
                        {"first_date": "2026-07-20", "last_date": "2026-08-02", "note": "summer holiday"},
                        {"starts_at": "2026-06-03T13:00:00+02:00", "ends_at": "2026-06-03T15:00:00+02:00"},
                    ]
                }
            ]
        }
    )

    ranges: list[RangeOff] = Field(max_length=500)


class RangeOffShown(Shown):
    first_date: date | None
    last_date: date | None
    starts_at: datetime | None
    ends_at: datetime | None
    note: str | None


class TimeOffShown(Thing):
    """`id` and `version` are the clinician's."""

    ranges: list[RangeOffShown]


@routes.get("/{clinician_id}/time-off", response_model=TimeOffShown, responses=READS_ONE)
async def get_time_off(clinician_id: UUID, call: Showing) -> Response:
    """When a clinician is away."""
    return await call.show(Permission.READ_PRACTICE, Clinician, clinician_id, shower(call))


@routes.put("/{clinician_id}/time-off", response_model=TimeOffShown, responses=CHANGES)
async def set_time_off(clinician_id: UUID, body: TimeOffBody, call: Changing) -> Response:
    """Replace a clinician's time off. Nothing is offered in it from now on; visits that are booked stay: see `/v1/conflicts`."""
    absences = tuple(each.absence() for each in body.ranges)
    command = SetTimeOff(clinician_id, absences, expected_version=call.expected_version)
    return await call.change(command, shower(call))


def shower(call: Call) -> Show[Clinician]:
    """Return the presenter of a clinician's time off: notes are shown to those who keep them, and to the clinician."""

    def show(clinician: Clinician) -> dict[str, object]:
        sees_notes = call.actor.may(Permission.CHANGE_PRACTICE) or call.actor.clinician_id == clinician.id
        return {"ranges": [_range(absence, sees_notes) for absence in clinician.absences]}

    return show


def _range(absence: Absence, sees_notes: bool) -> dict[str, object]:
    off = absence.range
    return {
        "first_date": off.first_date if isinstance(off, DaysOff) else None,
        "last_date": off.last_date if isinstance(off, DaysOff) else None,
        "starts_at": off.during.starts_at if isinstance(off, HoursOff) else None,
        "ends_at": off.during.ends_at if isinstance(off, HoursOff) else None,
        "note": absence.note if sees_notes else None,
    }
