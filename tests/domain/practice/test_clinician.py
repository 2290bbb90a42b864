"""Bounds of a clinician's time off."""

from datetime import UTC, date, datetime, timedelta

import pytest
from uuid_utils.compat import uuid7

from domain.kernel.errors import InvalidValueError
from domain.practice.clinician import Absence, Clinician, ClinicianDetails
from domain.practice.time_off import DaysOff

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)


@pytest.fixture
def clinician() -> Clinician:
    return Clinician.join(id=uuid7(), details=ClinicianDetails("Noa", None, "Europe/Berlin"), at=NOW)


def absences(count: int, note: str | None = None) -> list[Absence]:
    days = [date(2026, 6, 1) + timedelta(days=number) for number in range(count)]
    return [Absence(DaysOff(day, day), note) for day in days]


class TestTimeOff:
    def test_has_at_most_500_ranges_with_notes_of_500_characters(self, clinician: Clinician) -> None:
        longest = absences(500, "x" * 500)

        assert clinician.set_time_off(longest, NOW)

        assert clinician.absences == longest
        assert not clinician.set_time_off(longest, NOW)

    @pytest.mark.parametrize(("count", "note", "field"), [(501, None, "ranges"), (1, "x" * 501, "note")])
    def test_beyond_its_bounds_is_refused(self, clinician: Clinician, count: int, note: str | None, field: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            clinician.set_time_off(absences(count, note), NOW)

        assert refused.value.field == field
        assert clinician.version == 1
