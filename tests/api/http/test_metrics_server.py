"""Metrics are served on a listener of their own, and made at most once a second."""

import socket

import httpx2

from api.http.metrics import Metrics
from api.http.metrics_server import CachedExposition, metrics_served
from tests.api.api_server import ApiServer
from tests.support.wait_until import TIMEOUT_SECONDS


class CountingMetrics(Metrics):
    made = 0

    def exposition(self) -> bytes:
        self.made += 1
        return super().exposition()


class TestMetrics:
    def test_are_not_on_the_port_of_the_api(self, server: ApiServer) -> None:
        assert server.client(None).get("/metrics").status_code == 404

    def test_are_on_a_listener_of_their_own(self) -> None:
        metrics = Metrics()
        metrics.answered("GET", "/v1/services", 200, 0.01)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with metrics_served(metrics, listener):
                answer = httpx2.get(f"{url}/metrics", timeout=TIMEOUT_SECONDS)
                other = httpx2.get(f"{url}/v1/practice", timeout=TIMEOUT_SECONDS)

        assert (answer.status_code, answer.headers["content-type"]) == (200, Metrics.content_type)
        assert 'scheduler_http_requests_total{method="GET",route="/v1/services",status="200"} 1.0' in answer.text
        assert other.status_code == 404

    def test_are_made_at_most_once_a_second(self) -> None:
        metrics = CountingMetrics()
        times = [100.0, 100.1, 100.9, 101.0, 101.5]
        exposition = CachedExposition(metrics, iter(times).__next__)

        for _ in times:
            exposition.read()

        assert metrics.made == 2
