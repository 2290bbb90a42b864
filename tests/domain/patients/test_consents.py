"""What a patient agreed to, and what they took back."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain.kernel.errors import InvalidValueError
from domain.patients.consents import Channel, Consents
from domain.patients.errors import ConsentNotGivenError
from tests.support.availability_builders import at

NOW = at("2026-06-01T09:00")
LATER = NOW + timedelta(days=1)
PATIENT = UUID(int=7)


def consents() -> Consents:
    return Consents.open(patient_id=PATIENT, at=NOW)


def give_consent(to: Consents, kind: str = "marketing", version: str = "1") -> bool:
    return to.give(kind, version, Channel.PAPER, None, NOW, NOW)


class TestConsents:
    def test_are_one_thing_for_each_patient(self) -> None:
        assert consents().id == Consents.id_of(PATIENT) != Consents.id_of(UUID(int=8))

    def test_keep_every_version_and_the_withdrawal(self) -> None:
        mine = consents()

        assert give_consent(mine, version="1")
        assert give_consent(mine, version="2")
        assert mine.withdraw("marketing", Channel.PHONE, "מרים כהן", LATER, LATER)

        assert [(one["given"], one["document_version"]) for one in mine.history] == [
            (True, "1"),
            (True, "2"),
            (False, None),
        ]
        [standing] = mine.current
        assert (standing["given"], standing["by_whom"], standing["decided_at"]) == (False, "מרים כהן", LATER)

    def test_of_two_kinds_stand_beside_each_other(self) -> None:
        mine = consents()
        give_consent(mine, "telehealth")
        give_consent(mine, "marketing")
        mine.withdraw("marketing", Channel.ONLINE, None, LATER, LATER)

        assert [(one["kind"], one["given"]) for one in mine.current] == [("marketing", False), ("telehealth", True)]

    def test_said_again_record_nothing(self) -> None:
        mine = consents()
        give_consent(mine)

        assert not give_consent(mine)
        assert mine.withdraw("marketing", Channel.PHONE, None, NOW, NOW)
        assert not mine.withdraw("marketing", Channel.PHONE, None, NOW, NOW)
        assert give_consent(mine)

    def test_that_were_never_given_are_not_withdrawn(self) -> None:
        with pytest.raises(ConsentNotGivenError):
            consents().withdraw("marketing", Channel.PHONE, None, NOW, NOW)

    @pytest.mark.parametrize("kind", ["", "x", "Marketing", "two words", "é", "a" * 51])
    def test_have_a_kind_that_programs_can_rely_on(self, kind: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            give_consent(consents(), kind)

        assert refused.value.field == "kind"

    def test_are_not_decided_in_the_future_nor_before_the_last_decision(self) -> None:
        mine = consents()
        give_consent(mine)

        for decided_at in (LATER, NOW - timedelta(days=1)):
            with pytest.raises(InvalidValueError) as refused:
                mine.give("marketing", "2", Channel.PAPER, None, decided_at, NOW)
            assert refused.value.field == "decided_at"
