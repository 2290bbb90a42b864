"""The short way is a way, not a rule: whatever is asked, the answer is the one that the framework alone would give."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, cast

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from api.app import create_app
from api.http.express import Stops
from tests.api.http.test_isolation import WINDOW
from tests.api.serving import Program, serving
from tests.api.studio import Studio

LAW = settings(max_examples=250, suppress_health_check=list(HealthCheck))
OWN = {"service_id": "service", "clinician_id": "clinician", "patient_id": "patient", "location_id": "location"}
WELL_FORMED = {**WINDOW, "at": "2026-06-03T09:00:00Z", "limit": "2", "after": "1", "unseal": "true"}
"""By name; ids are the studio's own."""
UNFIT = ("", "+", "x", "0", "-1", "1.0", "1+1", "%00", "%FF", "%C3%BC", "%zz", "%", "true", "1;2", "1=1", "cancelled")
INSTANTS = ("2026-06-01", "2026-06-01T00:00:00%2B02:00", "2026-06-01T00:00:00+02:00", "2026-02-30", "2030-01-01")
NOBODY = "01980c5a-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def framework(program: Program) -> Iterator[str]:
    """The same program without a short way; yields its address."""
    app = create_app(program.container)
    stops_of(app).clear()
    with serving(app) as url:
        yield url


def stops_of(app: FastAPI) -> Stops:
    [stops] = [each.kwargs["stops"] for each in app.user_middleware if "stops" in each.kwargs]
    return cast(Stops, stops)


def names_of(studio: Studio) -> dict[str, list[str]]:
    """Return what each route with a short way for questions can be asked, by path."""
    paths = [path for method, path in stops_of(studio.program.app) if method == "GET"]
    spec = studio.program.app.openapi()["paths"]
    return {path: [each["name"] for each in spec[path]["get"].get("parameters", [])] for path in paths}


def well_formed(studio: Studio, name: str) -> str | None:
    return getattr(studio, OWN[name]) if name in OWN else WELL_FORMED.get(name)


def question(studio: Studio, names: list[str]) -> str:
    """Return a query that says all that can be said, and that no route refuses for its form."""
    if {"from", "to", "thing_id"} <= set(names):
        return "from=0&to=1"
    said = {name: well_formed(studio, name) for name in names}
    return "&".join(f"{name}={value}" for name, value in said.items() if value is not None)


def told(
    client: httpx2.Client, base: str, method: str, path: str, query: str, **more: Any
) -> tuple[int, bytes, dict[str, str]]:
    """Ask under an id that is always the same, and return the whole answer but for the time of day."""
    url = httpx2.URL(base + path, query=query.encode())
    headers = [("X-Request-Id", "the-same"), *more.pop("headers", ())]
    answer = client.request(method, url, headers=headers, **more)
    return answer.status_code, answer.content, {k: v for k, v in answer.headers.items() if k != "date"}


def arguments(program: Program, query: str) -> Mapping[str, Any] | None:
    """Return what the directory's endpoint would be called with."""
    stop = stops_of(program.app)["GET", "/v1/patients"]
    scope = {"type": "http", "query_string": query.encode(), "app": program.app, "actor": None}
    scope |= {"route": stop.route, "endpoint": stop.route.endpoint}
    return asyncio.run(stop.arguments(Request(scope)))


