"""A patient's contacts, notes and alert."""

from uuid import UUID

import pytest

from domain.kernel.errors import InvalidValueError
from domain.patients.contact import MAX_CONTACTS, Contact, ContactKind
from domain.patients.details import PatientDetails
from domain.patients.errors import PatientErasedError
from domain.patients.patient import Patient
from tests.support.availability_builders import at

NOW = at("2026-06-01T09:00")


def contact(number: int = 1, **fields: object) -> Contact:
    known = {"id": UUID(int=number), "kind": ContactKind.GUARDIAN, "name": "מרים כהן", "phone": "+972501234567"}
    return Contact(**(known | fields))  # type: ignore[arg-type]  # the fields are those of Contact


def child() -> Patient:
    registered_patient = Patient.register(
        id=UUID(int=7), details=PatientDetails(given_name="נועה", family_name="כהן"), at=NOW
    )
    registered_patient.collect_events()
    return registered_patient


class TestContacts:
    def test_are_set_all_at_once_and_cleaned(self) -> None:
        registered_patient = child()

        assert registered_patient.set_contacts(
            [contact(name="  מרים\u202e כהן "), contact(2, kind=ContactKind.DOCTOR)], NOW
        )

        [fact] = registered_patient.collect_events()
        assert isinstance(fact, Patient.ContactsSet)
        assert [one.name for one in registered_patient.contacts] == ["מרים כהן", "מרים כהן"]
        assert [one.kind for one in registered_patient.contacts] == [ContactKind.GUARDIAN, ContactKind.DOCTOR]

    def test_that_stay_as_they_are_record_nothing(self) -> None:
        registered_patient = child()
        registered_patient.set_contacts([contact()], NOW)

        assert not registered_patient.set_contacts([contact()], NOW)

    @pytest.mark.parametrize(
        ("field", "fields"),
        [
            ("contacts.name", {"name": "\u200b"}),
            ("contacts.relation", {"relation": "x" * 101}),
            ("contacts.email", {"email": "nobody"}),
            ("contacts.phone", {"phone": "050"}),
            ("contacts.may_book", {"may_book": True, "phone": None}),
        ],
    )
    def test_name_the_field_that_is_wrong(self, field: str, fields: dict[str, object]) -> None:
        with pytest.raises(InvalidValueError) as refused:
            contact(1, **fields)

        assert refused.value.field == field

    @pytest.mark.parametrize("numbers", [[1, 1], list(range(MAX_CONTACTS + 1))])
    def test_are_bounded_and_told_apart(self, numbers: list[int]) -> None:
        with pytest.raises(InvalidValueError):
            child().set_contacts([contact(number) for number in numbers], NOW)

    def test_of_an_erased_patient_are_nobody(self) -> None:
        registered_patient = child()
        registered_patient.set_contacts([contact()], NOW)

        registered_patient.erase(NOW)

        assert registered_patient.contacts == []
        with pytest.raises(PatientErasedError):
            registered_patient.set_contacts([contact(2)], NOW)


class TestRemarks:
    def test_tell_in_clear_only_that_there_is_an_alert(self) -> None:
        registered_patient = child()

        assert registered_patient.change_remarks("zweite Zeile:\n\n\n\nruhig", "Penicillin", NOW)

        [fact] = registered_patient.collect_events()
        assert isinstance(fact, Patient.RemarksChanged)
        assert (fact.notes, fact.alert, fact.has_alert) == ("zweite Zeile:\n\nruhig", "Penicillin", True)
        assert not registered_patient.change_remarks("zweite Zeile:\n\nruhig", "Penicillin", NOW)
        assert registered_patient.change_remarks(None, None, NOW)
