"""People who have one name only: registered, found, listed, invited and imported."""

from typing import Any

import pytest
from icalendar import Calendar

from tests.api.importing.import_requests import imported
from tests.api.practice_client import Json, PracticeClient


def search(studio: PracticeClient, text: str, after: int) -> list[Json]:
    found: list[Json] = studio.client.get("/v1/patients", params={"search": text, "after": after}).json()["patients"]
    return found


def names_of(patient: Json) -> tuple[Any, Any]:
    return patient["given_name"], patient["family_name"]


@pytest.fixture(params=["given_name", "family_name"])
def field(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestOneName:
    def test_is_enough_to_register_and_to_be_found(self, studio: PracticeClient, field: str) -> None:
        made = studio.create("/v1/patients", **{field: "Żółć"}, email="z@example.org")

        expected = ("Żółć", None) if field == "given_name" else (None, "Żółć")
        assert names_of(made) == names_of(studio.client.get(f"/v1/patients/{made['id']}").json()) == expected
        for text in ("Żół", "zolc", "z@example.org"):
            assert [names_of(one) for one in search(studio, text, made["position"])] == [expected]
        assert search(studio, "other", made["position"]) == []

    def test_makes_a_duplicate_in_whichever_field_it_is(self, studio: PracticeClient) -> None:
        born = {"date_of_birth": "1990-02-28"}
        one = studio.create("/v1/patients", given_name="Suharto", **born)["id"]
        same = studio.create("/v1/patients", family_name="Suharto", **born)
        other = studio.create("/v1/patients", given_name="Cher", **born)

        answer = studio.client.get(f"/v1/patients/{one}/duplicates", params={"after": other["position"]}).json()

        assert [(each["patient"]["id"], each["reasons"]) for each in answer["candidates"]] == [
            (same["id"], ["same_last_name_and_date_of_birth"])
        ]

    def test_may_be_completed_and_may_remain(self, studio: PracticeClient) -> None:
        path = f"/v1/patients/{studio.create('/v1/patients', given_name='Dana')['id']}"

        completed = studio.client.patch(path, json={"family_name": "Levi"}).json()
        alone = studio.client.patch(path, json={"given_name": None}).json()
        refused = studio.client.patch(path, json={"family_name": None})

        assert (names_of(completed), names_of(alone)) == (("Dana", "Levi"), (None, "Levi"))
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "family_name")

    @pytest.mark.parametrize(
        "body", [{}, {"given_name": None, "family_name": None}, {"given_name": "Dana", "family_name": ""}]
    )
    def test_is_needed(self, studio: PracticeClient, body: Json) -> None:
        answer = studio.client.post("/v1/patients", json=body)

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "family_name")

    def test_is_on_calendar_feed_and_invitation(self, studio: PracticeClient, field: str) -> None:
        patient = studio.create("/v1/patients", **{field: "Suharto"}, email="s@example.org")["id"]
        visit = studio.book_appointment(patient_id=patient)
        feed = studio.create(f"/v1/clinicians/{studio.clinician}/feeds", detail="name")

        day = {"from": "2026-06-01", "to": "2026-06-02", "after": visit["position"]}
        [shown] = studio.client.get("/v1/calendar", params=day).json()["appointments"]
        invitation = studio.client.get(f"/v1/appointments/{visit['id']}/invitation.ics").text
        summaries = Calendar.from_ical(studio.server.client(None).get(feed["url"]).text).walk("VEVENT")

        assert shown["patient"] == {"given_name": None, "family_name": None} | {field: "Suharto"}
        assert [str(each["SUMMARY"]) for each in summaries] == ["Physio, Suharto"]
        assert Calendar.from_ical(invitation).walk("VEVENT")[0]["ATTENDEE"].params["CN"] == "Suharto"


class TestImport:
    def test_registers_and_tells_of_it(self, studio: PracticeClient) -> None:
        result = imported(studio, "First Name,Last Name,Email\nSuharto,,s@example.org\n")

        assert (result["registered"], result["refused"]) == (1, 0)
        assert [(one["row"], one["reason"]) for one in result["findings"]] == [(2, "one_name_only")]
        assert [names_of(one) for one in search(studio, "Suharto", result["position"])] == [("Suharto", None)]

    def test_knows_the_person_by_the_name_in_the_other_column(self, studio: PracticeClient) -> None:
        studio.create("/v1/patients", given_name="Suharto", email="s@example.org")

        result = imported(studio, "First Name,Last Name,Email\n,Suharto,s@example.org\n")

        assert (result["registered"], result["matched"]) == (0, 1)

    def test_of_visits_finds_them(self, studio: PracticeClient) -> None:
        studio.create("/v1/patients", family_name="Suharto")
        mapping = {
            "source": "list",
            "starts_at": "{When}",
            "clinician": "{With}",
            "service": "{What}",
            "patient": {"full_name": "{Who}"},
        }
        rows = "When,Who,With,What\n2026-06-03 10:00,Suharto,Dr. Noa Levi,Physio\n"

        result = imported(studio, rows, "appointments", mapping=mapping)

        assert (result["booked"], result["refused"]) == (1, 0)
