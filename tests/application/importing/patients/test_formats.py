"""Formats are data: what they may say, and what they refuse."""

import tomllib

import pytest

from application.importing.errors import MappingError
from application.importing.patients.dates import date_in
from application.importing.patients.format import DateOrder, NameOrder, PatientFormat, format_names, format_text
from application.importing.patients.names import split
from application.importing.patients.reading import PatientRows
from domain.errors import InvalidValueError
from tests.application.importing.patients.patient_file import NOW, one, person, used


@pytest.mark.parametrize("name", format_names())
def test_each_format_of_the_program_can_be_used_and_says_where_it_is_from(name: str) -> None:
    read = PatientFormat.of(tomllib.loads(format_text(name)))

    assert (read.source, bool(read.about)) == (name, True)
    assert "Source" in format_text(name)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"source": "our files"}, "source"),
        ({"encodings": ["klingon"]}, "encodings"),
        ({"encodings": []}, "encodings"),
        ({"encodings": ["base64"]}, "encodings"),
        ({"delimiters": '"'}, "delimiters"),
        ({"phone_region": "XX"}, "phone_region"),
        ({"family_name": ""}, "full_name"),
        ({"given_name": "Somebody"}, "full_name"),
        ({"dates": "yyyy-mm-dd"}, "dates"),
        ({"colour": "blue"}, "colour"),
        ({"locales": {"english": "English"}}, "locale"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(changed: dict[str, object], says: str) -> None:
    with pytest.raises(MappingError, match=says):
        PatientFormat.of(tomllib.loads(format_text("jane")) | changed)


def test_there_is_no_format_of_another_name() -> None:
    with pytest.raises(MappingError, match="there are acuity"):
        format_text("../../../etc/passwd")


class TestColumns:
    def test_are_found_whatever_their_case_and_with_an_asterisk(self) -> None:
        row = one({"FIRST NAME*": "Dana", " last  name": "Cohen"})

        assert (row.details.given_name, row.details.family_name) == ("Dana", "Cohen")

    def test_for_names_must_be_there(self) -> None:
        with pytest.raises(MappingError, match="First Name, Middle Name, Last Name"):
            PatientRows(used(), ["Email"], None, NOW)

    def test_of_one_name_are_refused(self) -> None:
        with pytest.raises(MappingError, match="two columns of one name"):
            PatientRows(used(), ["First Name", "Last Name", "first name*"], None, NOW)


class TestDates:
    @pytest.mark.parametrize(
        ("text", "order"),
        [
            ("1990-12-31", DateOrder.YMD),
            ("1990/12/31 00:00:00", DateOrder.YMD),
            ("19901231", DateOrder.YMD),
            ("31.12.1990", DateOrder.DMY),
            ("31. 12. 1990", DateOrder.DMY),
            ("12/31/1990", DateOrder.MDY),
            ("12-31-1990T10:00", DateOrder.MDY),
        ],
    )
    def test_are_read_in_their_order(self, text: str, order: DateOrder) -> None:
        assert date_in(text, order).isoformat() == "1990-12-31"

    @pytest.mark.parametrize(
        "text", ["12/31/90", "31/12/1990", "1990", "next week", "0/0/0000", "١٢/٣١/١٩٩٠", "1/2/3/1990"]
    )
    def test_that_are_none_are_refused(self, text: str) -> None:
        with pytest.raises(InvalidValueError):
            date_in(text, DateOrder.MDY)


class TestNamesInOneColumn:
    @pytest.mark.parametrize(
        ("name", "order"),
        [
            ("Dana Miriam Cohen", NameOrder.FAMILY_LAST),
            ("Cohen Dana Miriam", NameOrder.FAMILY_FIRST),
            ("Cohen, Dana Miriam", NameOrder.COMMA),
        ],
    )
    def test_are_split_in_their_order(self, name: str, order: NameOrder) -> None:
        assert split(name, order) == ("Dana Miriam", "Cohen")

    def test_are_two_or_refused(self) -> None:
        for order in NameOrder:
            with pytest.raises(InvalidValueError):
                split("Cher", order)

    def test_stand_in_where_the_columns_of_their_own_say_nothing(self) -> None:
        row = one({"First Name": "", "Last Name": "", "Name": "דנה כהן"}, used(full_name="{Name}"))

        assert (row.details.given_name, row.details.family_name) == ("דנה", "כהן")


def test_a_person_of_each_kind_of_row_has_what_the_row_says() -> None:
    assert one(person(7)).details.phone == "+49301000007"
