"""Refusals because of an invalid key or missing rights: each one is counted and logged."""

import logging
from typing import Final

from starlette.types import Scope

INVALID_KEY: Final = "invalid_key"

_access = logging.getLogger("scheduler.access")


def note_invalid_key(scope: Scope) -> None:
    """Count and log a request without a valid key."""
    scope["app"].state.metrics.refused(INVALID_KEY)
    _access.warning("refused an invalid key request=%s", scope["request_id"])


def note_refusal(scope: Scope, code: str, error: Exception) -> None:
    """Count and log a request of an actor who lacks a right. ``code``: the reason, in metrics."""
    scope["app"].state.metrics.refused(code)
    actor = scope.get("actor")
    name, kind = actor.name if actor else "nobody", type(error).__name__
    _access.warning(
        "refused %s to %s request=%s", kind, name, scope.get("request_id", ""), extra={"alike": (kind, name)}
    )
