"""Formats are data: what they may say, and what they refuse."""

import re
import tomllib
from datetime import date

import pytest

from adapters.phonenumbers.phone_numbers import LibPhoneNumbers
from application.importing.cell_values import DateOrder, NameOrder, parse_date, parse_full_name
from application.importing.errors import MappingError
from application.importing.patients.format import FORMATS, PatientFormat
from application.importing.patients.reader import PatientReader, PersonRow
from domain.kernel.errors import InvalidValueError
from tests.application.importing.patients.patient_file import NOW, load_format, person, read_row
from tests.support.paths import DOCS


@pytest.mark.parametrize("name", FORMATS.names)
def test_each_format_of_the_program_can_be_used_and_says_where_it_is_from(name: str) -> None:
    read = PatientFormat.of(tomllib.loads(FORMATS.text(name)))

    assert (read.source, bool(read.about)) == (name, True)
    assert "Source" in FORMATS.text(name)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"source": "our files"}, "source"),
        ({"encoding": "klingon"}, "encoding"),
        ({"encoding": "base64"}, "encoding"),
        ({"delimiters": '"'}, "delimiters"),
        ({"phone_region": "XX"}, "phone_region"),
        ({"family_name": ""}, "full_name"),
        ({"given_name": "Somebody"}, "full_name"),
        ({"dates": "yyyy-mm-dd"}, "dates"),
        ({"colour": "blue"}, "colour"),
        ({"locales": {"english": "English"}}, "locale"),
        ({"header": ["x" * 201]}, "200 characters"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(changed: dict[str, object], says: str) -> None:
    with pytest.raises(MappingError, match=says):
        PatientFormat.of(tomllib.loads(FORMATS.text("jane")) | changed)


def test_there_is_no_format_of_another_name() -> None:
    with pytest.raises(MappingError, match="there are acuity"):
        FORMATS.text("../../../etc/passwd")


class TestColumns:
    def test_are_found_whatever_their_case_and_with_an_asterisk(self) -> None:
        row = read_row({"FIRST NAME*": "Dana", " last  name": "Cohen"})

        assert (row.details.given_name, row.details.family_name) == ("Dana", "Cohen")

    def test_are_found_with_a_line_for_a_space(self) -> None:
        row = read_row(
            {"First name": "Dana", "last_NAME": "Cohen", "Date of birth": "1990-12-31"}, load_format("cliniko")
        )

        assert (row.details.family_name, row.details.date_of_birth) == ("Cohen", date(1990, 12, 31))

    def test_for_names_must_be_there(self) -> None:
        with pytest.raises(MappingError, match="First Name, Middle Name, Last Name"):
            PatientReader(load_format(), ["Email"], None, NOW, LibPhoneNumbers())

    def test_of_one_name_are_refused(self) -> None:
        with pytest.raises(MappingError, match="two columns of one name"):
            PatientReader(load_format(), ["First Name", "Last Name", "first name*"], None, NOW, LibPhoneNumbers())


class TestDates:
    @pytest.mark.parametrize(
        ("text", "order"),
        [
            ("1990-12-31", DateOrder.YMD),
            ("1990/12/31 00:00:00", DateOrder.YMD),
            ("19901231", DateOrder.YMD),
            ("31.12.1990", DateOrder.DMY),
            ("31. 12. 1990", DateOrder.DMY),
            ("1990-12-31", DateOrder.DMY),
            ("1990-12-31 00:00", DateOrder.MDY),
            ("12/31/1990", DateOrder.MDY),
            ("12-31-1990T10:00", DateOrder.MDY),
        ],
    )
    def test_are_read_in_their_order(self, text: str, order: DateOrder) -> None:
        assert parse_date(text, order).isoformat() == "1990-12-31"

    @pytest.mark.parametrize(
        "text", ["12/31/90", "31/12/1990", "1990", "next week", "0/0/0000", "١٢/٣١/١٩٩٠", "1/2/3/1990"]
    )
    def test_that_are_none_are_refused(self, text: str) -> None:
        with pytest.raises(InvalidValueError):
            parse_date(text, DateOrder.MDY)


class TestFullNames:
    @pytest.mark.parametrize(
        ("name", "order"),
        [
            ("Dana Miriam Cohen", NameOrder.FAMILY_LAST),
            ("Cohen Dana Miriam", NameOrder.FAMILY_FIRST),
            ("Cohen, Dana Miriam", NameOrder.COMMA),
        ],
    )
    def test_are_split_in_their_order(self, name: str, order: NameOrder) -> None:
        assert parse_full_name(name, order) == ("Dana Miriam", "Cohen")

    def test_of_one_word_are_a_family_name(self) -> None:
        for order in NameOrder:
            assert parse_full_name("Cher", order) == ("", "Cher")
        with pytest.raises(InvalidValueError):
            parse_full_name(" , ", NameOrder.COMMA)

    def test_stand_in_where_the_columns_of_their_own_say_nothing(self) -> None:
        row = read_row({"First Name": "", "Last Name": "", "Name": "דנה כהן"}, load_format(full_name="{Name}"))

        assert (row.details.given_name, row.details.family_name) == ("דנה", "כהן")


class TestIncludedFormats:
    def test_of_cliniko_are_read_by_the_names_of_its_api(self) -> None:
        row = read_row(
            {
                "id": "7", "first_name": "Jürgen", "last_name": "Groß", "date_of_birth": "1990-12-31", "time_zone": "Europe/Berlin",
                "patient_phone_numbers": "030 1234567", "emergency_contact": "Anna 0170 1", "medical_alerts": "Latex", "links": "{}",
            },
            load_format("cliniko"),
        )  # fmt: skip

        assert (row.external_id, row.details.zone, row.details.phone) == ("7", "Europe/Berlin", "+49301234567")
        assert row.notes == "emergency_contact: Anna 0170 1\nmedical_alerts: Latex"

    def test_of_cliniko_keep_several_numbers_in_one_column_as_a_note(self) -> None:
        numbers = '[{"number": "61444444444", "phone_type": "Mobile"}, {"number": "61399999999", "phone_type": "Home"}]'

        row = read_row({"first_name": "A", "last_name": "B", "patient_phone_numbers": numbers}, load_format("cliniko"))

        assert (row.details.phone, row.kept_as_notes) == (None, ("patient_phone_numbers",))
        assert row.notes == f"patient_phone_numbers: {numbers}"

    @pytest.mark.parametrize(
        ("born", "kept"), [("1990-12-31", date(1990, 12, 31)), ("03/04/1990", None), ("12/31/1990", None)]
    )
    def test_of_link2md_take_no_date_for_another(self, born: str, kept: date | None) -> None:
        cells_by_column = {
            "client_identifier": "c1",
            "first_name": "Dana",
            "last_name": "Cohen",
            "dob": born,
            "language": "Spanish",
        }

        row = read_row(cells_by_column | {"suffix": "Jr", "insurance_member_id": "1"}, load_format("link2md"))

        assert (row.external_id, row.details.date_of_birth, row.details.locale) == ("c1", kept, "es")
        assert ("dob" in row.kept_as_notes) == (kept is None)

    def test_of_medicaldirector_have_no_header_and_may_end_early(self) -> None:
        how = load_format("medicaldirector")
        line = "P1|Ms|Cohen|Dana|1 Main St|Demotown|4000|31/12/1990|2123456701|1|||07 3333 4444||||||F1|A"
        cells = line.split("|")

        [row] = PatientReader(how, how.header[: len(cells)], None, NOW, LibPhoneNumbers()).read([(1, cells)])

        assert isinstance(row, PersonRow)
        assert (row.external_id, row.details.given_name, row.details.family_name) == ("P1", "Dana", "Cohen")
        assert (row.details.date_of_birth, row.details.phone) == (date(1990, 12, 31), "+61733334444")
        assert row.notes is not None
        assert "Head of Family: F1" in row.notes


def test_the_mapping_in_the_guide_reads_a_list_that_nobody_has_described() -> None:
    guide = (DOCS / "how-to" / "import-patients.md").read_text("utf-8")
    [mapping] = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)
    cells_by_column = {
        "Vorname": "Jürgen",
        "Nachname": "Groß",
        "Telefon": "030 1234567",
        "Geburtsdatum": "31.12.1990",
        "Kasse": "AOK",
    }

    row = read_row(cells_by_column, PatientFormat.of(tomllib.loads(mapping)))

    assert (row.details.given_name, row.details.phone, row.details.date_of_birth, row.notes) == (
        "Jürgen",
        "+49301234567",
        date(1990, 12, 31),
        "Kasse: AOK",
    )


def test_a_person_of_each_kind_of_row_has_what_the_row_says() -> None:
    assert read_row(person(7)).details.phone == "+49301000007"
