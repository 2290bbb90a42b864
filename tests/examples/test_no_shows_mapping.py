from typing import Any

import pytest

from application.importing.errors import MappingError
from tests.examples.no_shows_file import mapping


class TestMapping:
    def test_names_every_column_that_it_reads(self) -> None:
        assert set(mapping().columns_read()) == {
            "Neighbourhood", "PatientId", "AppointmentID", "ScheduledDay", "AppointmentDay", "No-show", "Age",
            "Hipertension", "Diabetes",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("table", "value", "message"),
        [
            ("practice", {"zone": "EST5EDT"}, "zone"),
            ("practice", {"currency": "XXX"}, "currency"),
            ("clinicians", {"weekly": ["mon 09:00-12:00", "mon 11:00-13:00"]}, "overlap"),
            ("clinicians", {"salary": 3}, "salary"),
            ("service", {"duration_minutes": 0}, "duration_minutes"),
            ("service", {"duration_minutes": "20"}, "duration_minutes"),
            ("service", {"mode": "by pigeon"}, "mode"),
            ("outcomes", {"no_show": ["No"]}, "lists a word twice"),
            ("outcomes", {"vanished": ["?"]}, "vanished"),
            ("delimiter", ";;", "delimiter"),
            ("source", "../../etc", "source"),
        ],
    )
    def test_refuses_what_could_not_be_booked_before_it_reads_a_row(self, table: str, value: Any, message: str) -> None:
        with pytest.raises(MappingError, match=message):
            mapping(**{table: value})
