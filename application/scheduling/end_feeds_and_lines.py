"""Revokes the feeds of an erased patient, and takes them out of the waiting lines of sessions."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Protocol
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLog, PracticeLogs
from application.kernel.retry import retry_when_overtaken
from application.scheduling.sessions.seats import Seats
from application.scheduling.sessions.session_roster import ROSTER_TRIES
from domain.kernel.errors import DomainError
from domain.kernel.provenance import Provenance
from domain.scheduling.calendars.feed import Feed
from domain.scheduling.sessions.group_session import GroupSession


class PatientLinks(Protocol):
    """Finds what is open for a patient, in read models that have reached a position of the log.

    Each raises ProjectionError: the read model is behind; the caller tries again later.
    """

    def open_feeds(self, tenant_id: UUID, patient_id: UUID, position: int) -> Sequence[UUID]:
        """Return the feeds that are not revoked."""
        ...

    def waiting_lines(self, tenant_id: UUID, patient_id: UUID, position: int) -> Sequence[UUID]:
        """Return the sessions in whose waiting line the patient stands."""
        ...


class EndFeedsAndLinesHandler:
    """Ends what only the patient could use. Seats and visits stay, for staff to decide."""

    def __init__(self, logs: PracticeLogs, clock: Clock, links: PatientLinks) -> None:
        self._logs = logs
        self._clock = clock
        self._links = links

    def __call__(self, tenant_id: UUID, patient_id: UUID, position: int) -> None:
        """Revoke and withdraw; a repeat finds nothing. Raises what ``PatientLinks`` raises."""
        log, now = self._logs.of(tenant_id), self._clock.now()
        for feed_id in self._links.open_feeds(tenant_id, patient_id, position):
            retry_when_overtaken(partial(_revoke, log, feed_id, now), ROSTER_TRIES)
        for session_id in self._links.waiting_lines(tenant_id, patient_id, position):
            retry_when_overtaken(partial(_leave_line, log, session_id, patient_id, now), ROSTER_TRIES)


def _revoke(log: PracticeLog, feed_id: UUID, now: datetime) -> None:
    feed = log.load(Feed, feed_id)
    feed.revoke(now)
    log.commit(feed, by=Provenance("system", uuid7()))


def _leave_line(log: PracticeLog, session_id: UUID, patient_id: UUID, now: datetime) -> None:
    session = log.load(GroupSession, session_id)
    if patient_id not in session.waiting:
        return  # moved up meanwhile: a seat is for staff to decide
    seats = Seats(log, session)
    try:
        session.withdraw((patient_id,), now, refusal=seats.refusal)
    except DomainError:
        return  # the session has begun or was cancelled: nobody moves up any more
    log.commit(session, by=Provenance("system", uuid7()), guards=seats.guards())
