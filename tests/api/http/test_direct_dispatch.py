"""Direct dispatch and FastAPI give the same answer to every request."""

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
from api.http.direct_dispatch import DirectRoutes
from api.http.metrics import Metrics
from tests.api.api_server import ApiServer, served_app
from tests.api.practice_client import PracticeClient
from tests.api.sample_ids import WINDOW

LAW = settings(max_examples=250, suppress_health_check=list(HealthCheck))
OWN = {"service_id": "service", "clinician_id": "clinician", "patient_id": "patient", "location_id": "location"}
WELL_FORMED = {**WINDOW, "at": "2026-06-03T09:00:00Z", "limit": "2", "after": "1", "unseal": "true"}
"""Valid values by parameter; ids are the studio's."""
UNFIT = ("", "+", "x", "0", "-1", "1.0", "1+1", "%00", "%FF", "%C3%BC", "%zz", "%", "true", "1;2", "1=1", "cancelled")
INSTANTS = ("2026-06-01", "2026-06-01T00:00:00%2B02:00", "2026-06-01T00:00:00+02:00", "2026-02-30", "2030-01-01")
NOBODY = "01980c5a-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def framework_url(server: ApiServer) -> Iterator[str]:
    """The same program without direct dispatch; yields its address."""
    app = create_app(server.container, Metrics())
    dispatched(app).clear()
    with served_app(app) as url:
        yield url


def dispatched(app: FastAPI) -> DirectRoutes:
    [routes] = [each.kwargs["routes"] for each in app.user_middleware if "routes" in each.kwargs]
    return cast(DirectRoutes, routes)


def query_values(studio: PracticeClient) -> dict[str, list[str]]:
    """Return the query parameters of each directly dispatched GET route, by path."""
    paths = [path for method, path in dispatched(studio.server.app) if method == "GET"]
    spec = studio.server.app.openapi()["paths"]
    return {path: [each["name"] for each in spec[path]["get"].get("parameters", [])] for path in paths}


def valid_value(studio: PracticeClient, name: str) -> str | None:
    return getattr(studio, OWN[name]) if name in OWN else WELL_FORMED.get(name)


def random_query(studio: PracticeClient, names: list[str]) -> str:
    """Return a valid query with all parameters."""
    if {"from", "to", "thing_id"} <= set(names):
        return "from=0&to=1"
    values = {name: valid_value(studio, name) for name in names}
    return "&".join(f"{name}={value}" for name, value in values.items() if value is not None)


def get_answer(
    client: httpx2.Client, base: str, method: str, path: str, query: str, **more: Any
) -> tuple[int, bytes, dict[str, str]]:
    """Send a request with a constant request id; return the whole answer except its date."""
    url = httpx2.URL(base + path, query=query.encode())
    headers = [("X-Request-Id", "the-same"), *more.pop("headers", ())]
    answer = client.request(method, url, headers=headers, **more)
    return answer.status_code, answer.content, {k: v for k, v in answer.headers.items() if k != "date"}


def arguments(server: ApiServer, query: str) -> Mapping[str, Any] | None:
    """Return the arguments for the endpoint of the patient list."""
    route, arguments_of = dispatched(server.app)["GET", "/v1/patients"]
    scope = {"type": "http", "query_string": query.encode(), "app": server.app, "actor": None}
    scope |= {"route": route, "endpoint": route.endpoint}

    async def find() -> Mapping[str, Any] | None:
        return await arguments_of(Request(scope))

    return asyncio.run(find())


