"""Revokes an API key."""

from dataclasses import dataclass

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Actor, Permission, authorise_key
from application.kernel.practice_log import Outcome, PracticeLog
from domain.access.api_key import ApiKey, Role


@dataclass(frozen=True, slots=True)
class RevokeApiKey(Change[ApiKey]):
    reason: str


def _refuse_owner_key(log: PracticeLog, actor: Actor, command: RevokeApiKey) -> None:
    authorise_key(actor, Role(log.load(ApiKey, command.id).role))


@handles(RevokeApiKey, needs=Permission.MANAGE_KEYS, within=_refuse_owner_key)
def revoke_api_key(log: PracticeLog, command: RevokeApiKey, context: Context) -> Outcome[ApiKey]:
    """Raises InvalidValueError: an empty reason. A repeat records nothing."""
    key = log.load(ApiKey, command.id, command.expected_version)
    key.revoke(command.reason, context.now)
    return log.commit(key, by=context.provenance)
