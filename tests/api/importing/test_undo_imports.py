"""One import over HTTP: what came of it, and its undo, all or nothing or as far as it can be."""

from uuid import UUID, uuid4

import httpx2
import pytest

from api.importing import routes as imports
from api.importing.schemas import ImportInFull
from tests.api.api_server import NOW
from tests.api.importing.import_requests import import_patients, import_visits, undo_import
from tests.api.practice_client import Json, PracticeClient
from tests.support.concurrency import map_concurrently


def get_import(studio: PracticeClient, import_id: UUID, **query: object) -> Json:
    answer = studio.client.get(f"/v1/imports/{import_id}", params=query)  # type: ignore[arg-type]  # numbers and texts
    assert answer.status_code == 200, answer.text
    ImportInFull.model_validate(answer.json())
    shown: Json = answer.json()
    return shown


def ask_to_undo(
    studio: PracticeClient,
    import_id: UUID,
    body: Json | None = None,
    client: httpx2.Client | None = None,
    **headers: str,
) -> httpx2.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return (client or studio.client).post(f"/v1/imports/{import_id}/undo", json=body, headers=named)


def position_of(studio: PracticeClient) -> int:
    return studio.server.container.logs.of(UUID(studio.practice_id)).reader.position()


def get_statuses(studio: PracticeClient) -> dict[str, str]:
    answer = studio.client.get("/v1/patients", params={"after": position_of(studio)})
    return {one["family_name"]: one["id"] for one in answer.json()["patients"]}


class TestImport:
    def test_tells_what_came_of_the_file_and_who_brought_it(self, studio: PracticeClient) -> None:
        import_id = import_patients(studio, 3)

        shown = get_import(studio, import_id)

        assert {name: shown[name] for name in shown if name not in ("started_at", "version")} == {
            "id": str(import_id),
            "kind": "patients",
            "source": "jane",
            "status": "finished",
            "row_count": 3,
            "made_count": 3,
            "matched_count": 0,
            "refused_count": 0,
            "withdrawn_count": 0,
            "kept_count": 0,
            "started_by": "import:jane",
            "undone_by": None,
            "undone_at": None,
            "kept_patient_ids": [],
            "kept_appointment_ids": [],
        }

    def test_that_was_imported_again_is_not_undone_any_more(self, studio: PracticeClient) -> None:
        undo_import(studio, import_patients(studio))

        shown = get_import(studio, import_patients(studio))

        assert (shown["status"], shown["undone_by"], shown["undone_at"]) == ("finished", None, None)

    def test_is_seen_as_it_was(self, studio: PracticeClient) -> None:
        import_id = import_patients(studio)
        before = get_import(studio, import_id)
        after = ask_to_undo(studio, import_id).json()

        assert get_import(studio, import_id, version=before["version"])["status"] == "finished"
        past = get_import(studio, import_id, version=after["version"])
        assert (past["status"], past["undone_by"]) == ("undone", after["undone_by"])


