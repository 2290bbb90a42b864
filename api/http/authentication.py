"""Authentication by the API key in the Authorization header."""

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

from cachetools import LRUCache
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.errors import problem
from api.http.refusals import note_invalid_key
from api.http.thread_pool import FairThreadPool, OverloadedError
from application.access.secret_keys import KEY_PREFIX, is_well_formed
from application.kernel.errors import UnavailableError
from application.kernel.permissions import Actor

CACHED_SECONDS: Final = 1.0
"""How long a key is cached, and how long a revocation by another process may go unnoticed."""
_MAX_CACHED: Final = 10_000


class KeyAuthenticator:
    """Finds the actor of a key, with a cache of ``CACHED_SECONDS``. Thread-safe."""

    def __init__(self, find: Callable[[bytes], Actor | None], thread_pool: FairThreadPool) -> None:
        """``find`` looks up a key by its SHA-256; it may block."""
        self._find = find
        self._thread_pool = thread_pool
        self._lock = threading.Lock()
        # With the time of expiry. A TTLCache would count from the end of the look-up.
        self._cached: LRUCache[bytes, tuple[Actor, float]] = LRUCache(_MAX_CACHED)

    async def actor(self, key: str) -> Actor | None:
        """Return a key's actor, or None: unknown or revoked. Raises OverloadedError."""
        if not is_well_formed(key, KEY_PREFIX):
            return None
        digest = hashlib.sha256(key.encode()).digest()
        with self._lock:
            cached = self._cached.get(digest)
        if cached and cached[1] > time.monotonic():
            return cached[0]
        looked_up_at = time.monotonic()
        actor = await self._thread_pool.run(digest, lambda: self._find(digest))
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

    Calendar feeds are exempt: their token is in the path.
    """

    def __init__(self, app: ASGIApp, key_authenticator: KeyAuthenticator, outages: tuple[type[Exception], ...]) -> None:
        self._app = app
        self._authenticator = key_authenticator
        self._outages: tuple[type[Exception], ...] = (OverloadedError, UnavailableError, *outages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/") or _is_feed(scope):
            await self._app(scope, receive, send)
            return
        request_id = scope["request_id"]
        try:
            actor = await self._authenticator.actor(_bearer(scope))
        except self._outages:
            answer = problem(request_id, 503, "unavailable", "API keys cannot be checked at the moment; try again")
            await answer(scope, receive, send)
            return
        if actor is None:
            note_invalid_key(scope)
            detail = "send a valid API key: Authorization: Bearer sk_..."
            headers = {"WWW-Authenticate": 'Bearer realm="scheduler"'}
            answer = problem(request_id, 401, "unauthenticated", detail, headers=headers)
            await answer(scope, receive, send)
            return
        scope["actor"] = actor
        await self._app(scope, receive, send)


def _is_feed(scope: Scope) -> bool:
    path: str = scope["path"]
    return scope["method"] == "GET" and path.startswith("/v1/feeds/") and path.endswith(".ics")


def _bearer(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, key = value.decode("latin-1").partition(" ")
            return key.strip() if scheme.lower() == "bearer" else ""
    return ""