class TestQuestions:
    def test_that_are_well_formed_go_the_short_way_on_every_route(self, studio: Studio, framework: str) -> None:
        for path, names in names_of(studio).items():
            query = question(studio, names)

            short = told(studio.client, studio.program.url, "GET", path, query)

            assert short[0] == 200, (path, short)
            assert short == told(studio.client, framework, "GET", path, query)

    @pytest.mark.parametrize(
        "amiss", ["zone=UTC", "limit=x", "after=-1", "cursor=%00", "limit", "&", "From=", "=", "%"]
    )
    def test_that_are_unusual_are_answered_by_the_framework(self, studio: Studio, framework: str, amiss: str) -> None:
        for path, names in names_of(studio).items():
            for query in (amiss, f"{question(studio, names)}&{amiss}", f"{amiss}&{amiss}"):
                short = told(studio.client, studio.program.url, "GET", path, query)

                assert short == told(studio.client, framework, "GET", path, query)

    @LAW
    @given(st.data())
    def test_are_answered_alike_both_ways(self, studio: Studio, framework: str, data: st.DataObject) -> None:
        path, names = data.draw(st.sampled_from(sorted(names_of(studio).items())))
        said = st.builds(
            "{}{}".format,
            st.sampled_from([*names, *names, *names, "zone", "After", "%61fter", "limit%20", ""]),
            st.sampled_from(["", *("=" + each for each in (*UNFIT, *INSTANTS, NOBODY))]),
        )
        fine = [f"{name}={value}" for name in names if (value := well_formed(studio, name))]
        parts = data.draw(st.lists(st.one_of(st.sampled_from(fine or [""]), said), max_size=3))
        query = "&".join([*data.draw(st.sampled_from([fine, fine[1:], []])), *parts])
        method = data.draw(st.sampled_from(["GET", "GET", "HEAD"]))

        short = told(studio.client, studio.program.url, method, path, query)

        assert short == told(studio.client, framework, method, path, query)

    def test_that_may_not_be_asked_are_refused_alike(self, studio: Studio, framework: str) -> None:
        biller = studio.key_of("biller")
        for path, names in names_of(studio).items():
            query = question(studio, names)

            short = told(biller, studio.program.url, "GET", path, query)

            assert short == told(biller, framework, "GET", path, query)
        assert biller.get("/v1/events").status_code == 403

    def test_are_counted_by_route(self, studio: Studio) -> None:
        def counted() -> float:
            lines = studio.client.get("/metrics").text.splitlines()
            begin = 'scheduler_http_requests_total{method="GET",route="/v1/services",status="200"} '
            return sum(float(line.removeprefix(begin)) for line in lines if line.startswith(begin))

        before = counted()
        studio.client.get("/v1/services")

        assert counted() == before + 1


class TestAReader:
    @pytest.mark.parametrize("query", ["", "limit=2&after=0", "search=%D7%A0%D7%95%D7%A2%D7%94+L", "search="])
    def test_takes_what_is_well_formed(self, program: Program, query: str) -> None:
        taken = arguments(program, query)

        assert taken is not None
        assert taken.keys() == {"call", "search", "limit", "cursor", "after"}

    @pytest.mark.parametrize("query", ["limit=", "limit=x", "after=-1", "after=-1&limit=2&name=Levi"])
    def test_leaves_what_has_another_form_to_the_framework(self, program: Program, query: str) -> None:
        assert arguments(program, query) is None

    @pytest.mark.parametrize("query", ["limit=2&limit=2", "name=Levi", "limit=2&=", "Limit=2"])
    def test_refuses_what_nobody_would_hear_as_every_route_does(self, program: Program, query: str) -> None:
        with pytest.raises(RequestValidationError):
            arguments(program, query)

    def test_stands_for_no_route_that_takes_more_than_a_query(self, program: Program) -> None:
        spec = program.app.openapi()["paths"]
        taken = {
            path: spec[path]["get"].get("parameters", []) for method, path in stops_of(program.app) if method == "GET"
        }

        assert {each["in"] for parameters in taken.values() for each in parameters} == {"query"}
        assert {"/v1/slots", "/v1/calendar", "/v1/practice", "/v1/events"} <= taken.keys()


class TestThings:
    @pytest.mark.parametrize(
        "content", [b"{", b"", b"[]", b"null", b"\xff", b'{"nobody": 1}', b"[" * 9_000, b" " * 70_000]
    )
    @pytest.mark.parametrize(
        "headers",
        [
            [("Content-Type", "application/json")],
            [("Content-Type", "text/plain")],
            [("Content-Type", "application/json"), ("Idempotency-Key", "a" * 8), ("Idempotency-Key", "b" * 8)],
        ],
    )
    def test_that_cannot_be_made_are_refused_alike(
        self, studio: Studio, framework: str, content: bytes, headers: list[tuple[str, str]]
    ) -> None:
        for path in [path for method, path in stops_of(studio.program.app) if method == "POST"]:
            short = told(studio.client, studio.program.url, "POST", path, "", content=content, headers=headers)

            assert short[0] >= 400, (path, short)
            assert short == told(studio.client, framework, "POST", path, "", content=content, headers=headers)
