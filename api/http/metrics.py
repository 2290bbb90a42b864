"""Metrics of the HTTP API in the Prometheus text format."""

from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest

_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Metrics:
    """The metrics of one app. ``route`` is the path's template, so that no id becomes a label."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "scheduler_http_requests", "Requests answered.", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "scheduler_http_seconds", "Time to the answer.", ("route",), buckets=_BUCKETS, registry=self._registry
        )
        self._refusals = Counter(
            "scheduler_http_refusals",
            "Requests refused for an invalid key (invalid_key) or missing rights (not_permitted, out_of_reach).",
            ("reason",),
            registry=self._registry,
        )

    def refused(self, reason: str) -> None:
        self._refusals.labels(reason).inc()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(route).observe(seconds)

    def exposition(self) -> bytes:
        """Return all metrics in the Prometheus text format. Takes tens of milliseconds."""
        return generate_latest(self._registry)
