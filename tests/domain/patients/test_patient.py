"""A patient: registered, changed, erased."""

from dataclasses import replace
from datetime import date, datetime
from typing import get_type_hints
from uuid import UUID

import pytest

from domain.kernel.errors import InvalidValueError
from domain.kernel.personal_data import ERASED, PERSONAL
from domain.patients.details import PatientDetails
from domain.patients.errors import PatientErasedError
from domain.patients.patient import Patient
from tests.support.availability_builders import at

ID, NOW = UUID(int=7), at("2026-06-01T09:00")
RONIT = PatientDetails(
    given_name=" רונית ",
    family_name="בן־דוד\u200f",
    email="Ronit@Example.CO.IL",
    phone="+972501234567",
    date_of_birth=date(1990, 2, 28),
    tags=("VIP", "vip"),
    zone="Asia/Jerusalem",
    locale="he-IL",
)


def register(details: PatientDetails = RONIT) -> Patient:
    registered_patient = Patient.register(id=ID, details=details, at=NOW)
    registered_patient.collect_events()
    return registered_patient


class TestRegister:
    def test_records_cleaned_details(self) -> None:
        [fact] = Patient.register(id=ID, details=RONIT, at=NOW).collect_events()

        assert isinstance(fact, Patient.Registered)
        assert (fact.given_name, fact.family_name) == ("רונית", "בן־דוד")
        assert (fact.email, fact.phone, fact.tags) == ("Ronit@example.co.il", "+972501234567", ["VIP"])

    def test_seals_what_identifies_under_the_patients_own_key(self) -> None:
        for fact in (Patient.Registered, Patient.DetailsChanged):
            hints = get_type_hints(fact, include_extras=True)
            sealed = {name for name, hint in hints.items() if PERSONAL in getattr(hint, "__metadata__", ())}
            assert sealed == {"given_name", "family_name", "email", "phone", "date_of_birth", "tags"}
            assert fact.SUBJECT == "originator_id"

    @pytest.mark.parametrize(("born", "now"), [(date(2026, 6, 3), NOW), (date(1869, 12, 31), NOW)])
    def test_refuses_a_birth_in_the_future_or_long_ago(self, born: date, now: datetime) -> None:
        with pytest.raises(InvalidValueError) as refused:
            Patient.register(id=ID, details=replace(RONIT, date_of_birth=born), at=now)

        assert refused.value.field == "date_of_birth"

    def test_takes_a_child_born_today_where_it_is_tomorrow_already(self) -> None:
        assert register(replace(RONIT, date_of_birth=date(2026, 6, 2))).version == 1

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("given_name", "\u200b"),
            ("family_name", "\u202e"),
            ("email", "ronit"),
            ("phone", "050"),
            ("zone", "Israel"),
            ("locale", "he_IL"),
        ],
    )
    def test_names_the_field_that_is_wrong(self, field: str, value: str) -> None:
        known = {"given_name": "a", "family_name": "b", field: value}

        with pytest.raises(InvalidValueError) as refused:
            PatientDetails(**known)  # type: ignore[arg-type]  # each of these fields is text

        assert refused.value.field == field


class TestChangeDetails:
    def test_records_all_of_them(self) -> None:
        registered_patient = register()

        assert registered_patient.change_details(replace(registered_patient.details, email=None), NOW)

        [fact] = registered_patient.collect_events()
        assert isinstance(fact, Patient.DetailsChanged)
        assert (fact.email, fact.given_name) == (None, "רונית")
        assert registered_patient.details == replace(RONIT, email=None)

    def test_to_the_same_records_nothing(self) -> None:
        registered_patient = register()

        assert not registered_patient.change_details(RONIT, NOW)
        assert registered_patient.collect_events() == []


class TestErase:
    def test_records_it_once_and_nothing_after_it(self) -> None:
        registered_patient = register()

        assert registered_patient.erase(NOW)
        assert not registered_patient.erase(NOW)

        assert len(registered_patient.collect_events()) == 1
        with pytest.raises(PatientErasedError):
            registered_patient.change_details(RONIT, NOW)

    def test_a_patient_whose_key_is_gone_still_replays(self) -> None:
        registered_patient = Patient._create(
            Patient.Registered, id=ID, timestamp=NOW,
            given_name=ERASED, family_name=ERASED, email=ERASED, phone=ERASED, date_of_birth=ERASED, tags=ERASED,
            zone="Asia/Jerusalem", locale=None,
        )  # fmt: skip

        assert registered_patient.given_name is ERASED
        with pytest.raises(PatientErasedError):
            registered_patient.change_details(RONIT, NOW)
        assert registered_patient.erase(NOW)
