"""Parsing rows of appointments: times, lengths, prices and errors."""

import tomllib
from datetime import UTC, datetime

import pytest

from adapters.phonenumbers.phone_numbers import LibPhoneNumbers
from application.importing.cell_values import DateOrder, parse_minutes, parse_price, parse_time
from application.importing.errors import MappingError
from application.importing.report import Finding, RowOutcome
from application.importing.visits.format import FORMATS, VisitFormat, VisitStatus
from application.importing.visits.reader import VisitReader, VisitRow
from domain.kernel.errors import InvalidValueError
from domain.kernel.money import Money
from tests.application.importing.visits.visit_file import acuity, load_format, read, visit


class TestTimes:
    @pytest.mark.parametrize(
        ("text", "order", "expected"),
        [
            ("2025-03-30 14:30", DateOrder.YMD, "2025-03-30T14:30:00"),
            ("2025-03-30T14:30:00", DateOrder.YMD, "2025-03-30T14:30:00"),
            ("03/30/2025 02:30 AM", DateOrder.MDY, "2025-03-30T02:30:00"),
            ("03/30/2025 12:05 am", DateOrder.MDY, "2025-03-30T00:05:00"),
            ("03/30/2025, 12:05 p.m.", DateOrder.MDY, "2025-03-30T12:05:00"),
            ("30.03.2025 9:05", DateOrder.DMY, "2025-03-30T09:05:00"),
            ("2025-10-26T02:30Z", DateOrder.YMD, "2025-10-26T02:30:00+00:00"),
            ("2025-10-26 02:30+01:00", DateOrder.YMD, "2025-10-26T02:30:00+01:00"),
            ("2025-10-26 02:30 -0330", DateOrder.YMD, "2025-10-26T02:30:00-03:30"),
        ],
    )
    def test_are_read_as_they_are_written(self, text: str, order: DateOrder, expected: str) -> None:
        assert parse_time(text, order).isoformat() == expected

    @pytest.mark.parametrize(
        "text",
        [
            "2025-03-30",
            "2025-03-30 24:00",
            "2025-03-30 14:30:15",
            "2025-03-30 13:30 PM",
            "2025-02-30 10:00",
            "10:00",
            "soon",
            "2025-03-30 10:00+99:00",
        ],
    )
    def test_that_are_none_are_refused(self, text: str) -> None:
        with pytest.raises(InvalidValueError):
            parse_time(text, DateOrder.YMD)


@pytest.mark.parametrize(("text", "minutes"), [("50", 50), ("90.0", 90), ("1440", 1440)])
def test_a_length_is_whole_minutes(text: str, minutes: int) -> None:
    assert parse_minutes(text) == minutes


@pytest.mark.parametrize("text", ["0", "-5", "1441", "1:30", "50.5", "٥٠"])
def test_a_length_of_nothing_or_more_than_a_day_is_none(text: str) -> None:
    with pytest.raises(InvalidValueError):
        parse_minutes(text)


@pytest.mark.parametrize(
    ("text", "price"),
    [("67.50", Money(6750, "EUR")), ("90", Money(9000, "EUR")), ("80", Money(80, "JPY")), ("0", Money(0, "EUR"))],
)
def test_a_price_is_in_the_practices_currency(text: str, price: Money) -> None:
    assert parse_price(text, price.currency) == price


@pytest.mark.parametrize(
    ("text", "currency"),
    [("67,50", "EUR"), ("-1", "EUR"), ("1.234", "EUR"), ("80.5", "JPY"), ("NaN", "EUR"), ("1e99", "EUR")],
)
def test_a_price_that_cannot_be_paid_is_none(text: str, currency: str) -> None:
    with pytest.raises(InvalidValueError):
        parse_price(text, currency)


