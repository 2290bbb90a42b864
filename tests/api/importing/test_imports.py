"""What the API tells of imports of patients, and of patients whose import was undone."""

from collections.abc import Callable
from uuid import UUID

import pytest

from api.importing.imports.routes import ImportPage
from application.importing.errors import ImportInUseError
from tests.api.importing.imported import bring, undo
from tests.api.studio import Json, Studio


def newest(studio: Studio) -> int:
    return studio.program.container.logs.of(UUID(studio.practice_id)).reader.position()


def imports(studio: Studio) -> list[Json]:
    answer = studio.client.get("/v1/imports", params={"after": newest(studio)})
    ImportPage.model_validate(answer.json())
    found: list[Json] = answer.json()["imports"]
    return found


def class_of(studio: Studio) -> str:
    service = studio.add_service(seats=3)
    session = {"service_id": service, "staff_ids": [studio.clinician], "resource_ids": [], "seats": 3}
    return str(studio.make("/v1/sessions", **session, starts_at="2026-06-01T13:00:00+02:00")["id"])


def preferences(studio: Studio, patient: str) -> Json:
    window = {"from": "2026-06-01T09:00:00+02:00", "to": "2026-06-01T12:00:00+02:00"}
    return {"patient_id": patient, "service_id": studio.service, "windows": [window], "notice_minutes": 0}


def imported_patient(studio: Studio) -> str:
    answer = studio.client.get("/v1/patients", params={"search": "Family1", "after": newest(studio)})
    return str(answer.json()["patients"][0]["id"])


class TestImports:
    def test_are_listed_with_what_became_of_them(self, studio: Studio) -> None:
        import_id = bring(studio, 2)

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

    def test_come_page_by_page(self, studio: Studio) -> None:
        ids = {str(bring(studio, count)) for count in (1, 2, 3)}

        first = studio.client.get("/v1/imports", params={"limit": 2, "after": newest(studio)}).json()
        second = studio.client.get("/v1/imports", params={"limit": 2, "cursor": first["next_cursor"]}).json()

        assert (len(first["imports"]), second["next_cursor"]) == (2, None)
        assert {one["id"] for one in first["imports"] + second["imports"]} == ids

    def test_are_the_practices_own(self, studio: Studio, open_studio: Callable[..., Studio]) -> None:
        bring(studio)

        assert imports(open_studio()) == []

    def test_that_were_undone_say_so(self, studio: Studio) -> None:
        undo(studio, bring(studio))

        [one] = imports(studio)
        assert (one["status"], one["withdrawn_count"], one["kept_count"], bool(one["undone_at"])) == (
            "undone",
            1,
            0,
            True,
        )


class TestWithdrawnPatients:
    def test_are_shown_as_such_and_listed_no_more(self, studio: Studio) -> None:
        import_id = bring(studio)
        patient = imported_patient(studio)

        undo(studio, import_id)

        shown = studio.client.get(f"/v1/patients/{patient}").json()
        assert (shown["withdrawn"], shown["family_name"]) == (True, "Family1")
        for query in ({}, {"search": "Family1"}):
            listed = studio.client.get("/v1/patients", params={**query, "after": newest(studio)}).json()["patients"]
            assert patient not in {one["id"] for one in listed}
        assert studio.client.get(f"/v1/patients/{patient}/duplicates").json()["candidates"] == []

    def test_take_nothing_new(self, studio: Studio) -> None:
        import_id = bring(studio)
        patient = imported_patient(studio)
        undo(studio, import_id)

        refused = [
            studio.book(patient_id=patient),
            studio.plan(patient_id=patient),
            studio.client.post(f"/v1/patients/{patient}/feeds", json={}),
            studio.client.post(f"/v1/sessions/{class_of(studio)}/enrol", json={"patient_id": patient}),
            studio.client.post("/v1/waitlist", json=preferences(studio, patient)),
            studio.client.patch(f"/v1/patients/{patient}", json={"given_name": "x"}),
            studio.client.post(f"/v1/patients/{studio.patient}/merge", json={"other_id": patient}),
        ]

        assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(409, "patient_withdrawn")}
        assert studio.client.get(f"/v1/patients/{patient}/history").status_code == 200

    def test_are_not_those_who_wait(self, studio: Studio) -> None:
        import_id = bring(studio)
        patient = imported_patient(studio)
        studio.make("/v1/waitlist", **preferences(studio, patient))

        with pytest.raises(ImportInUseError) as refused:
            undo(studio, import_id)

        assert refused.value.kept == {UUID(patient): "in_use"}
