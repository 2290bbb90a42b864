"""Phone numbers as people write them, in the country of the patient."""

import pytest

from tests.api.practice_client import PracticeClient


class TestNationalNumbers:
    @pytest.mark.parametrize("own", [{"locale": "he-IL"}, {"zone": "Asia/Jerusalem"}, {"locale": "he"}])
    def test_are_of_the_country_of_the_patient(self, studio: PracticeClient, own: dict[str, str]) -> None:
        body = {"given_name": "Dana", "family_name": "Levi", "phone": "050-123-4567"}

        patient = studio.create("/v1/patients", **body, **own)
        changed = studio.client.patch(f"/v1/patients/{patient['id']}", json={"phone": "052 765 4321"})

        assert patient["phone"] == "+972501234567"
        assert changed.json()["phone"] == "+972527654321"

    def test_are_of_the_practice_s_country_otherwise(self, studio: PracticeClient) -> None:
        patient = studio.create("/v1/patients", given_name="Dana", family_name="Levi", phone="030 1234567")

        assert patient["phone"] == "+49301234567"

    @pytest.mark.parametrize("number", ["+1 555 0123", "+15550123"])
    def test_without_their_area_code_are_refused(self, studio: PracticeClient, number: str) -> None:
        body = {"given_name": "Dana", "family_name": "Levi", "phone": number}

        answer = studio.client.post("/v1/patients", json=body)

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "phone")
