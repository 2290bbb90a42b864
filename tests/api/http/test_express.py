"""The short path answers each request exactly as the framework alone would."""

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
from tests.api.api_server import ApiServer, served_app
from tests.api.practice_client import PracticeClient
from tests.api.sample_ids import WINDOW

LAW = settings(max_examples=250, suppress_health_check=list(HealthCheck))
OWN = {"service_id": "service", "clinician_id": "clinician", "patient_id": "patient", "location_id": "location"}
WELL_FORMED = {**WINDOW, "at": "2026-06-03T09:00:00Z", "limit": "2", "after": "1", "unseal": "true"}
"""By name; ids are the studio's own."""
UNFIT = ("", "+", "x", "0", "-1", "1.0", "1+1", "%00", "%FF", "%C3%BC", "%zz", "%", "true", "1;2", "1=1", "cancelled")
INSTANTS = ("2026-06-01", "2026-06-01T00:00:00%2B02:00", "2026-06-01T00:00:00+02:00", "2026-02-30", "2030-01-01")
NOBODY = "01980c5a-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def framework_url(server: ApiServer) -> Iterator[str]:
    """The same program without a short way; yields its address."""
    app = create_app(server.container)
    short_routes_of(app).clear()
    with served_app(app) as url:
        yield url


def short_routes_of(app: FastAPI) -> Stops:
    [stops] = [each.kwargs["stops"] for each in app.user_middleware if "stops" in each.kwargs]
    return cast(Stops, stops)


def query_values(studio: PracticeClient) -> dict[str, list[str]]:
    """Return what each route with a short way for questions can be asked, by path."""
    paths = [path for method, path in short_routes_of(studio.server.app) if method == "GET"]
    spec = studio.server.app.openapi()["paths"]
    return {path: [each["name"] for each in spec[path]["get"].get("parameters", [])] for path in paths}


def valid_value(studio: PracticeClient, name: str) -> str | None:
    return getattr(studio, OWN[name]) if name in OWN else WELL_FORMED.get(name)


def random_query(studio: PracticeClient, names: list[str]) -> str:
    """Return a query that says all that can be said, and that no route refuses for its form."""
    if {"from", "to", "thing_id"} <= set(names):
        return "from=0&to=1"
    said = {name: valid_value(studio, name) for name in names}
    return "&".join(f"{name}={value}" for name, value in said.items() if value is not None)


def get_answer(
    client: httpx2.Client, base: str, method: str, path: str, query: str, **more: Any
) -> tuple[int, bytes, dict[str, str]]:
    """Send a request with a fixed id; return the whole response except its date."""
    url = httpx2.URL(base + path, query=query.encode())
    headers = [("X-Request-Id", "the-same"), *more.pop("headers", ())]
    answer = client.request(method, url, headers=headers, **more)
    return answer.status_code, answer.content, {k: v for k, v in answer.headers.items() if k != "date"}


def arguments(server: ApiServer, query: str) -> Mapping[str, Any] | None:
    """Return what the directory's endpoint would be called with."""
    stop = short_routes_of(server.app)["GET", "/v1/patients"]
    scope = {"type": "http", "query_string": query.encode(), "app": server.app, "actor": None}
    scope |= {"route": stop.route, "endpoint": stop.route.endpoint}
    return asyncio.run(stop.arguments(Request(scope)))


