"""An envelope opens only unaltered, in its own place, with its own key."""

import os
import random
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_store.keys import sealing
from event_store.keys.sealing import (
    OVERHEAD,
    BrokenRandomnessError,
    DataKey,
    KeyReference,
    Place,
    TamperedError,
    key_reference,
    seal,
    unseal,
)

KEY = DataKey(uuid4(), 3, os.urandom(32))
PLACE = Place(uuid4(), uuid4(), 7, "patients.patient.registered", "email,family_name")
ELSEWHERE = {
    "tenant": PLACE._replace(tenant_id=uuid4()),
    "stream": PLACE._replace(stream_id=uuid4()),
    "version": PLACE._replace(version=8),
    "event type": PLACE._replace(kind="patients.patient.details_changed"),
    "field": PLACE._replace(field="email"),
    "a letter that moves from kind to field": PLACE._replace(kind=PLACE.kind[:-1], field=PLACE.kind[-1] + PLACE.field),
}

places = st.builds(Place, st.uuids(), st.uuids(), st.integers(0, 2**63), st.text(max_size=40), st.text(max_size=40))


class TestPlace:
    @given(places, places)
    def test_two_places_never_have_the_same_bytes(self, one: Place, other: Place) -> None:
        assert (one.encoded() == other.encoded()) == (one == other)


class TestSeal:
    @given(places, st.binary(max_size=300))
    def test_opens_where_it_was_sealed(self, place: Place, plaintext: bytes) -> None:
        envelope = seal(KEY, place, plaintext)

        assert unseal(KEY, place, envelope) == plaintext
        assert len(envelope) == len(plaintext) + OVERHEAD

    def test_names_its_key(self) -> None:
        assert key_reference(seal(KEY, PLACE, b"")) == KeyReference(KEY.id, 3)

    def test_does_not_contain_the_plaintext(self) -> None:
        assert "שרה".encode() not in seal(KEY, PLACE, "שרה כהן".encode())

    def test_encrypts_the_same_text_differently_each_time(self) -> None:
        assert len({seal(KEY, PLACE, b"Ruth") for _ in range(1000)}) == 1000

    def test_refuses_a_random_number_generator_that_repeats_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "urandom", lambda size: b"4" * size)
        other = DataKey(uuid4(), 1, b"k" * 32)

        # A new thread has read no random bytes yet.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(seal, KEY, PLACE, b"first").result()
            with pytest.raises(BrokenRandomnessError):
                thread.submit(seal, KEY, PLACE, b"second").result()
            with pytest.raises(BrokenRandomnessError):
                thread.submit(seal, other, PLACE, b"under another key").result()

    def test_refuses_a_random_number_generator_that_gives_the_same_bytes_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "urandom", lambda size: random.Random(size).randbytes(size))

        def many(_: int) -> None:
            for _ in range(5_000):
                seal(KEY, PLACE, b"")

        with ThreadPoolExecutor(1) as thread, pytest.raises(BrokenRandomnessError):
            thread.submit(many, 0).result()

    def test_serves_threads_that_share_a_key(self) -> None:
        def there_and_back(number: int) -> bool:
            plaintext = number.to_bytes(400, "big")
            return unseal(KEY, PLACE, seal(KEY, PLACE, plaintext)) == plaintext

        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(there_and_back, range(2000)))


