"""No value of a row is lost: it is stored in its field or as a note, or reported."""

from datetime import date
from typing import Any

import pytest

from adapters.phonenumbers.phone_numbers import LibPhoneNumbers
from application.importing.patients.reader import PatientReader, PersonRow
from application.importing.report import Finding, RowOutcome
from domain.patients.contact import ContactKind
from tests.application.importing.patients.patient_file import NOW, load_format, person, read, read_row


class TestRow:
    def test_becomes_a_person(self) -> None:
        row = read_row(
            person(
                1,
                First_Name="נועה",
                Middle_Name="רות",
                Last_Name="כהן-לוי",
                Medical_Alert='Latex,\n"severe"',
                Sex="Female",
                City="תל אביב",
                **{"Active/Inactive": "Active"},
            )
        )

        details = row.details
        assert (details.given_name, details.family_name) == ("נועה רות", "כהן-לוי")
        assert (details.email, details.phone, details.date_of_birth) == (
            "p1@example.org",
            "+49301000001",
            date(1911, 1, 31),
        )
        assert (details.tags, row.alert, row.notes) == (("active",), 'Latex, "severe"', "Sex: Female\nCity: תל אביב")
        assert (row.external_id, row.kept_as_notes) == ("1", ())

    def test_has_contacts(self) -> None:
        row = read_row(
            person(
                1,
                Guardian_Name="Miriam Cohen",
                Emergency_Contact_Name="Avi Cohen",
                Emergency_Contact_Phone="030 7654321",
                Emergency_Contact_Relationship="uncle",
                Family_Doctor_Name="Dr. Groß",
                Family_Doctor_Email="not an address",
            )
        )

        guardian, uncle, doctor = row.contacts
        assert (guardian.kind, guardian.is_guardian) == (ContactKind.GUARDIAN, True)
        assert (uncle.name, uncle.phone, uncle.relation) == ("Avi Cohen", "+49307654321", "uncle")
        assert (doctor.relation, doctor.email) == ("family doctor", None)
        assert (row.notes, row.kept_as_notes) == ("Family Doctor Email: not an address", ("Family Doctor Email",))

    def test_without_a_name_of_a_contact_keeps_their_number_as_a_note(self) -> None:
        row = read_row(person(1, Emergency_Contact_Phone="030 7654321"))

        assert (row.contacts, row.notes) == ((), "Emergency Contact Phone: 030 7654321")

    @pytest.mark.parametrize(
        ("column", "text", "field"),
        [
            ("Mobile Phone", "(868)556-6064x6426", "phone"),
            ("Mobile Phone", "ask her mother", "phone"),
            ("Email", "nobody@nowhere", "email"),
            ("Birth Date", "31.12.90", "date_of_birth"),
            ("Birth Date", "2031-01-01", "date_of_birth"),
            ("Medical Alert", "x" * 201, "alert"),
        ],
    )
    def test_keeps_as_a_note_what_cannot_be_kept_in_its_place(self, column: str, text: str, field: str) -> None:
        row = read_row(person(1) | {column: text})

        assert (row.alert if field == "alert" else getattr(row.details, field)) is None
        assert (row.notes, row.kept_as_notes) == (f"{column}: {text}", (column,))

    def test_takes_the_first_number_that_can_be_kept_and_notes_the_others(self) -> None:
        row = read_row(person(1, Mobile_Phone="none", Home_Phone="030 111111", Work_Phone="030 222222"))

        assert row.details.phone == "+4930111111"
        assert (row.notes, row.kept_as_notes) == ("Mobile Phone: none\nWork Phone: 030 222222", ("Mobile Phone",))

    def test_reads_languages_and_zones(self) -> None:
        how = load_format("openemr", zone="{tz}")
        row = {"fname": "A", "lname": "B", "language": "Spanish", "tz": "America/Los_Angeles"}

        known, strange = read_row(row, how), read_row(row | {"language": "klingonese!", "tz": "EST5EDT"}, how)

        assert (known.details.locale, known.details.zone) == ("es", "America/Los_Angeles")
        assert (strange.details.locale, strange.details.zone) == (None, None)
        assert set(strange.kept_as_notes) == {"language", "tz"}

    def test_that_looks_like_a_template_stays_text(self) -> None:
        row = read_row(person(1, First_Name="{Email}", City="{{7*7}} =1+1"))

        assert (row.details.given_name, row.notes) == ("{Email}", "City: {{7*7}} =1+1")


class TestOneName:
    @pytest.mark.parametrize(
        ("row", "how", "names"),
        [
            (person(1, Last_Name=" "), {}, ("Given1", "")),
            (person(1, First_Name=""), {}, ("", "Family1")),
            ({"Name": "Cher"}, {"full_name": "{Name}"}, ("", "Cher")),
            ({"Name": "Cher,"}, {"full_name": "{Name}", "name_order": "comma"}, ("", "Cher")),
            ({"Name": ", Cher"}, {"full_name": "{Name}", "name_order": "comma"}, ("", "Cher")),
        ],
    )
    def test_is_enough(self, row: dict[str, str], how: dict[str, Any], names: tuple[str, str]) -> None:
        details = read_row(row, load_format(**how)).details

        assert (details.given_name, details.family_name) == names


class TestRefused:
    @pytest.mark.parametrize(
        ("changed", "reason", "column"),
        [
            ({"First Name": " ", "Last Name": ""}, "empty", "First Name"),
            ({"Last Name": "x\x00y"}, "not_kept_like_this", "Last Name"),
            ({"Last Name": "x" * 201}, "not_kept_like_this", "Last Name"),
            ({"City": "x" * 5001}, "not_kept_like_this", "notes"),
        ],
    )
    def test_is_who_cannot_be_kept(self, changed: dict[str, str], reason: str, column: str) -> None:
        assert read([person(1) | changed]) == [Finding(2, RowOutcome.REFUSED, reason, column)]

    def test_is_a_row_with_too_few_cells_and_not_the_next_one(self) -> None:
        rows = PatientReader(load_format(), ["First Name", "Last Name"], None, NOW, LibPhoneNumbers()).read(
            [(2, ["Dana"]), (3, ["Dana", "Cohen"])]
        )

        first, second = rows
        assert first == Finding(2, RowOutcome.REFUSED, "wrong_number_of_cells")
        assert isinstance(second, PersonRow)


class TestOtherColumns:
    HEADER = ("First Name", "Last Name", "Shoe Size", "Price")

    @pytest.mark.parametrize(("keeps", "notes"), [(False, None), (True, "Shoe Size: 43")])
    def test_are_counted_and_kept_if_the_format_says_so(self, keeps: bool, notes: str | None) -> None:
        rows = PatientReader(
            load_format(left_out=["Price"], keeps_other_columns=keeps), self.HEADER, None, NOW, LibPhoneNumbers()
        )

        [row] = rows.read([(2, ["Dana", "Cohen", "43", "80"])])

        assert isinstance(row, PersonRow)
        assert row.notes == notes
        assert (dict(rows.other_columns.not_understood), dict(rows.other_columns.left_out)) == (
            {"Shoe Size": 1},
            {"Price": 1},
        )

    def test_that_are_empty_are_not_reported(self) -> None:
        rows = PatientReader(load_format(), self.HEADER, None, NOW, LibPhoneNumbers())

        list(rows.read([(2, ["Dana", "Cohen", " ", ""])]))

        assert not rows.other_columns.not_understood
