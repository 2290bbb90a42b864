"""Two records of one person become one, and two again."""

from collections.abc import Callable

import pytest

from domain.kernel.errors import DomainError, InvalidValueError
from domain.patients.errors import HoldsMergedError, NotMergedError, PatientErasedError, PatientMergedError
from domain.patients.patient import Patient
from tests.domain.patients.sample_patients import registered_patient
from tests.support.availability_builders import at

NOW = at("2026-06-01T09:00")


class TestMerge:
    def test_is_a_fact_of_both_and_changes_nothing_else(self) -> None:
        survivor, other = registered_patient(1), registered_patient(2)

        assert survivor.absorb(other, NOW)

        [absorbed], [merged] = survivor.collect_events(), other.collect_events()
        assert isinstance(absorbed, Patient.Absorbed)
        assert isinstance(merged, Patient.MergedInto)
        assert survivor.family_ids == [survivor.id, other.id]
        assert (other.merged_into, other.details.tags) == (survivor.id, ("2",))

    def test_twice_records_nothing(self) -> None:
        survivor, other = registered_patient(1), registered_patient(2)
        survivor.absorb(other, NOW)
        survivor.collect_events()

        assert not survivor.absorb(other, NOW)
        assert survivor.collect_events() == []

    def test_of_several_into_one(self) -> None:
        survivor = registered_patient(1)

        for number in (2, 3):
            survivor.absorb(registered_patient(number), NOW)

        assert [id_.int for id_ in survivor.family_ids] == [1, 2, 3]

    @pytest.mark.parametrize(
        ("prepare", "refusal"),
        [
            (lambda survivor, other: survivor.erase(NOW), PatientErasedError),
            (lambda survivor, other: other.erase(NOW), PatientErasedError),
            (lambda survivor, other: registered_patient(3).absorb(survivor, NOW), PatientMergedError),
            (lambda survivor, other: registered_patient(3).absorb(other, NOW), PatientMergedError),
            (lambda survivor, other: other.absorb(registered_patient(3), NOW), HoldsMergedError),
        ],
    )
    def test_is_refused_where_a_pointer_would_not_lead_in_one_step(
        self, prepare: Callable[[Patient, Patient], object], refusal: type[DomainError]
    ) -> None:
        survivor, other = registered_patient(1), registered_patient(2)
        prepare(survivor, other)
        versions = survivor.version, other.version

        with pytest.raises(refusal):
            survivor.absorb(other, NOW)

        assert (survivor.version, other.version) == versions

    def test_with_oneself_is_nonsense(self) -> None:
        one = registered_patient(1)

        with pytest.raises(InvalidValueError):
            one.absorb(one, NOW)

    def test_leaves_nothing_to_change_in_the_merged(self) -> None:
        survivor, other = registered_patient(1), registered_patient(2)
        survivor.absorb(other, NOW)

        changes: list[Callable[[], bool]] = [
            lambda: other.change_details(survivor.details, NOW),
            lambda: other.set_contacts([], NOW),
            lambda: other.change_remarks("x", None, NOW),
        ]
        for change in changes:
            with pytest.raises(PatientMergedError) as refused:
                change()
            assert refused.value.survivor_id == survivor.id


class TestUndo:
    def test_makes_both_what_they_were(self) -> None:
        survivor, other = registered_patient(1), registered_patient(2)
        before = survivor.details, other.details
        survivor.absorb(other, NOW)

        survivor.release(other, NOW)

        assert (survivor.details, other.details) == before
        assert (survivor.family_ids, other.merged_into) == ([survivor.id], None)
        assert survivor.absorb(other, NOW)

    def test_is_refused_for_two_who_are_two(self) -> None:
        with pytest.raises(NotMergedError):
            registered_patient(1).release(registered_patient(2), NOW)
