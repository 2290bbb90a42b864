"""Authentication by the API key in the Authorization header; requests without one have a budget."""

import asyncio
import hashlib
import threading
import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

from cachetools import LRUCache
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.client_network import client_network
from api.http.errors import problem
from api.http.refusals import note_invalid_key
from api.http.request_budget import REFUSAL_DELAY_SECONDS, RequestBudget
from api.http.thread_pool import FairThreadPool
from application.access.secret_keys import KEY_PREFIX, is_well_formed
from application.kernel.errors import OverloadedError, UnavailableError
from application.kernel.permissions import Actor

CACHED_SECONDS: Final = 1.0
"""How long a key is cached, and how long a revocation by another process may go unnoticed."""
_MAX_CACHED: Final = 10_000

_TOKENS: Final = {"/docs": 10, "/openapi.json": 10}
"""What a request takes from the budget: these answers are half a megabyte long."""


class KeyAuthenticator:
    """Finds the actor of a key, with a cache of ``CACHED_SECONDS``. Thread-safe."""

    def __init__(self, find: Callable[[bytes], Actor | None], thread_pool: FairThreadPool) -> None:
        """``find`` looks up a key by its SHA-256; it may block."""
        self._find = find
        self._thread_pool = thread_pool
        self._lock = threading.Lock()
        # With the time of expiry. A TTLCache would count from the end of the look-up.
        self._cached: LRUCache[bytes, tuple[Actor, float]] = LRUCache(_MAX_CACHED)

    def has_known(self, key: str) -> bool:
        """Return whether a key was valid when it was last looked up."""
        with self._lock:
            return hashlib.sha256(key.encode()).digest() in self._cached

    async def actor(self, key: str, client: str) -> Actor | None:
        """Return a key's actor, or None: unknown or revoked. Raises OverloadedError.

        Look-ups of keys from one client network share a queue, unless the network is empty.
        """
        if not is_well_formed(key, KEY_PREFIX):
            return None
        digest = hashlib.sha256(key.encode()).digest()
        with self._lock:
            cached = self._cached.get(digest)
        if cached and cached[1] > time.monotonic():
            return cached[0]
        looked_up_at = time.monotonic()
        actor = await self._thread_pool.run(client or digest, lambda: self._find(digest))
        with self._lock:
            if actor is None:
                self._cached.pop(digest, None)
            else:
                self._cached[digest] = (actor, looked_up_at + CACHED_SECONDS)
        return actor

    def forget(self, key_id: UUID) -> None:
        """Remove a key from the cache."""
        with self._lock:
            for digest in [digest for digest, (actor, _) in self._cached.items() if actor.key_id == key_id]:
                del self._cached[digest]


class Authentication:
    """ASGI middleware: refuses requests to /v1 without a valid key, before their body is read.

    Calendar feeds are exempt: their token is in the path. Exempt requests, and requests with a key
    that was not valid before, are counted against the budget of the client's network.
    """

    def __init__(
        self,
        app: ASGIApp,
        key_authenticator: KeyAuthenticator,
        budget: RequestBudget,
        outages: tuple[type[Exception], ...],
    ) -> None:
        self._app = app
        self._authenticator = key_authenticator
        self._budget = budget
        self._outages: tuple[type[Exception], ...] = (OverloadedError, UnavailableError, *outages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        needs_key = scope["path"].startswith("/v1/") and not _is_feed(scope)
        key = _bearer(scope) if needs_key else ""
        is_known = needs_key and self._authenticator.has_known(key)
        client = "" if is_known else _client_of(scope)
        if not is_known and (wait := self._budget.take(client, _TOKENS.get(scope["path"], 1))) is not None:
            await asyncio.sleep(REFUSAL_DELAY_SECONDS)
            await _too_many(scope["request_id"], wait)(scope, receive, send)
            return
        if needs_key:
            actor = await self._actor(key, client, scope, receive, send)
            if actor is None:
                return
            if not is_known:
                self._budget.give_back(client)
            scope["actor"] = actor
        await self._app(scope, receive, send)

    async def _actor(self, key: str, client: str, scope: Scope, receive: Receive, send: Send) -> Actor | None:
        """Return the key's actor; without one, answer the request and return None."""
        request_id = scope["request_id"]
        try:
            actor = await self._authenticator.actor(key, client)
        except self._outages:
            answer = problem(request_id, 503, "unavailable", "API keys cannot be checked at the moment; try again")
            await answer(scope, receive, send)
            return None
        if actor is None:
            note_invalid_key(scope)
            detail = "send a valid API key: Authorization: Bearer sk_..."
            headers = {"WWW-Authenticate": 'Bearer realm="scheduler"'}
            answer = problem(request_id, 401, "unauthenticated", detail, headers=headers)
            await answer(scope, receive, send)
        return actor


def _is_feed(scope: Scope) -> bool:
    path: str = scope["path"]
    return scope["method"] == "GET" and path.startswith("/v1/feeds/") and path.endswith(".ics")


def _bearer(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, key = value.decode("latin-1").partition(" ")
            return key.strip() if scheme.lower() == "bearer" else ""
    return ""


def _client_of(scope: Scope) -> str:
    client = scope["client"]
    return client_network(client[0]) if client else ""


def _too_many(request_id: str, wait: int) -> Response:
    detail = "too many requests without a valid key from your address; try again later"
    return problem(request_id, 429, "too_many_requests", detail, headers={"Retry-After": str(wait)})
