"""Contacts, alerts, notes and consents over HTTP: storage, permissions, search, erasure."""

import pytest

from api.patients.schemas import ConsentsShown, ContactsShown
from tests.api.practice_client import Json, PracticeClient

MIRIAM: Json = {
    "kind": "guardian",
    "relation": "mother",
    "name": "Miriam Zuckerberg",
    "phone": "030 2345678",
    "email": "miriam@example.org",
    "is_guardian": True,
    "may_book": True,
}


def put_contacts(studio: PracticeClient, contacts: list[Json], **headers: str) -> Json:
    answer = studio.client.put(
        f"/v1/patients/{studio.patient}/contacts",
        json={"contacts": contacts},
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    return body


class TestContacts:
    def test_keep_their_ids_and_their_order(self, studio: PracticeClient) -> None:
        first = put_contacts(studio, [MIRIAM, {"kind": "doctor", "name": "ד״ר לוי"}])
        ContactsShown.model_validate(first)
        kept = first["contacts"][0]

        changed = put_contacts(studio, [kept | {"relation": "aunt"}], If_Match=f'"{first["version"]}"')

        assert kept["phone"] == "+49302345678"
        assert changed["contacts"] == [kept | {"relation": "aunt"}]
        assert studio.client.get(f"/v1/patients/{studio.patient}/contacts").json()["contacts"] == changed["contacts"]
        assert put_contacts(studio, changed["contacts"])["version"] == changed["version"]

    @pytest.mark.parametrize("text", ["zuckerb", "miriam zuckerberg", "Miriam@example.org", "030-2345678"])
    def test_find_the_patient(self, studio: PracticeClient, text: str) -> None:
        position = put_contacts(studio, [MIRIAM])["position"]

        found = studio.client.get("/v1/patients", params={"search": text, "after": position}).json()["patients"]

        assert [patient["id"] for patient in found] == [studio.patient]

    def test_that_were_left_out_find_nobody_and_the_patients_own_name_still_does(self, studio: PracticeClient) -> None:
        put_contacts(studio, [MIRIAM | {"name": "Miriam Groß"}])
        position = put_contacts(studio, [])["position"]

        for text, number in (("miriam@example.org", 0), ("groß", 1), ("miriam groß", 0)):
            found = studio.client.get("/v1/patients", params={"search": text, "after": position}).json()["patients"]
            assert len(found) == number, text

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("kind", "friend"),
            ("name", "\u202e"),
            ("name", "o\0"),
            ("phone", "call me"),
            ("email", "a@b\r\nBcc: x@y.z"),
            ("is_guardian", "yes"),
            ("id", "01980c5a-0000-7000-8000-000000000000"),
            ("may_pay", True),
        ],
    )
    def test_that_cannot_be(self, studio: PracticeClient, field: str, value: object) -> None:
        answer = studio.client.put(
            f"/v1/patients/{studio.patient}/contacts", json={"contacts": [MIRIAM | {field: value}]}
        )

        assert (answer.status_code, answer.json()["errors"][0]["field"].rpartition(".")[2]) == (422, field), answer.text

    @pytest.mark.parametrize(("sent", "kept"), [("Cohen\u202eyad", "Cohenyad"), ("נועה Levi\u200b", "נועה Levi")])
    def test_keeps_names_as_written(self, studio: PracticeClient, sent: str, kept: str) -> None:
        assert put_contacts(studio, [MIRIAM | {"name": sent}])["contacts"][0]["name"] == kept


