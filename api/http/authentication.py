"""Authenticates requests by the API key in the Authorization header, which is looked up by its hash."""

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

from cachetools import LRUCache
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.errors import problem
from api.http.thread_pool import FairThreadPool, OverloadedError
from application.access.secret_keys import is_well_formed
from application.kernel.permissions import Actor

REMEMBERED_SECONDS: Final = 1.0
"""How long a look-up is cached. Revoking a key takes effect at once in the same process, and within
this time in the others."""
_MOST_REMEMBERED: Final = 10_000

_access = logging.getLogger("scheduler.access")


class KeyAuthenticator:
    """Looks keys up by their hashes and caches the answers for a second. Thread-safe."""

    def __init__(self, find: Callable[[bytes], Actor | None], thread_pool: FairThreadPool) -> None:
        """``find`` looks a key up by its SHA-256; it blocks."""
        self._find = find
        self._crossing = thread_pool
        self._lock = threading.Lock()
        # With the time at which each expires. A TTLCache would count from after the look-up.
        self._known: LRUCache[bytes, tuple[Actor, float]] = LRUCache(_MOST_REMEMBERED)

    async def actor(self, key: str) -> Actor | None:
        """Return whose key it is; None if it is nobody's, or was revoked. Raises OverloadedError."""
        if not is_well_formed(key):
            return None
        digest = hashlib.sha256(key.encode()).digest()
        with self._lock:
            known = self._known.get(digest)
        if known and known[1] > time.monotonic():
            return known[0]
        asked = time.monotonic()
        actor = await self._crossing.run(digest, lambda: self._find(digest))
        with self._lock:
            if actor is None:
                self._known.pop(digest, None)
            else:
                self._known[digest] = (actor, asked + REMEMBERED_SECONDS)
        return actor

    def forget(self, key_id: UUID) -> None:
        """Drop a key from the cache."""
        with self._lock:
            for digest in [digest for digest, (actor, _) in self._known.items() if actor.key_id == key_id]:
                del self._known[digest]


class Authentication:
    """Lets only known keys into /v1, before anything else of the request is read; feeds are read by their own tokens."""

    def __init__(self, app: ASGIApp, key_authenticator: KeyAuthenticator, outages: tuple[type[Exception], ...]) -> None:
        self._app = app
        self._doorkeeper = key_authenticator
        self._away: tuple[type[Exception], ...] = (OverloadedError, *outages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/") or _is_feed(scope):
            await self._app(scope, receive, send)
            return
        request_id = scope["request_id"]
        try:
            actor = await self._doorkeeper.actor(_bearer(scope))
        except self._away:
            answer = problem(request_id, 503, "unavailable", "keys cannot be looked up at this moment; try again")
            await answer(scope, receive, send)
            return
        if actor is None:
            _access.warning("refused an unknown key request=%s", request_id)
            answer = problem(
                request_id,
                401,
                "unauthenticated",
                "send a valid key: Authorization: Bearer sk_...",
                headers={"WWW-Authenticate": 'Bearer realm="scheduler"'},
            )
            await answer(scope, receive, send)
            return
        scope["actor"] = actor
        await self._app(scope, receive, send)


def _is_feed(scope: Scope) -> bool:
    """Whether this is the one route whose path holds a secret of its own."""
    path: str = scope["path"]
    return scope["method"] == "GET" and path.startswith("/v1/feeds/") and path.endswith(".ics")


def _bearer(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, key = value.decode("latin-1").partition(" ")
            return key.strip() if scheme.lower() == "bearer" else ""
    return ""
