"""Revokes a key."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.handlers import UpdateHandler
from application.kernel.practice_log import PracticeLog
from domain.access.api_key import ApiKey


@dataclass(frozen=True, slots=True)
class RevokeApiKey:
    """Revoking twice records nothing the second time."""

    id: UUID
    reason: str
    expected_version: int | None = None


class RevokeApiKeyHandler(UpdateHandler[RevokeApiKey, ApiKey]):
    kind = ApiKey

    def change(self, log: PracticeLog, thing: ApiKey, command: RevokeApiKey) -> None:
        """Raises InvalidValueError: the reason is no text."""
        thing.revoke(command.reason, self._clock.now())
