"""Changes the settings of a practice."""

from dataclasses import dataclass, replace
from typing import TypedDict
from uuid import UUID

from application.handlers import ChangingHandler
from application.practice_log import PracticeLog
from domain.practice.practice import Practice


class PracticeChanges(TypedDict, total=False):
    name: str
    zone: str
    currency: str
    locale: str


@dataclass(frozen=True, slots=True)
class ChangePractice:
    id: UUID
    changes: PracticeChanges
    expected_version: int | None = None


class ChangePracticeHandler(ChangingHandler[ChangePractice, Practice]):
    kind = Practice

    def change(self, log: PracticeLog, thing: Practice, command: ChangePractice) -> None:
        """Raises InvalidValueError, UnknownZoneError."""
        thing.change_settings(replace(thing.settings, **command.changes), self._clock.now())
