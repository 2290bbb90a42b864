"""The HTTP server that `scheduler serve` runs, as clients and proxies meet it."""

from fastapi import FastAPI

from api.http.server import HttpServer


class TestHttpServer:
    def test_keeps_an_idle_connection_for_longer_than_proxies_do(self) -> None:
        """They keep theirs for up to 60 seconds, and send the next request on it without asking."""
        server = HttpServer(FastAPI(), lambda: None, trusted_proxies="")

        assert server.config.timeout_keep_alive > 60
