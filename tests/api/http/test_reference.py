"""/openapi.json and /docs: rendered once, sent as bytes, revalidated by their ETag."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from api.http import errors
from api.http.reference import reference
from api.http.thread_pool import FairThreadPool
from tests.api.api_server import ApiServer, served_app
from tests.support.concurrency import map_concurrently
from tests.support.wait_until import TIMEOUT_SECONDS


class CountingApp(FastAPI):
    """Counts how often its description is made."""

    made = 0

    def openapi(self) -> dict[str, Any]:
        self.made += 1
        return super().openapi()


@pytest.fixture
def app() -> Iterator[CountingApp]:
    thread_pool = FairThreadPool(threads=3, share=3)
    app = CountingApp(openapi_url=None, docs_url=None, openapi_tags=[{"name": "operations"}], description="One route.")

    @app.get("/healthz", tags=["operations"])
    async def healthz() -> None:
        """200 while the process lives."""

    app.include_router(reference(app, thread_pool))
    errors.install(app, ())
    yield app
    thread_pool.close()


class TestReference:
    def test_is_rendered_once_for_all_requests(self, app: CountingApp) -> None:
        with served_app(app) as url:

            def get(number: int) -> httpx2.Response:
                return httpx2.get(url + ("/openapi.json", "/docs")[number % 2], timeout=TIMEOUT_SECONDS)

            answers = map_concurrently(20, get)

        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 2
        assert app.made == 1

    def test_is_not_rendered_to_name_the_methods_of_a_path(self, app: CountingApp) -> None:
        with served_app(app) as url:
            answer = httpx2.post(f"{url}/healthz", timeout=TIMEOUT_SECONDS)

        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
        assert app.made == 0

    @pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
    def test_is_not_sent_again_to_those_who_have_it(self, server: ApiServer, path: str) -> None:
        nobody = server.client(None)
        first = nobody.get(path)

        again = nobody.get(path, headers={"If-None-Match": first.headers["etag"]})
        other = nobody.get(path, headers={"If-None-Match": '"another"'})

        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert first.headers["cache-control"] == "public, no-cache"
        assert (other.status_code, other.content) == (200, first.content)
