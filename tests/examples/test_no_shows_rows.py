from datetime import UTC, date, datetime

import pytest

from application.importing.errors import MappingError
from application.importing.report import Finding, RowOutcome
from no_shows.mapping import Result
from no_shows.reader import VisitReader, VisitRow
from tests.examples.no_shows_file import HEADER, cells, mapping, read


class TestRow:
    def test_becomes_a_request_for_a_day(self) -> None:
        [visit] = read(mapping(), [cells(5, patient=77, hypertension="1", outcome="Yes")])

        assert isinstance(visit, VisitRow)
        assert (visit.line, visit.practice, visit.patient, visit.appointment) == (2, "SÃO PEDRO", "77", "5")
        assert visit.booked_at == datetime(2016, 4, 29, 18, 38, 8, tzinfo=UTC)
        assert (visit.on_date, visit.result) == (date(2016, 5, 2), Result.NO_SHOW)
        assert visit.details[:2] == ("Patient", "77")
        assert visit.details.tags == ("hypertension",)

    def test_may_be_booked_on_the_day_itself_by_the_practice_s_clock(self) -> None:
        # One o'clock in the morning in London is the evening before in São Paulo.
        [visit] = read(mapping(), [cells(5, booked_at="2016-05-03T01:00:00Z", on_date="2016-05-02")])

        assert isinstance(visit, VisitRow)

    def test_without_an_offset_was_booked_on_the_practice_s_clock(self) -> None:
        [visit] = read(mapping(), [cells(5, booked_at="2016-04-29 18:38:08")])

        assert isinstance(visit, VisitRow)
        assert visit.booked_at == datetime(2016, 4, 29, 21, 38, 8, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("row", "reason", "column"),
        [
            (cells(5, age="-1"), "out_of_range", "Age"),
            (cells(5, age="forty"), "not_a_number", "Age"),
            (cells(5, booked_at="2016-05-03T10:00:00Z", on_date="2016-05-02"), "booked_after_the_day", "ScheduledDay"),
            (cells(5, booked_at="yesterday"), "not_a_time", "ScheduledDay"),
            (cells(5, booked_at="2016-10-16T00:30:00"), "not_a_time", "ScheduledDay"),
            (cells(5, on_date="2016-02-30"), "not_a_date", "AppointmentDay"),
            (cells(5, on_date="2016-05-02!"), "not_a_date", "AppointmentDay"),
            (cells(5, outcome="Maybe"), "unknown_outcome", "No-show"),
            (cells(5, practice="  "), "empty", "Neighbourhood"),
            (cells(5)[:-1], "wrong_number_of_cells", ""),
        ],
    )
    def test_is_refused_with_a_reason(self, row: list[str], reason: str, column: str) -> None:
        assert read(mapping(), [row]) == [Finding(2, RowOutcome.REFUSED, reason, column, external_id="5")]

    def test_is_refused_when_its_id_came_before(self) -> None:
        _, second = read(mapping(), [cells(5), cells(5)])

        assert second == Finding(3, RowOutcome.REFUSED, "repeated_in_the_file", "AppointmentID", external_id="5")

    def test_that_names_a_placeholder_keeps_it(self) -> None:
        named = mapping(patient={"given_name": "{Gender}-{Neighbourhood}", "family_name": "{PatientId}"})

        [visit] = read(named, [cells(5, practice="{PatientId}")])

        assert isinstance(visit, VisitRow)
        assert visit.details.given_name == "F-{PatientId}"

    def test_needs_the_columns_that_the_mapping_names(self) -> None:
        with pytest.raises(MappingError, match="Age, Neighbourhood"):
            VisitReader(mapping(), [column for column in HEADER if column not in ("Age", "Neighbourhood")])
