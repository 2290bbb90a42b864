"""Time off as instants: whole days are those on the clinician's own calendar."""

from datetime import date
from uuid import UUID

from application.scheduling.availability.working_hours import time_off_of
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Absence, Clinician, ClinicianDetails
from domain.practice.time_off import DaysOff
from tests.support.availability_builders import at, between

NOW = at("2011-12-01T08:00")


def off_in(zone: str, first: str, last: str) -> list[TimeRange]:
    clinician = Clinician.join(id=UUID(int=1), details=ClinicianDetails("Dr. Tala Fonoti", None, zone), at=NOW)
    clinician.set_time_off([Absence(DaysOff(date.fromisoformat(first), date.fromisoformat(last)))], NOW)
    return time_off_of(clinician)


class TestDaysOff:
    def test_last_as_long_as_the_days_do(self) -> None:
        assert off_in("Australia/Lord_Howe", "2028-04-02", "2028-04-02") == [
            between("2028-04-01T13:00", "2028-04-02T13:30")
        ]
        assert off_in("Africa/Cairo", "2028-04-28", "2028-04-28") == [between("2028-04-27T22:00", "2028-04-28T21:00")]

    def test_take_nothing_on_a_day_that_the_calendar_leaves_out(self) -> None:
        """Samoa went from 29 to 31 December 2011, over the date line."""
        assert off_in("Pacific/Apia", "2011-12-30", "2011-12-30") == []
        assert off_in("Pacific/Apia", "2011-12-29", "2011-12-31") == [between("2011-12-29T10:00", "2011-12-31T10:00")]
