"""Two records of one person over HTTP: found, merged, unmerged, erased together."""

from typing import Any

import pytest

from api.patients.schemas import Duplicates
from tests.api.practice_client import Json, PracticeClient
from tests.support.concurrency import map_concurrently

BORN = "1990-02-28"
DAY: Json = {"from": "2026-06-01", "to": "2026-06-02"}


def post_merge(studio: PracticeClient, survivor: str, other: str, verb: str = "merge", **headers: str) -> Any:
    return studio.client.post(
        f"/v1/patients/{survivor}/{verb}",
        json={"other_id": other},
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def merge_patients(studio: PracticeClient) -> tuple[str, str, Json, int]:
    """Return (survivor, other, the other's visit, position) of a merge."""
    other = studio.add_patient(given_name="Adele", family_name="Klein", email="adele@example.org", zone="Asia/Tokyo")
    visit = studio.book_appointment(patient_id=other)
    answer = post_merge(studio, studio.patient, other)
    assert answer.status_code == 200, answer.text
    return studio.patient, other, visit, answer.json()["position"]


class TestDuplicates:
    def test_are_found_with_their_reasons(self, studio: PracticeClient) -> None:
        known = {"given_name": "Noa", "family_name": "Ben-David", "date_of_birth": BORN}
        mine = studio.add_patient(**known, email="noa@example.org", phone="030 2345678")
        by_mail = studio.add_patient(given_name="N.", family_name="Levi", email="Noa@Example.org")
        by_all = studio.add_patient(
            **known | {"family_name": "BEN DAVID"}, email="noa@example.org", phone="+49302345678"
        )
        by_name = studio.add_patient(**known | {"family_name": "Bendavid-Klein"})
        studio.add_patient(**known | {"date_of_birth": "1991-02-28"})
        last = studio.create("/v1/patients", given_name="Noa", family_name="Ben-David")

        answer = studio.client.get(f"/v1/patients/{mine}/duplicates", params={"after": last["position"]}).json()

        Duplicates.model_validate(answer)
        assert [(one["patient"]["id"], one["reasons"]) for one in answer["candidates"]] == [
            (by_all, ["same_email", "same_phone", "same_last_name_and_date_of_birth"]),
            (by_mail, ["same_email"]),
            (by_name, ["same_last_name_and_date_of_birth"]),
        ]

    def test_are_no_longer_those_who_were_merged_erased_or_are_in_another_practice(
        self, studio: PracticeClient, open_practice: Any
    ) -> None:
        person = {"given_name": "Noa", "family_name": "Levi", "email": "noa@example.org"}
        open_practice().add_patient(**person)
        mine, other, third = (studio.add_patient(**person) for _ in range(3))
        post_merge(studio, mine, other)
        position = studio.client.delete(f"/v1/patients/{third}").json()["position"]

        for id_ in (mine, other, third):
            found = studio.client.get(f"/v1/patients/{id_}/duplicates", params={"after": position}).json()
            assert found["candidates"] == []


class TestMerge:
    def test_shows_the_others_visits_under_the_survivor(self, studio: PracticeClient) -> None:
        survivor, other, visit, position = merge_patients(studio)
        own = studio.book_appointment("2026-06-02T09:00:00+02:00")
        after = {"after": max(position, own["position"])}

        for id_ in (survivor, other):
            listed = studio.client.get("/v1/appointments", params={"patient_id": id_} | after).json()["appointments"]
            assert [(one["id"], one["patient_id"]) for one in listed] == [
                (visit["id"], survivor),
                (own["id"], survivor),
            ]
        schedule = studio.client.get("/v1/calendar", params=DAY | after).json()["appointments"]
        assert schedule[0]["patient"] == {"given_name": "Ada", "family_name": "Groß"}
        one = studio.client.get(f"/v1/appointments/{visit['id']}").json()
        assert (one["patient_id"], one["display"]["patient_date"]) == (survivor, "2026-06-01")
        history = studio.client.get(f"/v1/patients/{survivor}/history", params=after).json()["history"]
        assert {line["event_type"].rpartition(".")[2] for line in history} == {
            "registered",
            "booked",
            "merged_into",
            "absorbed",
        }
        assert {line["id"] for line in history} == {survivor, other, visit["id"], own["id"]}

    @pytest.mark.parametrize("text", ["klein", "adele klein", "adele@example.org", "groß"])
    def test_is_found_by_what_was_known_of_either(self, studio: PracticeClient, text: str) -> None:
        survivor, _, _, position = merge_patients(studio)

        found = studio.client.get("/v1/patients", params={"search": text, "after": position}).json()["patients"]

        assert [patient["id"] for patient in found] == [survivor]

    def test_points_from_the_merged_to_the_survivor(self, studio: PracticeClient) -> None:
        survivor, other, _, position = merge_patients(studio)

        shown = {id_: studio.client.get(f"/v1/patients/{id_}").json() for id_ in (survivor, other)}
        listed = studio.client.get("/v1/patients", params={"after": position}).json()["patients"]

        assert (shown[other]["merged_into"], shown[other]["family_name"]) == (survivor, "Klein")
        assert (shown[survivor]["merged_ids"], shown[survivor]["merged_into"]) == ([other], None)
        assert listed == [shown[survivor]]

    def test_refuses_changes_of_the_merged_patient(self, studio: PracticeClient) -> None:
        survivor, other, visit, _ = merge_patients(studio)
        path = f"/v1/patients/{other}"
        consent = {"kind": "marketing", "how": "paper", "document_version": "1"}

        for answer in (
            studio.post_booking("2026-06-02T09:00:00+02:00", patient_id=other),
            studio.client.patch(path, json={"given_name": "x"}),
            studio.client.put(f"{path}/contacts", json={"contacts": [{"kind": "family", "name": "x"}]}),
            studio.client.post(f"{path}/consents", json=consent),
            studio.client.delete(path),
            post_merge(studio, studio.add_patient(), other),
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, "patient_merged"), answer.text
            assert survivor in answer.json()["detail"]
        assert studio.post_action(visit["id"], "cancel", reason="rang").status_code == 200

    def test_shows_the_alerts_of_both(self, studio: PracticeClient) -> None:
        other = studio.add_patient()
        for id_, alert in ((studio.patient, "Latex"), (other, "Penicillin")):
            studio.client.patch(f"/v1/patients/{id_}", json={"alert": alert})
        position = post_merge(studio, studio.patient, other).json()["position"]

        visit = studio.book_appointment()

        assert visit["alerts"] == ["Latex", "Penicillin"]
        schedule = studio.client.get(f"/v1/calendar?from=2026-06-01&to=2026-06-02&after={visit['position']}").json()
        assert schedule["appointments"][0]["alerts"] == ["Latex", "Penicillin"]
        assert position < visit["position"]

    def test_lets_the_latest_decision_of_either_stand(self, studio: PracticeClient) -> None:
        other = studio.add_patient()
        for id_ in (studio.patient, other):
            studio.client.post(
                f"/v1/patients/{id_}/consents", json={"kind": "marketing", "how": "paper", "document_version": "1"}
            )
        studio.client.post(f"/v1/patients/{other}/consents/withdraw", json={"kind": "marketing", "how": "phone"})
        post_merge(studio, studio.patient, other)

        answer = studio.client.get(f"/v1/patients/{studio.patient}/consents").json()

        assert [(one["given"], one["patient_id"]) for one in answer["consents"]] == [(False, other)]
        assert len(answer["history"]) == 3

    def test_is_carried_out_once(self, studio: PracticeClient) -> None:
        other = studio.add_patient()
        studio.client.patch(f"/v1/patients/{studio.patient}", json={"tags": ["a"]})

        answers = map_concurrently(4, lambda _: post_merge(studio, studio.patient, other, Idempotency_Key="one"))

        assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
        assert answers[0].json()["version"] == 3
        stale = post_merge(studio, studio.patient, studio.add_patient(), If_Match='"1"')
        assert stale.status_code == 412

    def test_is_not_for_clinicians_and_billers(self, studio: PracticeClient) -> None:
        for role in ("clinician", "biller", "auditor", "analyst"):
            answer = studio.client_with_role(role).post(
                f"/v1/patients/{studio.patient}/merge", json={"other_id": studio.add_patient()}
            )
            assert answer.status_code == 403


class TestUndo:
    def test_restores_the_former_state(self, studio: PracticeClient) -> None:
        survivor, other, visit, _ = merge_patients(studio)

        undone = post_merge(studio, survivor, other, "unmerge")

        after = {"after": undone.json()["position"]}
        assert (undone.status_code, undone.json()["merged_ids"]) == (200, [])
        assert studio.client.get(f"/v1/appointments/{visit['id']}").json() == {
            name: value for name, value in visit.items() if name != "position"
        }
        for id_, number in ((survivor, 0), (other, 1)):
            listed = studio.client.get("/v1/appointments", params={"patient_id": id_} | after).json()["appointments"]
            assert len(listed) == number
        found = studio.client.get("/v1/patients", params={"search": "klein"} | after).json()["patients"]
        assert [one["id"] for one in found] == [other]
        assert studio.post_booking("2026-06-02T09:00:00+02:00", patient_id=other).status_code == 201
        again = post_merge(studio, survivor, other, "unmerge")
        assert (again.status_code, again.json()["code"]) == (409, "not_merged")


class TestErasure:
    def test_of_the_survivor_is_of_all_who_are_that_person(self, studio: PracticeClient) -> None:
        survivor, other, visit, _ = merge_patients(studio)

        position = studio.client.delete(f"/v1/patients/{survivor}").json()["position"]

        for id_ in (survivor, other):
            shown = studio.client.get(f"/v1/patients/{id_}").json()
            assert (shown["erased"], shown["family_name"]) == (True, None)
            history = studio.client.get(f"/v1/patients/{id_}/history", params={"after": position}).text
            assert "Klein" not in history
            assert "Groß" not in history
        found = studio.client.get("/v1/patients", params={"search": "klein", "after": position}).json()["patients"]
        assert found == []
        assert studio.client.get(f"/v1/appointments/{visit['id']}").json()["status"] == "booked"
        for verb in ("merge", "unmerge"):
            assert post_merge(studio, survivor, other, verb).json()["code"] == "patient_erased"
