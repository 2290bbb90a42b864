"""What commands on a session's roster share: they take turns."""

from dataclasses import dataclass
from typing import ClassVar, TypeVar
from uuid import UUID

from application.handlers import Change, ChangingHandler
from application.outcome import Outcome
from application.practice_log import PracticeLog
from domain.provenance import Provenance
from domain.scheduling.session import Session

Changed = TypeVar("Changed", bound=Change, contravariant=True)


@dataclass(frozen=True, slots=True)
class RosterChange:
    """A command about one person in one session, at the version that the caller has seen, if it says so."""

    id: UUID
    patient_id: UUID
    expected_version: int | None = None


class RosterHandler(ChangingHandler[Changed, Session]):
    """For commands about people. The session's version keeps the last seat from being sold twice, whoever writes.

    When a popular session opens, hundreds come at once, and all but one of those who decide together would have to decide anew. So
    within this process they take turns; only another process can still come between. See docs/adr/0024.
    """

    kind = Session
    tries: ClassVar[int] = 50

    def decide(self, log: PracticeLog, command: Changed, by: Provenance) -> Outcome[Session]:
        with log.turn_at(command.id):
            return super().decide(log, command, by)
