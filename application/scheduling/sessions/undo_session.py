"""Undoes the last command on a session."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from application.kernel.errors import NotFoundError
from application.kernel.practice_log import PracticeLog
from application.patients.person import person_of
from application.scheduling.availability.schedule import expired_holders
from application.scheduling.availability.visit_caps import caps_on_session
from application.scheduling.sessions.roster_change import RosterHandler
from domain.kernel.provenance import Provenance
from domain.patients.errors import PatientWithdrawnError
from domain.patients.standing import PatientSeen
from domain.scheduling.errors import NothingToUndoError, NotLastError
from domain.scheduling.sessions.group_session import EnrolmentStatus, GroupSession

_IN_IT = (EnrolmentStatus.ENROLLED, EnrolmentStatus.WAITING)


@dataclass(frozen=True, slots=True)
class UndoSession:
    """``version`` is the one that the command made which is to be undone.

    Many people come to a session: without it somebody else's command might be the last one by now.
    """

    id: UUID
    version: int
    expected_version: int | None = None


class UndoSessionHandler(RosterHandler[UndoSession]):
    """Carries out UndoSession. The log knows where the last command began: the session is again what it was before that."""

    def change(self, log: PracticeLog, thing: GroupSession, command: UndoSession) -> None:
        """Raises NotLastError: somebody was there since; what ``undo`` raises; NotFoundError, PatientWithdrawnError: who would be in
        it again is gone.
        """
        if thing.version != command.version:
            raise NotLastError(
                "somebody has changed the session since, or come or gone: what they did stays; read its history"
            )
        began = log.reader.began(thing.id, thing.version)
        if began is None:
            raise NothingToUndoError
        earlier = log.look_up(GroupSession, thing.id, version=began.version - 1) if began.version > 1 else None
        thing.undo(began.event_type.rpartition(".")[2], earlier, self._clock.now())
        for patient_id in _coming_back(thing):
            person = person_of(log, patient_id)
            if person.is_erased:
                raise NotFoundError("patient")
            if person.is_withdrawn:
                raise PatientWithdrawnError

    def record(
        self, log: PracticeLog, thing: GroupSession, by: Provenance, relies_on: PatientSeen | None = None
    ) -> int:
        """Raises TimeTakenError: others have the time that the session gave up; LimitReachedError: others filled the day or week."""
        # One command takes one person off: whoever comes back is one person, under whatever ids.
        back = next(_coming_back(thing), None)
        seen = PatientSeen(person_of(log, back).ids[0]) if back else None
        if not any(isinstance(fact, (GroupSession.Moved, GroupSession.Reinstated)) for fact in thing.pending_events):
            releases = [thing.id] if thing.is_archived else []
            return log.record(thing, by=by, releases=releases, relies_on=seen)
        claims = thing.claims()
        found = log.reader.read_booking_context([claim.what for claim in claims], thing.taken).claims
        releases = [thing.id, *expired_holders(found, self._clock.now())]
        caps = caps_on_session(log.catalogue(at_least=0), thing)
        return log.record(thing, by=by, claims=claims, releases=releases, caps=caps, relies_on=seen)


def _coming_back(session: GroupSession) -> Iterator[UUID]:
    """Yield who gets a seat or a place in line again that they had given up."""
    for fact in session.pending_events:
        if isinstance(fact, GroupSession.StandingRestored) and fact.before not in _IN_IT and fact.status in _IN_IT:
            yield fact.patient_id
