"""How many times one person may hold at once."""

from datetime import timedelta
from ipaddress import ip_address
from uuid import UUID

import pytest

from application.scheduling.appointments.hold_limits import PER_ADDRESS, PER_CONTACT, free_marks, marks_by_cap
from domain.kernel.time_range import TimeRange
from domain.scheduling.errors import TooManyHoldsError
from domain.scheduling.time_claim import TimeClaim
from tests.support.availability_builders import at

ID, SERVICE = UUID(int=300), UUID(int=301)
NOW, MINUTE = at("2026-06-01T08:00"), timedelta(minutes=1)


class PlainBlindIndex:
    """Digests that a test can read."""

    def blind_index(self, tenant_id: UUID, field: str, value: str) -> int:
        return hash((tenant_id, field, value))


def caps(contact: str | None = None, address: str | None = None, tenant_id: UUID = ID) -> list[list[UUID]]:
    return marks_by_cap(PlainBlindIndex(), tenant_id, contact, ip_address(address) if address else None)


class TestCaps:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (caps("noa@example.org"), caps(" NOA@Example.ORG ")),
            (caps("+972 50-123-4567"), caps("0501234567")),
            (caps(address="2001:db8::1"), caps(address="2001:db8::ffff:ffff")),
            (caps(address="192.0.2.1"), caps(address="::ffff:192.0.2.1")),
        ],
    )
    def test_are_the_same_however_a_person_is_written(self, one: list[list[UUID]], other: list[list[UUID]]) -> None:
        assert one == other

    def test_are_of_one_person_in_one_practice(self) -> None:
        [contact, address] = caps("noa@example.org", "192.0.2.1")
        others = [
            *caps("ada@example.org", "192.0.2.2"),
            *caps("noa@example.org", "192.0.2.1", tenant_id=SERVICE),
            *caps(address="2001:db8:0:1::1"),
        ]

        assert (len(contact), len(address)) == (PER_CONTACT, PER_ADDRESS)
        assert not {*contact, *address} & {place for cap in others for place in cap}

    def test_give_a_free_place_of_each_until_one_is_full(self) -> None:
        both = caps("noa@example.org", "192.0.2.1")
        taken: list[TimeClaim] = []
        while_held = TimeRange(NOW, NOW + MINUTE)

        for turn in (0, 5, 5):
            chosen = free_marks(both, taken, NOW, turn)
            assert not {claim.what for claim in taken} & set(chosen)
            taken += [TimeClaim(ID, place, while_held, while_held, None, NOW + MINUTE) for place in chosen]

        with pytest.raises(TooManyHoldsError):
            free_marks(both, taken, NOW, 0)
        assert len(free_marks(both, taken, NOW + MINUTE, 0)) == 2
