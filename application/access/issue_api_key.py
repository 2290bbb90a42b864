"""Issues an API key."""

from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, handles
from application.kernel.outcome import Outcome
from application.kernel.permissions import Actor, Permission, authorise_key
from application.kernel.practice_log import PracticeLog
from application.practice.references import require_clinicians
from domain.access.api_key import ApiKey, Role


@dataclass(frozen=True, slots=True)
class IssueApiKey(Command[ApiKey]):
    """Only the key's hash is kept, see secret_keys.py."""

    role: Role
    label: str
    key_hash: str
    clinician_id: UUID | None = None


def _own_rank(log: PracticeLog, actor: Actor, command: IssueApiKey) -> None:
    authorise_key(actor, command.role)


@handles(IssueApiKey, needs=Permission.MANAGE_KEYS, within=_own_rank)
def issue_api_key(log: PracticeLog, command: IssueApiKey, context: Context) -> Outcome[ApiKey]:
    """Raises NotFoundError: no such clinician; NotPermittedError: only an owner issues an owner's key; InvalidValueError."""
    require_clinicians(log, () if command.clinician_id is None else (command.clinician_id,))
    key = ApiKey.issue(
        id=uuid7(),
        role=command.role,
        label=command.label,
        key_hash=command.key_hash,
        clinician_id=command.clinician_id,
        at=context.now,
    )
    return log.commit(key, by=context.provenance)
