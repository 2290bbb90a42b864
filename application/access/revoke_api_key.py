"""Revokes an API key."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.outcome import Outcome
from application.kernel.permissions import Actor, Permission, authorise_key
from application.kernel.practice_log import PracticeLog
from domain.access.api_key import ApiKey, Role


@dataclass(frozen=True, slots=True)
class RevokeApiKey(Command[ApiKey]):
    """Revoking twice records nothing the second time."""

    id: UUID
    reason: str
    expected_version: int | None = None


def _own_rank(log: PracticeLog, actor: Actor, command: RevokeApiKey) -> None:
    authorise_key(actor, Role(log.load(ApiKey, command.id).role))


@handles(RevokeApiKey, needs=Permission.MANAGE_KEYS, within=_own_rank)
def revoke_api_key(log: PracticeLog, command: RevokeApiKey, context: Context) -> Outcome[ApiKey]:
    """Raises NotPermittedError: only an owner revokes an owner's key; InvalidValueError: an empty reason."""
    key = log.load(ApiKey, command.id, command.expected_version)
    key.revoke(command.reason, context.now)
    return log.commit(key, by=context.provenance)