class TestRows:
    def test_say_whose_visit_was_when_with_whom_where_and_for_what(self) -> None:
        [row] = read([visit(Patient_First_Name="נועה", Status="No Show", Patient_Number="7")])

        assert isinstance(row, VisitRow)
        assert (row.person.external_id, row.person.details.given_name) == ("7", "נועה")
        assert (row.starts_at.isoformat(), row.ends_at, row.minutes) == ("2026-06-01T10:00:00", None, 50)
        assert (row.location, row.clinician, row.service) == ("Mitte", "Maya", "Talk")
        assert (row.price, row.status) == (Money(8000, "EUR"), VisitStatus.NO_SHOW)

    def test_of_acuity_say_less(self) -> None:
        [row] = read([acuity()], load_format("acuity"))

        assert isinstance(row, VisitRow)
        assert (row.starts_at.isoformat(), row.location, row.price, row.status) == (
            "2026-06-01T10:00:00",
            "",
            None,
            VisitStatus.BOOKED,
        )

    @pytest.mark.parametrize(
        ("changed", "reason", "column"),
        [
            ({"Appointment Start Date & Time": "soon"}, "not_a_time", "Appointment Start Date & Time"),
            ({"Appointment Start Date & Time": ""}, "empty", "Appointment Start Date & Time"),
            ({"Appointment End Date & Time": "later"}, "not_a_time", "Appointment End Date & Time"),
            ({"Treatment Duration": "long"}, "not_a_length", "Treatment Duration"),
            ({"Treatment Price": "much"}, "not_a_price", "Treatment Price"),
            ({"Status": "Maybe"}, "unknown_status", "Status"),
            ({"Staff Member Name": ""}, "empty", "Staff Member Name"),
            ({"Staff Member Name": "Ma\x07ya"}, "not_kept_like_this", "Staff Member Name"),
            ({"Patient First Name": "", "Patient Last Name": ""}, "empty", "Patient First Name"),
        ],
    )
    def test_that_cannot_be_read_say_why(self, changed: dict[str, str], reason: str, column: str) -> None:
        assert read([visit() | changed]) == [Finding(2, RowOutcome.REFUSED, reason, column)]

    def test_with_too_few_cells_are_refused(self) -> None:
        header = list(visit())
        reader = VisitReader(
            load_format(),
            header,
            region="DE",
            currency="EUR",
            now=datetime(2026, 6, 1, tzinfo=UTC),
            phone_numbers=LibPhoneNumbers(),
        )

        assert list(reader.read([(2, ["Mitte"])])) == [Finding(2, RowOutcome.REFUSED, "wrong_number_of_cells")]

    def test_say_what_else_they_say(self) -> None:
        header = [*visit(), "Shoe Size", "Room"]
        reader = VisitReader(
            load_format(left_out=["Room"]),
            header,
            region="DE",
            currency="EUR",
            now=datetime(2026, 6, 1, tzinfo=UTC),
            phone_numbers=LibPhoneNumbers(),
        )
        list(reader.read([(2, [*visit().values(), "43", "2"]), (3, [*visit().values(), "", ""])]))

        assert (dict(reader.other_columns.not_understood), dict(reader.other_columns.left_out)) == (
            {"Shoe Size": 1},
            {"Room": 1},
        )


class TestFormats:
    @pytest.mark.parametrize("name", FORMATS.names)
    def test_that_come_with_the_program_can_be_used(self, name: str) -> None:
        assert load_format(name).source == name

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"starts_at": "10:00"}, "starts_at must name a column"),
            ({"service": ""}, "service must not be empty"),
            ({"statuses": {"booked": ["x"], "cancelled": ["X"]}}, "lists a word twice"),
            ({"statuses": {}}, "the words of the status column"),
            ({"patient": {"id": "{Patient Number}"}}, "given_name"),
            ({"source": "a b"}, "source is a short name"),
            ({"clock": "mine"}, "clock"),
            ({"typo": 1}, "typo"),
        ],
    )
    def test_that_cannot_be_used_name_the_setting(self, changed: dict[str, object], message: str) -> None:
        with pytest.raises(MappingError, match=message):
            VisitFormat.of(tomllib.loads(FORMATS.text("jane")) | changed)

    def test_ask_for_the_columns_that_every_visit_needs(self) -> None:
        with pytest.raises(MappingError, match="no column Staff Member Name"):
            read([{name: value for name, value in visit().items() if name != "Staff Member Name"}])

    def test_are_not_made_up(self) -> None:
        with pytest.raises(MappingError, match="acuity, jane"):
            VisitFormat.of({"x": FORMATS.text("janet")})
