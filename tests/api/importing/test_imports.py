"""Imports of patients in the API, and patients whose import was undone."""

from collections.abc import Callable
from uuid import UUID

import pytest

from api.importing.schemas import ImportPage
from application.importing.errors import ImportInUseError
from tests.api.importing.import_requests import import_patients, undo_import
from tests.api.practice_client import Json, PracticeClient


def newest_import_id(studio: PracticeClient) -> int:
    return studio.server.container.logs.of(UUID(studio.practice_id)).reader.position()


def imports(studio: PracticeClient) -> list[Json]:
    answer = studio.client.get("/v1/imports", params={"after": newest_import_id(studio)})
    ImportPage.model_validate(answer.json())
    found: list[Json] = answer.json()["imports"]
    return found


def class_of(studio: PracticeClient) -> str:
    service = studio.add_service(seats=3)
    session = {"service_id": service, "staff_ids": [studio.clinician], "resource_ids": [], "seats": 3}
    return str(studio.create("/v1/sessions", **session, starts_at="2026-06-01T13:00:00+02:00")["id"])


def preferences(studio: PracticeClient, patient: str) -> Json:
    window = {"from": "2026-06-01T09:00:00+02:00", "to": "2026-06-01T12:00:00+02:00"}
    return {"patient_id": patient, "service_id": studio.service, "windows": [window], "notice_minutes": 0}


def imported_patient(studio: PracticeClient) -> str:
    answer = studio.client.get("/v1/patients", params={"search": "Family1", "after": newest_import_id(studio)})
    return str(answer.json()["patients"][0]["id"])


class TestImports:
    def test_are_listed_with_their_results(self, studio: PracticeClient) -> None:
        import_id = import_patients(studio, 2)

        [one] = imports(studio)

        assert {
            name: one[name] for name in ("id", "kind", "source", "status", "made_count", "row_count", "started_by")
        } == {
            "id": str(import_id),
            "kind": "patients",
            "source": "jane",
            "status": "finished",
            "made_count": 2,
            "row_count": 2,
            "started_by": "import:jane",
        }

    def test_come_page_by_page(self, studio: PracticeClient) -> None:
        ids = {str(import_patients(studio, count)) for count in (1, 2, 3)}

        first = studio.client.get("/v1/imports", params={"limit": 2, "after": newest_import_id(studio)}).json()
        second = studio.client.get("/v1/imports", params={"limit": 2, "cursor": first["next_cursor"]}).json()

        assert (len(first["imports"]), second["next_cursor"]) == (2, None)
        assert {one["id"] for one in first["imports"] + second["imports"]} == ids

    def test_are_the_practices_own(self, studio: PracticeClient, open_practice: Callable[..., PracticeClient]) -> None:
        import_patients(studio)

        assert imports(open_practice()) == []

    def test_that_were_undone_say_so(self, studio: PracticeClient) -> None:
        undo_import(studio, import_patients(studio))

        [one] = imports(studio)
        assert (one["status"], one["withdrawn_count"], one["kept_count"], bool(one["undone_at"])) == (
            "undone",
            1,
            0,
            True,
        )


class TestWithdrawnPatients:
    def test_are_shown_as_such_and_listed_no_more(self, studio: PracticeClient) -> None:
        import_id = import_patients(studio)
        patient = imported_patient(studio)

        undo_import(studio, import_id)

        get_import = studio.client.get(f"/v1/patients/{patient}").json()
        assert (get_import["withdrawn"], get_import["family_name"]) == (True, "Family1")
        for query in ({}, {"search": "Family1"}):
            get_statuses = studio.client.get(
                "/v1/patients", params={**query, "after": newest_import_id(studio)}
            ).json()["patients"]
            assert patient not in {one["id"] for one in get_statuses}
        assert studio.client.get(f"/v1/patients/{patient}/duplicates").json()["candidates"] == []

    def test_take_nothing_new(self, studio: PracticeClient) -> None:
        import_id = import_patients(studio)
        patient = imported_patient(studio)
        undo_import(studio, import_id)

        refused = [
            studio.post_booking(patient_id=patient),
            studio.post_series(patient_id=patient),
            studio.client.post(f"/v1/patients/{patient}/feeds", json={}),
            studio.client.post(f"/v1/sessions/{class_of(studio)}/enrol", json={"patient_id": patient}),
            studio.client.post("/v1/waitlist", json=preferences(studio, patient)),
            studio.client.patch(f"/v1/patients/{patient}", json={"given_name": "x"}),
            studio.client.post(f"/v1/patients/{studio.patient}/merge", json={"other_id": patient}),
        ]

        assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(409, "patient_withdrawn")}
        assert studio.client.get(f"/v1/patients/{patient}/history").status_code == 200

    def test_are_not_those_who_wait(self, studio: PracticeClient) -> None:
        import_id = import_patients(studio)
        patient = imported_patient(studio)
        studio.create("/v1/waitlist", **preferences(studio, patient))

        with pytest.raises(ImportInUseError) as refused:
            undo_import(studio, import_id)

        assert refused.value.kept == {UUID(patient): "in_use"}
