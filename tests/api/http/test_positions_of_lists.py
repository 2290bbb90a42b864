"""Every list says up to where it is complete, so that clients can read what they wrote."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg

from tests.api.practice_client import PracticeClient
from tests.api.sample_ids import QUERIES, ids_of


def lists_of(studio: PracticeClient, ids: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield path and query of each list in the API's description."""
    spec = studio.server.app.openapi()
    for path, operations in spec["paths"].items():
        content = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        named = content.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
        if {"next_cursor", "candidates"} & spec["components"]["schemas"].get(named, {}).get("properties", {}).keys():
            query = {name: value or ids[name] for name, value in QUERIES.get(path, {}).items()}
            yield re.sub(r"\{(\w+)\}", lambda match: ids[match[1]], path), query


def head_of(studio: PracticeClient) -> int:
    return studio.server.container.logs.of(UUID(studio.practice_id)).reader.position()


@contextmanager
def view_held_back(studio: PracticeClient, view: str) -> Iterator[None]:
    """Keep the projector from moving a view of the practice while the block runs."""
    server = studio.server.container.storage.server
    with psycopg.connect(server.admin_conninfo) as admin:
        admin.execute(
            "select from projection.cursor where tenant_id = %s and projector = %s for update",
            (studio.practice_id, view),
        )
        yield


class TestList:
    def test_says_how_far_it_is(self, studio: PracticeClient) -> None:
        ids = ids_of(studio)
        head = head_of(studio)
        lists = list(lists_of(studio, ids))

        for path, query in lists:
            alone, caught_up = (
                studio.client.get(path, params=query | more).json() for more in ({}, {"after": str(head)})
            )

            assert 0 < alone["position"] <= head, path
            if not path.startswith("/v1/diff"):
                assert caught_up["position"] == head, path
        assert len(lists) > 25

    def test_says_so_in_the_past_too(self, studio: PracticeClient) -> None:
        session = ids_of(studio)["session_id"]
        then = {"as_of": "2026-05-04T08:00:00Z"}

        calendar = studio.client.get("/v1/calendar", params=QUERIES["/v1/calendar"] | then).json()
        roster = studio.client.get(f"/v1/sessions/{session}/roster", params=then).json()

        assert calendar["position"] == roster["position"] == head_of(studio)

    def test_names_the_last_position_that_it_includes_while_it_is_behind(self, studio: PracticeClient) -> None:
        studio.client.get("/v1/patients", params={"after": head_of(studio)})

        with view_held_back(studio, "patients"):
            made = studio.create("/v1/patients", given_name="Mika", family_name="Sorsa")
            listed = studio.client.get("/v1/patients", params={"search": "Sorsa"}).json()
            visits = studio.client.get("/v1/appointments").json()
            refused = studio.client_without_retries.get("/v1/patients", params={"after": made["position"]})

        assert (listed["patients"], listed["position"]) == ([], made["position"] - 1)
        assert visits["position"] == made["position"] - 1, "names belong to the list of visits"
        assert (refused.status_code, refused.json()["code"]) == (503, "view_behind")


class TestSearch:
    def test_right_after_a_post_finds_the_patient(self, studio: PracticeClient) -> None:
        """Without `after` ten of twelve searches missed."""
        for number in range(30):
            made = studio.create("/v1/patients", given_name="Mika", family_name=f"Sorsa{number}")
            query = {"search": f"Sorsa{number}", "after": made["position"]}

            found = studio.client.get("/v1/patients", params=query).json()

            assert [one["id"] for one in found["patients"]] == [made["id"]]
            assert found["position"] >= made["position"]

    def test_without_after_shows_by_its_position_whether_it_may_lack_the_patient(self, studio: PracticeClient) -> None:
        for number in range(30):
            made = studio.create("/v1/patients", given_name="Mika", family_name=f"Sorsa{number}")

            found = studio.client.get("/v1/patients", params={"search": f"Sorsa{number}"}).json()

            assert found["patients"] or found["position"] < made["position"]
