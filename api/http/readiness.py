"""Readiness checks: the log and the keys respond, and the read models keep up."""

import time
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from api.bootstrap.container import Container
from api.bootstrap.outages import UNREACHABLE

MOST_BEHIND: Final = 1_000
"""The most events that all read models together may be behind; more means an import or a rebuild is running."""
LONGEST_STANDSTILL_SECONDS: Final = 5.0
"""How long a read model may be behind without progress; a running projector makes some every second."""

_NO_PRACTICE: Final = UUID(int=0)


class Readiness:
    """Keeps the positions of read models that are behind, to distinguish a slow projector from a stopped one."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._stuck_since: dict[tuple[UUID, int], float] = {}

    def checks(self) -> Mapping[str, bool]:
        """Return each check and whether it passed. A read model stopped by an event it cannot apply is ignored."""
        is_up = {"log": self._log_answers(), "keys": self._keys_answer()}
        if self._container.settings.expects_projector:
            is_up["read_models"] = is_up["log"] and self._is_kept_up()
        return is_up

    def _log_answers(self) -> bool:
        try:
            self._container.access.find_actor(b"\0" * 32)
        except UNREACHABLE:
            return False
        return True

    def _keys_answer(self) -> bool:
        try:
            self._container.storage.keys.erased_subjects(_NO_PRACTICE)
        except UNREACHABLE:
            return False
        return True

    def _is_kept_up(self) -> bool:
        try:
            behind = [view for view in self._container.read_models.status(only_behind=True) if view.error is None]
        except UNREACHABLE:
            return False
        now = time.monotonic()
        self._stuck_since = {
            place: self._stuck_since.get(place, now) for place in {(view.tenant_id, view.position) for view in behind}
        }
        is_stuck = any(now - since > LONGEST_STANDSTILL_SECONDS for since in self._stuck_since.values())
        return not is_stuck and sum(view.lag for view in behind) <= MOST_BEHIND
