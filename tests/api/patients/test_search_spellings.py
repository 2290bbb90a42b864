"""A name is found in the spellings in which people type it."""

import pytest

from tests.api.practice_client import PracticeClient


@pytest.mark.parametrize(
    ("name", "typed"),
    [("Żółć", "Zolc"), ("Müller", "Mueller"), ("Muller", "Mül"), ("Søndergård", "sonderg"), ("Işık", "ISIK")],
)
def test_a_last_name_is_found_by_other_letters(studio: PracticeClient, name: str, typed: str) -> None:
    after = studio.create("/v1/patients", given_name="Dana", family_name=name)["position"]

    found = studio.client.get("/v1/patients", params={"search": typed, "after": after}).json()["patients"]

    assert [each["family_name"] for each in found] == [name]
