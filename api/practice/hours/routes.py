"""/v1/clinicians/{id}/hours: when a clinician sees patients, on the wall clock of each location."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from api.http.calls import Changing, Showing
from api.http.resource_responses import CHANGES, READS_ONE
from api.http.schemas import Body, CivilDate, Shown, Thing
from application.kernel.permissions import Permission
from application.practice.set_clinician_hours import SetClinicianHours
from domain.practice.clinician import Clinician, HoursText

routes = APIRouter(prefix="/v1/clinicians", tags=["clinicians"])


class Weekday(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class Range(Body):
    """`from` and `to` on the wall clock; a `to` that is not after `from` is on the next day, `24:00` ends the day."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    starts: str = Field(alias="from", max_length=5, examples=["09:00"])
    ends: str = Field(alias="to", max_length=5, examples=["17:00"])

    def text(self) -> str:
        return f"{self.starts}-{self.ends}"


class WeeklyRange(Range):
    weekday: Weekday


class Override(Body):
    """What `ranges` lists is all there is on that date; none means closed."""

    on_date: str = Field(max_length=10, examples=["2026-12-24"])
    ranges: list[Range] = Field(max_length=50)


class HoursBody(Body):
    """Replaces the clinician's hours at one location; the hours at others stay.

    With `effective_from` they count from that date on, until the next from which others count; earlier dates keep theirs."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "location_id": "01980c5a-0000-7000-8000-000000000001",
                    "weekly": [
                        {"weekday": "mon", "from": "09:00", "to": "12:00"},
                        {"weekday": "mon", "from": "13:00", "to": "17:00"},
                    ],
                    "overrides": [{"on_date": "2026-12-24", "ranges": [{"from": "09:00", "to": "12:00"}]}],
                    "effective_from": "2026-09-01",
                }
            ]
        }
    )

    location_id: UUID
    weekly: list[WeeklyRange] = Field(max_length=500)
    overrides: list[Override] = Field(default=[], max_length=2000)
    effective_from: CivilDate | None = Field(
        default=None, description="Left out, they replace all hours that were ever said of the location."
    )


class LocationHours(Shown):
    location_id: UUID
    effective_from: date | None = Field(default=None, description="Left out of the hours that count from ever on.")
    weekly: list[WeeklyRange]
    overrides: list[Override]


class HoursShown(Thing):
    """`id` and `version` are the clinician's."""

    hours: list[LocationHours]


def show(clinician: Clinician) -> dict[str, object]:
    first = [(location_id, text) for location_id, text in clinician.hours.items()]
    later = [(location_id, text) for location_id, texts in clinician.later_hours.items() for text in texts]
    return {"hours": [_at_location(location_id, text) for location_id, text in (*first, *later)]}


@routes.get("/{clinician_id}/hours", response_model=HoursShown, responses=READS_ONE)
async def get_hours(clinician_id: UUID, call: Showing) -> Response:
    """A clinician's hours at each location."""
    return await call.show(Permission.READ_PRACTICE, Clinician, clinician_id, show)


@routes.put("/{clinician_id}/hours", response_model=HoursShown, responses=CHANGES)
async def set_hours(clinician_id: UUID, body: HoursBody, call: Changing) -> Response:
    """Replace a clinician's hours at one location, from a date on or altogether. Visits that are booked stay: see `/v1/conflicts`."""
    command = SetClinicianHours(
        clinician_id,
        body.location_id,
        tuple(f"{each.weekday.value} {each.text()}" for each in body.weekly),
        tuple(
            line
            for each in body.overrides
            for line in [f"{each.on_date} {r.text()}" for r in each.ranges] or [f"{each.on_date} closed"]
        ),
        body.effective_from,
        expected_version=call.expected_version,
    )
    return await call.change(command, show)


def _at_location(location_id: UUID, text: HoursText) -> dict[str, object]:
    overrides: dict[str, list[dict[str, str]]] = {}
    for line in text.overrides:
        on_date, _, hours = line.partition(" ")
        overrides.setdefault(on_date, []).extend([] if hours == "closed" else [_range(hours)])
    return {
        "location_id": location_id,
        "weekly": [{"weekday": line[:3], **_range(line[4:])} for line in text.weekly],
        "overrides": [{"on_date": on_date, "ranges": ranges} for on_date, ranges in overrides.items()],
        **({"effective_from": text.effective_from} if text.effective_from else {}),
    }


def _range(hours: str) -> dict[str, str]:
    starts, _, ends = hours.partition("-")
    return {"from": starts, "to": ends}
