"""Cancels a session, with a reason: its staff and rooms are free again."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.handlers import UpdateHandler
from application.kernel.practice_log import PracticeLog
from domain.kernel.provenance import Provenance
from domain.scheduling.sessions.group_session import GroupSession


@dataclass(frozen=True, slots=True)
class CancelSession:
    """``reason`` is free text, personal, 1 to 1000 characters."""

    id: UUID
    reason: str
    expected_version: int | None = None


class CancelSessionHandler(UpdateHandler[CancelSession, GroupSession]):
    """Carries out CancelSession; the roster stays as it was, so that all of them can be told."""

    kind = GroupSession

    def change(self, log: PracticeLog, thing: GroupSession, command: CancelSession) -> None:
        thing.cancel(command.reason, self._clock.now())

    def record(self, log: PracticeLog, thing: GroupSession, by: Provenance) -> int:
        return log.record(thing, by=by, releases=[thing.id])
