"""Issues a key."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.handlers import CreateHandler
from application.kernel.practice_log import PracticeLog
from application.practice.references import require_clinicians
from domain.access.api_key import ApiKey, Role


@dataclass(frozen=True, slots=True)
class IssueApiKey:
    """``key_hash`` is all that is kept of the key, see secret_keys.py."""

    role: Role
    label: str
    key_hash: str
    clinician_id: UUID | None = None


class IssueApiKeyHandler(CreateHandler[IssueApiKey, ApiKey]):
    kind = ApiKey

    def make(self, log: PracticeLog, command: IssueApiKey, id: UUID) -> ApiKey:
        """Raises NotFoundError: there is no such clinician; InvalidValueError."""
        require_clinicians(log, () if command.clinician_id is None else (command.clinician_id,))
        return ApiKey.issue(
            id=id,
            role=command.role,
            label=command.label,
            key_hash=command.key_hash,
            clinician_id=command.clinician_id,
            at=self._clock.now(),
        )
