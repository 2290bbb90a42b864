"""Cancels a session, with a reason: its staff and rooms are free again."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.reach import own_session
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.time_claim import TimeRelease


@dataclass(frozen=True, slots=True)
class CancelSession(Command[GroupSession]):
    """``reason`` is free text, personal, 1 to 1000 characters."""

    id: UUID
    reason: str
    expected_version: int | None = None


@handles(CancelSession, needs=Permission.CHANGE_VISITS, within=own_session)
def cancel_session(log: PracticeLog, command: CancelSession, context: Context) -> Outcome[GroupSession]:
    """Cancel a session; its roster stays as it was, so that everybody on it can be informed."""
    session = log.load(GroupSession, command.id, command.expected_version)
    session.cancel(command.reason, context.now)
    return log.commit(session, by=context.provenance, guards=[TimeRelease(session.id)])
