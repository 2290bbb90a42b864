"""Revokes an API key."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.access.ports import KeyDirectory
from application.kernel.commands import Change, Context, handles
from application.kernel.conditions import Guard
from application.kernel.permissions import Actor, Permission, authorise_key
from application.kernel.practice_log import Outcome, PracticeLog
from application.kernel.retry import OvertakenError
from domain.access.api_key import ApiKey, Role
from domain.access.errors import LastOwnerError
from domain.kernel.presence import PresenceChange, PresenceGuard
from domain.patients.errors import PatientWithdrawnError


@dataclass(frozen=True, slots=True)
class RevokeApiKey(Change[ApiKey]):
    reason: str


def _refuse_greater_key(log: PracticeLog, actor: Actor, command: RevokeApiKey) -> None:
    authorise_key(actor, Role(log.load(ApiKey, command.id).role))


@handles(RevokeApiKey, needs=Permission.MANAGE_KEYS, within=_refuse_greater_key)
def revoke_api_key(
    log: PracticeLog, command: RevokeApiKey, context: Context, *, directory: KeyDirectory
) -> Outcome[ApiKey]:
    """Raises InvalidValueError: an empty reason; LastOwnerError. A repeat records nothing."""
    key = log.load(ApiKey, command.id, command.expected_version)
    guards = [] if key.is_revoked or key.role != Role.OWNER else _while_another_owner_remains(log, key, directory)
    key.revoke(command.reason, context.now)
    try:
        return log.commit(key, by=context.provenance, guards=guards)
    except PatientWithdrawnError as error:  # the other owner's key was revoked in the meantime
        raise OvertakenError(LastOwnerError()) from error


def _while_another_owner_remains(log: PracticeLog, key: ApiKey, directory: KeyDirectory) -> Sequence[Guard]:
    """Return guards that let only one of two owners who revoke each other succeed.

    Raises LastOwnerError: no other key of an owner is valid.
    """
    others = [id_ for id_ in directory.owner_key_ids(log.tenant_id) if id_ != key.id]
    for other in log.load_all(ApiKey, others).values():
        if not other.is_revoked:
            return [PresenceGuard(other.id), PresenceChange(key.id, False)]
    raise LastOwnerError
