"""Opens a practice, with its owner's first key."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from domain.access.api_key import ApiKey, Role
from domain.practice.practice import Practice, PracticeSettings


@dataclass(frozen=True, slots=True)
class OpenPractice(Command[Practice]):
    """``key_hash`` is the hash of the owner's first key, see secret_keys.py; both ids are new."""

    practice_id: UUID
    name: str
    zone: str
    currency: str
    locale: str
    key_id: UUID
    key_hash: str


@handles(OpenPractice, needs=Permission.CHANGE_PRACTICE)
def open_practice(log: PracticeLog, command: OpenPractice, context: Context) -> Outcome[Practice]:
    """Create the log, and record the practice and its owner's key in one append.

    Executed by the system actor of the new practice. Raises InvalidValueError, UnknownZoneError;
    StaleVersionError: the practice exists.
    """
    settings = PracticeSettings(command.name, command.zone, command.currency, command.locale)
    practice = Practice.open(id=command.practice_id, settings=settings, at=context.now)
    key = ApiKey.issue(id=command.key_id, role=Role.OWNER, label="owner", key_hash=command.key_hash, at=context.now)
    log.begin()
    return log.commit(practice, key, by=context.provenance)
