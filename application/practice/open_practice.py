"""Opens a practice, with the key of its owner."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.outcome import Outcome
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLogs
from domain.access.api_key import ApiKey, Role
from domain.kernel.provenance import Provenance
from domain.practice.practice import Practice, PracticeSettings


@dataclass(frozen=True, slots=True)
class OpenPractice:
    """``key_hash`` is the hash of the owner's first key, see secret_keys.py; both ids are new."""

    practice_id: UUID
    name: str
    zone: str
    currency: str
    locale: str
    key_id: UUID
    key_hash: str


class OpenPracticeHandler:
    """Carries out OpenPractice."""

    def __init__(self, logs: PracticeLogs, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock

    def __call__(self, command: OpenPractice, by: Provenance) -> Outcome[Practice]:
        """Open the log; record practice and owner's key together, so that none is without the other.

        Raises InvalidValueError, UnknownZoneError: nothing was opened; StaleVersionError: the practice exists.
        """
        settings = PracticeSettings(command.name, command.zone, command.currency, command.locale)
        now = self._clock.now()
        practice = Practice.open(id=command.practice_id, settings=settings, at=now)
        key = ApiKey.issue(id=command.key_id, role=Role.OWNER, label="owner", key_hash=command.key_hash, at=now)
        log = self._logs.begin(command.practice_id)
        return log.carry_out(Practice, by, lambda: Outcome(practice, log.record(practice, key, by=by)))
