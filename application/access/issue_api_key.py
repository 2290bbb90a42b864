"""Issues an API key."""

from dataclasses import asdict, dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Actor, Permission, authorise_key
from application.kernel.practice_log import Outcome, PracticeLog
from domain.access.api_key import ApiKey, Role
from domain.practice.clinician import Clinician


@dataclass(frozen=True, slots=True)
class IssueApiKey(Command[ApiKey]):
    """Only the key's hash is stored, see secret_keys.py."""

    role: Role
    label: str
    key_hash: str
    clinician_id: UUID | None = None


def _refuse_greater_key(log: PracticeLog, actor: Actor, command: IssueApiKey) -> None:
    authorise_key(actor, command.role)


@handles(IssueApiKey, needs=Permission.MANAGE_KEYS, within=_refuse_greater_key)
def issue_api_key(log: PracticeLog, command: IssueApiKey, context: Context) -> Outcome[ApiKey]:
    """Raises NotFoundError: no such clinician; InvalidValueError."""
    log.require((Clinician, command.clinician_id))
    return log.commit(ApiKey.issue(id=uuid7(), at=context.now, **asdict(command)), by=context.provenance)
