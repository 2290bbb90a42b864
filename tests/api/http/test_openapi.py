"""The description is complete: unique names, keys, media types, valid examples."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from tests.api.api_server import ApiServer
from tests.api.practice_client import Json, PracticeClient

PROBLEM = "application/problem+json"
ICALENDAR = "text/calendar"


@pytest.fixture(scope="module")
def spec(server: ApiServer) -> Json:
    return server.app.openapi()


def operations(spec: Json) -> Iterator[tuple[str, Json]]:
    for path, methods in spec["paths"].items():
        for operation in methods.values():
            yield path, operation


def faults(spec: Json, schema: Json, value: object) -> list[str]:
    """Return how a value breaks a schema, whose references are those of the description."""
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "components": spec["components"]}
    validator = jsonschema_rs.validator_for(whole, validate_formats=True)
    return [error.message for error in validator.iter_errors(value)]


def examples(place: str, schema: Any) -> Iterator[tuple[str, Json, object]]:
    """Yield the examples inside a schema: place, schema of the example, and example."""
    if isinstance(schema, dict):
        if isinstance(schema.get("examples"), list):
            yield from ((place, schema, example) for example in schema["examples"])
        for name, part in schema.items():
            if name != "examples":
                yield from examples(f"{place}.{name}", part)
    if isinstance(schema, list):
        for number, part in enumerate(schema):
            yield from examples(f"{place}.{number}", part)


class TestNames:
    def test_are_those_of_one_class_each(self, spec: Json) -> None:
        # FastAPI prefixes equal class names with the module; generators then lose operations.
        assert [name for name in spec["components"]["schemas"] if "__" in name] == []

    def test_of_operations_are_unique(self, spec: Json) -> None:
        names = [operation["operationId"] for _, operation in operations(spec)]

        assert len(set(names)) == len(names)


class TestSecurity:
    def test_is_there_again_after_a_route_was_added(self, server: ApiServer) -> None:
        server.app.add_api_route("/added", lambda: None, include_in_schema=False)

        assert "securitySchemes" in server.app.openapi()["components"]

    def test_is_a_bearer_key_except_for_feeds_and_operations(self, spec: Json) -> None:
        assert spec["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
        assert spec["security"] == [{"key": []}]
        public = {path for path, operation in operations(spec) if operation["security"] == []}
        assert public == {"/v1/feeds/{token}.ics", "/healthz", "/readyz"}
        assert all(operation["security"] in ([], [{"key": []}]) for _, operation in operations(spec))

    def test_names_a_server(self, spec: Json) -> None:
        assert [server["url"] for server in spec["servers"]] == ["/"]


class TestResponses:
    def test_describe_every_refusal_as_a_problem(self, spec: Json) -> None:
        other = [
            (operation["operationId"], status)
            for path, operation in operations(spec)
            for status, answer in operation["responses"].items()
            if path.startswith("/v1/") and status >= "400" and set(answer["content"]) != {PROBLEM}
        ]

        assert other == []
        assert {"HTTPValidationError", "ValidationError"}.isdisjoint(spec["components"]["schemas"])

    def test_of_reads_of_the_past_include_not_found(self, spec: Json) -> None:
        reads = [
            operation
            for _, operation in operations(spec)
            if {"as_of", "version"} & {each["name"] for each in operation.get("parameters", [])}
        ]

        assert [each["operationId"] for each in reads if "404" not in each["responses"]] == []
        assert len(reads) > 20

    def test_of_calendars_are_icalendar_or_problems(self, spec: Json, studio: PracticeClient) -> None:
        described = {path: operation["responses"] for path, operation in operations(spec) if path.endswith(".ics")}

        assert len(described) == 3
        assert all(set(responses["200"]["content"]) == {ICALENDAR} for responses in described.values())
        visit = studio.book_appointment()["id"]
        calendar = studio.client.get(f"/v1/appointments/{visit}/invitation.ics")
        assert calendar.headers["content-type"].startswith(ICALENDAR)
        for path in (f"/v1/appointments/{studio.patient}/invitation.ics", "/v1/feeds/feed_none.ics"):
            refused = studio.client.get(path)
            assert (refused.status_code, refused.headers["content-type"]) == (404, PROBLEM)
        refused = studio.client.get(f"/v1/appointments/{visit}/invitation.ics", params={"zone": "UTC"})
        assert (refused.status_code, refused.headers["content-type"]) == (422, PROBLEM)

    def test_of_a_practice_before_it_was_opened_are_not_found(self, studio: PracticeClient) -> None:
        answer = studio.client.get("/v1/practice", params={"as_of": "2000-01-01T00:00:00Z"})

        assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)


class TestExamples:
    def test_in_schemas_are_valid(self, spec: Json) -> None:
        found = list(examples("", spec["components"]["schemas"]))

        assert [(place, wrong) for place, schema, one in found if (wrong := faults(spec, schema, one))] == []
        assert len(found) > 50

    def test_in_parameters_are_valid(self, spec: Json) -> None:
        found = [
            (operation["operationId"], parameter["schema"], example)
            for _, operation in operations(spec)
            for parameter in operation.get("parameters", [])
            for example in parameter.get("examples", parameter["schema"].get("examples", []))
        ]

        assert [(name, wrong) for name, schema, one in found if (wrong := faults(spec, schema, one))] == []
        assert found

    def test_of_answers_are_valid(self, spec: Json) -> None:
        found = [
            (operation["operationId"], content["schema"], content["example"])
            for _, operation in operations(spec)
            for answer in operation["responses"].values()
            for content in answer.get("content", {}).values()
            if "example" in content
        ]

        assert [(name, wrong) for name, schema, one in found if (wrong := faults(spec, schema, one))] == []
        assert len(found) > 100