class TestAlerts:
    def test_come_with_every_visit_for_those_who_may_read_them(self, studio: PracticeClient) -> None:
        path = f"/v1/patients/{studio.patient}"
        studio.client.patch(path, json={"alert": "Latex!", "notes": "quiet room"})

        visit = studio.book_appointment()
        listed = "/v1/appointments?from=2026-06-01&to=2026-06-02"
        schedule = f"/v1/calendar?from=2026-06-01&to=2026-06-02&after={visit['position']}"

        assert visit["alerts"] == ["Latex!"]
        for role in ("front_desk", "clinician", "auditor"):
            client = studio.client_with_role(role)
            assert client.get(f"/v1/appointments/{visit['id']}").json()["alerts"] == ["Latex!"], role
            for page in (schedule, listed):
                assert client.get(page).json()["appointments"][0]["alerts"] == ["Latex!"], role
        for role in ("biller", "analyst"):
            client = studio.client_with_role(role)
            for page in (f"/v1/appointments/{visit['id']}", schedule, listed, path):
                assert "Latex!" not in client.get(page).text, (role, page)
                assert "quiet room" not in client.get(page).text, (role, page)

    def test_that_were_taken_away_are_shown_no_more(self, studio: PracticeClient) -> None:
        studio.client.patch(f"/v1/patients/{studio.patient}", json={"alert": "Latex!", "family_name": "Weiß"})
        studio.client.patch(f"/v1/patients/{studio.patient}", json={"alert": None})

        assert studio.book_appointment()["alerts"] == []
        assert studio.client.get(f"/v1/patients/{studio.patient}").json()["family_name"] == "Weiß"

    def test_that_are_too_long_change_nothing(self, studio: PracticeClient) -> None:
        path = f"/v1/patients/{studio.patient}"

        answer = studio.client.patch(path, json={"alert": "x" * 201, "family_name": "Weiß"})

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "alert")
        assert studio.client.get(path).json()["family_name"] == "Groß"


class TestConsents:
    def give(self, studio: PracticeClient, verb: str = "", **fields: object) -> Json:
        known = {"kind": "marketing", "how": "paper"} | ({} if verb else {"document_version": "2026-01"})
        answer = studio.client.post(f"/v1/patients/{studio.patient}/consents{verb}", json=known | fields)
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        return body

    def test_stand_until_they_are_withdrawn_and_stay_in_the_history(self, studio: PracticeClient) -> None:
        assert studio.client.get(f"/v1/patients/{studio.patient}/consents").json()["version"] == 0
        given = self.give(studio, by_whom="Miriam, mother", decided_at="2026-05-01T09:00:00+02:00")
        withdrawn = self.give(studio, "/withdraw", how="phone")
        again = self.give(studio, "/withdraw", how="phone")

        ConsentsShown.model_validate(withdrawn)
        assert (given["consents"][0]["given"], given["consents"][0]["by_whom"]) == (True, "Miriam, mother")
        assert given["consents"][0]["decided_at"] == "2026-05-01T07:00:00Z"
        assert withdrawn["consents"][0]["given"] is False
        assert [one["given"] for one in withdrawn["history"]] == [True, False]
        assert again["version"] == withdrawn["version"]
        history = studio.client.get(
            f"/v1/patients/{studio.patient}/history", params={"after": withdrawn["position"]}
        ).json()["history"]
        assert [line["event_type"].rpartition(".")[2] for line in history][-3:] == ["opened", "given", "withdrawn"]

    def test_are_refused_by_name(self, studio: PracticeClient) -> None:
        path = f"/v1/patients/{studio.patient}/consents"
        body = {"kind": "marketing", "how": "paper"}

        never = studio.client.post(f"{path}/withdraw", json=body)
        stale = studio.client.post(path, json=body | {"document_version": "1"}, headers={"If-Match": '"7"'})

        assert (never.status_code, never.json()["code"]) == (409, "consent_not_given")
        for field, value in (
            ("kind", "Two Words"),
            ("how", "telepathy"),
            ("decided_at", 5),
            ("decided_at", "2050-01-01T00:00:00Z"),
        ):
            answer = studio.client.post(path, json=body | {"document_version": "1", field: value})
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text
        assert stale.status_code == 412
        assert studio.client.get(path).json()["history"] == []

    def test_of_one_who_was_erased_tell_what_was_decided_and_not_by_whom(self, studio: PracticeClient) -> None:
        self.give(studio, by_whom="Miriam, mother")
        path = f"/v1/patients/{studio.patient}"
        put_contacts(studio, [MIRIAM])
        studio.client.patch(path, json={"alert": "Latex!", "notes": "quiet room"})

        position = studio.client.delete(path).json()["position"]

        assert studio.client.get(f"{path}/consents").json()["history"][0]["by_whom"] is None
        assert studio.client.get(f"{path}/contacts").json()["contacts"] == []
        shown = studio.client.get(f"{path}/history?after={position}").text + studio.client.get(path).text
        for text in ("Miriam", "Latex", "quiet"):
            assert text not in shown
        assert studio.client.get(f"/v1/patients?search=miriam@example.org&after={position}").json()["patients"] == []
        refused = studio.client.post(f"{path}/consents", json={"kind": "x1", "how": "paper", "document_version": "1"})
        assert (refused.status_code, refused.json()["code"]) == (409, "patient_erased")