class TestUndo:
    def test_withdraws_all_with_actor_and_time(self, studio: PracticeClient) -> None:
        import_id = import_patients(studio, 3)
        key = studio.client.get("/v1/api-keys").json()["api_keys"][0]

        answer = ask_to_undo(studio, import_id)

        assert answer.status_code == 200, answer.text
        shown = answer.json()
        assert (shown["status"], shown["withdrawn_count"], shown["kept_count"]) == ("undone", 3, 0)
        assert (shown["undone_by"], shown["started_by"]) == (f"key:{key['id']}", "import:jane")
        assert shown["undone_at"] == NOW.isoformat().replace("+00:00", "Z")
        assert not [name for name in get_statuses(studio) if name.startswith("Family")]
        assert {**get_import(studio, import_id), "position": shown["position"]} == shown
        assert answer.headers["etag"] == f'"{shown["version"]}"'

    def test_is_refused_as_a_whole_while_a_patient_is_in_use_and_lists_them(self, studio: PracticeClient) -> None:
        import_id = import_patients(studio, 3)
        patients = get_statuses(studio)
        studio.book_appointment(patient_id=patients["Family2"])
        position = position_of(studio)

        refused = ask_to_undo(studio, import_id)

        assert (refused.status_code, refused.json()["code"]) == (409, "import_in_use")
        assert refused.json()["kept"] == [{"patient_id": patients["Family2"], "reason": "in_use"}]
        assert (refused.json()["kept_count"], position_of(studio)) == (1, position)
        assert get_import(studio, import_id)["status"] == "finished"

    def test_of_what_can_be_keeps_the_others(self, studio: PracticeClient) -> None:
        import_id = import_patients(studio, 3)
        patients = get_statuses(studio)
        studio.book_appointment(patient_id=patients["Family2"])
        studio.client.patch(f"/v1/patients/{patients['Family3']}", json={"notes": "prefers mornings"})

        shown = ask_to_undo(studio, import_id, {"what_can_be": True}).json()

        assert (shown["withdrawn_count"], shown["kept_count"]) == (1, 2)
        assert set(shown["kept_patient_ids"]) == {patients["Family2"], patients["Family3"]}
        assert get_statuses(studio).keys() & {"Family1", "Family2", "Family3"} == {"Family2", "Family3"}

    def test_twice_changes_nothing_the_second_time(self, studio: PracticeClient) -> None:
        import_id = import_patients(studio)
        first = ask_to_undo(studio, import_id).json()
        position = position_of(studio)

        again = ask_to_undo(studio, import_id)

        assert (again.status_code, again.json()["version"]) == (200, first["version"])
        assert position_of(studio) == position

    def test_of_a_version_that_has_passed_is_refused(self, studio: PracticeClient) -> None:
        import_id = import_patients(studio)
        etag = f'"{get_import(studio, import_id)["version"]}"'
        undo_import(studio, import_id)
        import_patients(studio)
        position = position_of(studio)

        refused = ask_to_undo(studio, import_id, If_Match=etag)

        assert (refused.status_code, refused.json()["code"]) == (412, "stale_version")
        assert position_of(studio) == position
        present = f'"{get_import(studio, import_id)["version"]}"'
        assert ask_to_undo(studio, import_id, If_Match=present).status_code == 200

    def test_repeated_under_its_key_answers_alike_and_withdraws_nobody_anew(self, studio: PracticeClient) -> None:
        import_id = import_patients(studio)
        first = ask_to_undo(studio, import_id, Idempotency_Key="k")
        import_patients(studio)

        again = ask_to_undo(studio, import_id, Idempotency_Key="k")
        other = ask_to_undo(studio, import_id, {"what_can_be": True}, Idempotency_Key="k")

        assert (again.status_code, again.content) == (200, first.content)
        assert "Family1" in get_statuses(studio)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")

    def test_by_several_at_once_is_done_once(self, studio: PracticeClient) -> None:
        import_id = import_patients(studio, 5)

        answers = map_concurrently(3, lambda number: ask_to_undo(studio, import_id, Idempotency_Key=f"k{number % 2}"))

        assert {(answer.status_code, answer.json()["withdrawn_count"]) for answer in answers} == {(200, 5)}
        events = studio.client.get("/v1/events", params={"limit": 500}).json()["events"]
        assert [event["event_type"] for event in events].count("practice.import.undone") == 1
        assert [event["event_type"] for event in events].count("patients.patient.withdrawn") == 5

    def test_of_a_very_large_import_is_left_to_the_command(
        self, studio: PracticeClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(imports, "MAX_UNDONE", 3)
        small, large = import_patients(studio, 3), import_patients(studio, 7)
        position = position_of(studio)

        refused = ask_to_undo(studio, large)

        assert (refused.status_code, refused.json()["code"], position_of(studio)) == (409, "import_too_large", position)
        assert "scheduler import undo" in refused.json()["detail"]
        assert ask_to_undo(studio, small).status_code == 200

    @pytest.mark.parametrize(
        "body", [{"what_can_be": "yes"}, {"what_can_be": 1}, {"what_can_be": None}, {"force": True}, [], "all"]
    )
    def test_takes_nothing_else(self, studio: PracticeClient, body: Json) -> None:
        import_id = import_patients(studio)

        answer = ask_to_undo(studio, import_id, body)

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")
        assert get_import(studio, import_id)["status"] == "finished"

    def test_of_what_is_no_import_is_unknown(self, studio: PracticeClient) -> None:
        for id_ in (uuid4(), UUID(studio.patient)):
            answer = ask_to_undo(studio, id_)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    def test_is_for_who_runs_the_practice(self, studio: PracticeClient) -> None:
        import_id = import_patients(studio)

        refused = ask_to_undo(studio, import_id, client=studio.client_with_role("front_desk"))

        assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
        assert get_import(studio, import_id)["status"] == "finished"


class TestAppointmentImport:
    def test_is_undone_as_a_whole_or_as_far_as_it_can_be(self, studio: PracticeClient) -> None:
        import_id, (one, other) = import_visits(studio)
        studio.post_action(str(other), "cancel", reason="ill")

        refused = ask_to_undo(studio, import_id)
        undone = ask_to_undo(studio, import_id, {"what_can_be": True}).json()

        assert (refused.status_code, refused.json()["code"]) == (409, "import_in_use")
        assert refused.json()["kept"] == [{"appointment_id": str(other), "reason": "changed"}]
        assert "1 of its appointments" in refused.json()["detail"]
        assert (undone["kind"], undone["status"], undone["withdrawn_count"]) == ("appointments", "undone", 1)
        assert (undone["kept_patient_ids"], undone["kept_appointment_ids"]) == ([], [str(other)])
        assert studio.client.get(f"/v1/appointments/{one}").json()["status"] == "archived"
