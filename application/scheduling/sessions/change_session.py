"""Changes a session: its time, its staff, its rooms, how many seats it has."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.kernel.handlers import UpdateHandler
from application.kernel.outcome import Outcome
from application.kernel.practice_log import PracticeLog
from application.kernel.retry import OvertakenError, retry_when_overtaken
from application.scheduling.availability.planned_slot import question_as_planned, reach_as_planned
from application.scheduling.availability.schedule import load_schedule
from application.scheduling.availability.visit_caps import caps_on_session
from domain.kernel.provenance import Provenance
from domain.practice.resource import Resource
from domain.scheduling.availability.joint_slot import joint_slot
from domain.scheduling.errors import LimitReachedError, TimeTakenError
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.sessions.terms import checked_staff


@dataclass(frozen=True, slots=True)
class ChangeSession:
    """None stays as it is. Resources that are not named stay as far as they are free and where the staff are."""

    id: UUID
    starts_at: datetime | None = None
    staff_ids: tuple[UUID, ...] | None = None
    resource_ids: tuple[UUID, ...] | None = None
    seats: int | None = None
    expected_version: int | None = None


class ChangeSessionHandler(UpdateHandler[ChangeSession, GroupSession]):
    """Carries out ChangeSession. A session keeps its length, its buffers and everybody on its roster wherever it goes."""

    kind = GroupSession

    def decide(self, log: PracticeLog, command: ChangeSession, by: Provenance) -> Outcome[GroupSession]:
        """Decide anew when somebody else took the time first.

        Raises what ``GroupSession.change_seats`` and ``GroupSession.move`` raise; what ``joint_slot`` raises: the new time is not free.
        """
        return retry_when_overtaken(lambda: self._decide(log, command, by))

    def change(self, log: PracticeLog, thing: GroupSession, command: ChangeSession) -> None:
        """A session is asked in ``decide``."""

    def _decide(self, log: PracticeLog, command: ChangeSession, by: Provenance) -> Outcome[GroupSession]:
        now, session = self._clock.now(), self.load(log, command)
        # Whom an earlier command moved up has been told of by its answer.
        session.moved_up = []
        is_alone = (command.starts_at, command.staff_ids, command.resource_ids) == (None, None, None)
        if command.seats is not None:
            session.change_seats(command.seats, now, fills=is_alone)
        if is_alone:
            return Outcome(session, log.record(session, by=by))
        staff = checked_staff(session.staff_ids if command.staff_ids is None else command.staff_ids)
        starts_at = command.starts_at or session.starts_at
        named = command.resource_ids or ()
        schedule = load_schedule(
            log,
            session.service_id,
            staff,
            reach_as_planned(session, starts_at),
            now,
            is_agreed=True,
        )
        for resource_id in named:
            schedule.catalogue.one(Resource, resource_id)
        questions = [question_as_planned(schedule, session, clinician_id, starts_at) for clinician_id in staff]
        is_moved = session.move(staff, joint_slot(questions, starts_at, named), now)
        # Who moves up is what is answered: so that comes last.
        session.fill(now)
        if not is_moved:
            return Outcome(session, log.record(session, by=by))
        caps, releases = caps_on_session(schedule.catalogue, session), [session.id, *schedule.expired]
        try:
            position = log.record(session, by=by, claims=session.claims(), releases=releases, caps=caps)
        except (TimeTakenError, LimitReachedError) as error:
            raise OvertakenError(error) from error
        return Outcome(session, position)