class TestUnseal:
    @pytest.mark.parametrize("place", ELSEWHERE.values(), ids=ELSEWHERE.keys())
    def test_refuses_an_envelope_moved_to_another_place(self, place: Place) -> None:
        envelope = seal(KEY, PLACE, b"Ruth")

        with pytest.raises(TamperedError, match="another place"):
            unseal(KEY, place, envelope)

    @given(st.integers(0, OVERHEAD + 3), st.integers(1, 255))
    def test_refuses_a_change_of_any_byte(self, at: int, flip: int) -> None:
        envelope = bytearray(seal(KEY, PLACE, b"Ruth"))
        envelope[at] ^= flip

        with pytest.raises(TamperedError):
            unseal(KEY, PLACE, bytes(envelope))

    @given(st.integers(0, OVERHEAD + 3))
    def test_refuses_a_truncated_envelope(self, length: int) -> None:
        with pytest.raises(TamperedError):
            unseal(KEY, PLACE, seal(KEY, PLACE, b"Ruth")[:length])

    def test_refuses_an_extended_envelope(self) -> None:
        with pytest.raises(TamperedError):
            unseal(KEY, PLACE, seal(KEY, PLACE, b"Ruth") + b"\0")

    @pytest.mark.parametrize("other", [DataKey(uuid4(), 3, b"k" * 32), DataKey(KEY.id, 4, b"k" * 32)])
    def test_refuses_another_key(self, other: DataKey) -> None:
        with pytest.raises(TamperedError, match="not of DataKey"):
            unseal(other, PLACE, seal(KEY, PLACE, b"Ruth"))

    def test_checks_the_commitment_before_it_decrypts(self) -> None:
        impostor = DataKey(KEY.id, KEY.version, b"k" * 32)

        with pytest.raises(TamperedError, match="commit"):
            unseal(impostor, PLACE, seal(KEY, PLACE, b"Ruth"))

    def test_refuses_an_algorithm_below_the_floor(self) -> None:
        downgraded = _with_byte(seal(KEY, PLACE, b"Ruth"), at=1, value=0)

        with pytest.raises(TamperedError, match="algorithm 0 is not allowed"):
            unseal(KEY, PLACE, downgraded)
        with pytest.raises(TamperedError, match="algorithm 0 is not allowed"):
            key_reference(downgraded)

    def test_refuses_an_algorithm_after_the_floor_was_raised(self, monkeypatch: pytest.MonkeyPatch) -> None:
        envelope = seal(KEY, PLACE, b"Ruth")
        monkeypatch.setattr(sealing, "ALGORITHM_FLOOR", 2)

        with pytest.raises(TamperedError, match="algorithm 1 is not allowed"):
            key_reference(envelope)
        with pytest.raises(TamperedError, match="algorithm 1 is not allowed"):
            unseal(KEY, PLACE, envelope)

    def test_refuses_a_downgrade_to_an_accepted_algorithm(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sealing, "ALGORITHM_FLOOR", 0)
        envelope = seal(KEY, PLACE, b"Ruth")
        older = DataKey(KEY.id, KEY.version, b"k" * 32)
        older.header = _with_byte(KEY.header, at=1, value=0)
        older.cipher, older.commitment = KEY.cipher, KEY.commitment

        with pytest.raises(TamperedError, match="altered"):
            unseal(older, PLACE, _with_byte(envelope, at=1, value=0))

    @pytest.mark.parametrize(("at", "value", "message"), [(0, 2, "version 2"), (1, 9, "algorithm 9")])
    def test_refuses_an_unknown_version_or_algorithm(self, at: int, value: int, message: str) -> None:
        with pytest.raises(TamperedError, match=message):
            key_reference(_with_byte(seal(KEY, PLACE, b"Ruth"), at, value))


class TestDataKey:
    def test_never_prints_its_secret(self) -> None:
        assert str(DataKey(UUID(int=5), 2, b"k" * 32)) == "DataKey(00000000-0000-0000-0000-000000000005, version 2)"

    def test_refuses_a_short_secret(self) -> None:
        with pytest.raises(ValueError, match="32 bytes"):
            DataKey(uuid4(), 1, b"short")

    def test_opens_what_the_same_secret_sealed_in_another_process(self) -> None:
        again = DataKey(UUID(int=5), 2, b"k" * 32)

        assert unseal(again, PLACE, seal(DataKey(UUID(int=5), 2, b"k" * 32), PLACE, b"Ruth")) == b"Ruth"


def test_an_envelope_of_the_first_release_still_opens() -> None:
    """Pins offsets, derivation and associated data: old envelopes stay readable."""
    key = DataKey(UUID(int=5), 2, bytes(range(32)))
    place = Place(UUID(int=1), UUID(int=2), 3, "patients.patient.registered", "email")

    assert unseal(key, place, bytes.fromhex(GOLDEN)) == "שרה <sara@example.com>".encode()


GOLDEN = (
    "01010000000000000000000000000000000500000002151c5ae415ccda3ba99a6f2381665f4ef0eeab3fdd163a647e3fc436"
    "3286d220edd42dd4a931476024c0e3563aa2ccac171419d8512b8464ec4de4d2f6a71cb62cc76c0d4bd154a08ccd437f998f"
    "a09a7da0f27800"
)


def _with_byte(whole: bytes, at: int, value: int) -> bytes:
    return whole[:at] + bytes([value]) + whole[at + 1 :]