class TestQuestions:
    def test_that_are_well_formed_go_the_short_way_on_every_route(
        self, studio: PracticeClient, framework_url: str
    ) -> None:
        for path, names in query_values(studio).items():
            query = random_query(studio, names)

            short = get_answer(studio.client, studio.server.url, "GET", path, query)

            assert short[0] == 200, (path, short)
            assert short == get_answer(studio.client, framework_url, "GET", path, query)

    @pytest.mark.parametrize(
        "amiss", ["zone=UTC", "limit=x", "after=-1", "cursor=%00", "limit", "&", "From=", "=", "%"]
    )
    def test_that_are_unusual_are_answered_by_the_framework(
        self, studio: PracticeClient, framework_url: str, amiss: str
    ) -> None:
        for path, names in query_values(studio).items():
            for query in (amiss, f"{random_query(studio, names)}&{amiss}", f"{amiss}&{amiss}"):
                short = get_answer(studio.client, studio.server.url, "GET", path, query)

                assert short == get_answer(studio.client, framework_url, "GET", path, query)

    @LAW
    @given(st.data())
    def test_are_answered_alike_both_ways(
        self, studio: PracticeClient, framework_url: str, data: st.DataObject
    ) -> None:
        path, names = data.draw(st.sampled_from(sorted(query_values(studio).items())))
        said = st.builds(
            "{}{}".format,
            st.sampled_from([*names, *names, *names, "zone", "After", "%61fter", "limit%20", ""]),
            st.sampled_from(["", *("=" + each for each in (*UNFIT, *INSTANTS, NOBODY))]),
        )
        fine = [f"{name}={value}" for name in names if (value := valid_value(studio, name))]
        parts = data.draw(st.lists(st.one_of(st.sampled_from(fine or [""]), said), max_size=3))
        query = "&".join([*data.draw(st.sampled_from([fine, fine[1:], []])), *parts])
        method = data.draw(st.sampled_from(["GET", "GET", "HEAD"]))

        short = get_answer(studio.client, studio.server.url, method, path, query)

        assert short == get_answer(studio.client, framework_url, method, path, query)

    def test_that_may_not_be_asked_are_refused_alike(self, studio: PracticeClient, framework_url: str) -> None:
        biller = studio.client_with_role("biller")
        for path, names in query_values(studio).items():
            query = random_query(studio, names)

            short = get_answer(biller, studio.server.url, "GET", path, query)

            assert short == get_answer(biller, framework_url, "GET", path, query)
        assert biller.get("/v1/events").status_code == 403

    def test_are_counted_by_route(self, studio: PracticeClient) -> None:
        def counted() -> float:
            lines = studio.client.get("/metrics").text.splitlines()
            begin = 'scheduler_http_requests_total{method="GET",route="/v1/services",status="200"} '
            return sum(float(line.removeprefix(begin)) for line in lines if line.startswith(begin))

        before = counted()
        studio.client.get("/v1/services")

        assert counted() == before + 1


class TestAReader:
    @pytest.mark.parametrize("query", ["", "limit=2&after=0", "search=%D7%A0%D7%95%D7%A2%D7%94+L", "search="])
    def test_takes_what_is_well_formed(self, server: ApiServer, query: str) -> None:
        taken = arguments(server, query)

        assert taken is not None
        assert taken.keys() == {"call", "search", "limit", "cursor", "after"}

    @pytest.mark.parametrize("query", ["limit=", "limit=x", "after=-1", "after=-1&limit=2&name=Levi"])
    def test_leaves_what_has_another_form_to_the_framework(self, server: ApiServer, query: str) -> None:
        assert arguments(server, query) is None

    @pytest.mark.parametrize("query", ["limit=2&limit=2", "name=Levi", "limit=2&=", "Limit=2"])
    def test_refuses_what_nobody_would_hear_as_every_route_does(self, server: ApiServer, query: str) -> None:
        with pytest.raises(RequestValidationError):
            arguments(server, query)

    def test_stands_for_no_route_that_takes_more_than_a_query(self, server: ApiServer) -> None:
        spec = server.app.openapi()["paths"]
        taken = {
            path: spec[path]["get"].get("parameters", [])
            for method, path in short_routes_of(server.app)
            if method == "GET"
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
        self, studio: PracticeClient, framework_url: str, content: bytes, headers: list[tuple[str, str]]
    ) -> None:
        for path in [path for method, path in short_routes_of(studio.server.app) if method == "POST"]:
            short = get_answer(studio.client, studio.server.url, "POST", path, "", content=content, headers=headers)

            assert short[0] >= 400, (path, short)
            assert short == get_answer(studio.client, framework_url, "POST", path, "", content=content, headers=headers)