class TestQueries:
    def test_that_are_valid_get_the_same_answer_on_every_route(
        self, studio: PracticeClient, framework_url: str
    ) -> None:
        for path, names in query_values(studio).items():
            query = random_query(studio, names)

            short = get_answer(studio.client, studio.server.url, "GET", path, query)

            assert short[0] == 200, (path, short)
            assert short == get_answer(studio.client, framework_url, "GET", path, query)

    @pytest.mark.parametrize(
        "invalid", ["zone=UTC", "limit=x", "after=-1", "cursor=%00", "limit", "&", "From=", "=", "%"]
    )
    def test_that_are_invalid_get_the_answer_of_fastapi(
        self, studio: PracticeClient, framework_url: str, invalid: str
    ) -> None:
        for path, names in query_values(studio).items():
            for query in (invalid, f"{random_query(studio, names)}&{invalid}", f"{invalid}&{invalid}"):
                short = get_answer(studio.client, studio.server.url, "GET", path, query)

                assert short == get_answer(studio.client, framework_url, "GET", path, query)

    @LAW
    @given(st.data())
    def test_of_any_form_get_the_same_answer(
        self, studio: PracticeClient, framework_url: str, data: st.DataObject
    ) -> None:
        path, names = data.draw(st.sampled_from(sorted(query_values(studio).items())))
        other = st.builds(
            "{}{}".format,
            st.sampled_from([*names, *names, *names, "zone", "After", "%61fter", "limit%20", ""]),
            st.sampled_from(["", *("=" + each for each in (*UNFIT, *INSTANTS, NOBODY))]),
        )
        fine = [f"{name}={value}" for name in names if (value := valid_value(studio, name))]
        parts = data.draw(st.lists(st.one_of(st.sampled_from(fine or [""]), other), max_size=3))
        query = "&".join([*data.draw(st.sampled_from([fine, fine[1:], []])), *parts])
        method = data.draw(st.sampled_from(["GET", "GET", "HEAD"]))

        short = get_answer(studio.client, studio.server.url, method, path, query)

        assert short == get_answer(studio.client, framework_url, method, path, query)

    def test_that_are_not_permitted_get_the_same_answer(self, studio: PracticeClient, framework_url: str) -> None:
        biller = studio.client_with_role("biller")
        for path, names in query_values(studio).items():
            query = random_query(studio, names)

            short = get_answer(biller, studio.server.url, "GET", path, query)

            assert short == get_answer(biller, framework_url, "GET", path, query)
        assert biller.get("/v1/events").status_code == 403

    def test_are_counted_by_route(self, studio: PracticeClient) -> None:
        def counted() -> float:
            lines = studio.server.metrics.exposition().decode().splitlines()
            begin = 'scheduler_http_requests_total{method="GET",route="/v1/services",status="200"} '
            return sum(float(line.removeprefix(begin)) for line in lines if line.startswith(begin))

        before = counted()
        studio.client.get("/v1/services")

        assert counted() == before + 1


class TestQueryRoute:
    @pytest.mark.parametrize("query", ["", "limit=2&after=0", "search=%D7%A0%D7%95%D7%A2%D7%94+L", "search="])
    def test_takes_valid_queries(self, server: ApiServer, query: str) -> None:
        taken = arguments(server, query)

        assert taken is not None
        assert taken.keys() == {"call", "search", "limit", "cursor", "after"}

    @pytest.mark.parametrize("query", ["limit=", "limit=x", "after=-1", "after=-1&limit=2&name=Levi"])
    def test_leaves_invalid_queries_to_fastapi(self, server: ApiServer, query: str) -> None:
        assert arguments(server, query) is None

    @pytest.mark.parametrize("query", ["limit=2&limit=2", "name=Levi", "limit=2&=", "Limit=2"])
    def test_refuses_unknown_and_repeated_parameters(self, server: ApiServer, query: str) -> None:
        with pytest.raises(RequestValidationError):
            arguments(server, query)

    def test_is_used_only_for_routes_with_query_parameters(self, server: ApiServer) -> None:
        spec = server.app.openapi()["paths"]
        taken = {
            path: spec[path]["get"].get("parameters", []) for method, path in dispatched(server.app) if method == "GET"
        }

        assert {each["in"] for parameters in taken.values() for each in parameters} == {"query"}
        assert {"/v1/slots", "/v1/calendar", "/v1/practice", "/v1/events"} <= taken.keys()


class TestBodies:
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
    def test_that_are_invalid_get_the_same_answer(
        self, studio: PracticeClient, framework_url: str, content: bytes, headers: list[tuple[str, str]]
    ) -> None:
        for path in [path for method, path in dispatched(studio.server.app) if method == "POST"]:
            short = get_answer(studio.client, studio.server.url, "POST", path, "", content=content, headers=headers)

            assert short[0] >= 400, (path, short)
            assert short == get_answer(studio.client, framework_url, "POST", path, "", content=content, headers=headers)
