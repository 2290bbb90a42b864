"""The time of the patients on the roster of a session, and of those who wait for a seat."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from application.kernel.conditions import Guard
from application.kernel.practice_log import PracticeLog
from application.patients.families import families_of, family_of
from domain.scheduling.errors import PatientBusyError
from domain.scheduling.sessions.errors import AlreadyEnrolledError
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.time_claim import TimeClaim, claim_changes, family_guards

_MOST_AT_ONCE: Final = 50
"""People whose time is read in one step."""


class Seats:
    """The seats of one session, which a command changes; reads whose time is asked for.

    Made before the command changes the session. ``families`` are all ids of the person behind each
    patient that was asked for.
    """

    def __init__(self, log: PracticeLog, session: GroupSession) -> None:
        self._log = log
        self._session = session
        self._before = session.claims()
        self.families: dict[UUID, Sequence[UUID]] = {}
        self._others: dict[UUID, Sequence[TimeClaim]] = {}

    def know(self, patient_id: UUID, family: Sequence[UUID]) -> None:
        """Remember all ids of the person behind a patient, so that they are not read."""
        self.families[patient_id] = family

    def refusal(self, patient_id: UUID) -> str | None:
        """Return the code of the reason why a waiting patient cannot have a free seat now."""
        session = self._session
        if patient_id not in self._others:
            free, place = session.seats - len(session.roster), session.waiting.index(patient_id)
            self._read(session.waiting[place : place + min(max(free, 1), _MOST_AT_ONCE)])
        if any(id_ in session.roster for id_ in self.families[patient_id]):
            return AlreadyEnrolledError.code
        return PatientBusyError.code if self._others[patient_id] else None

    def other_visits(self, patient_id: UUID) -> Sequence[TimeClaim]:
        """Return the other time of the person that overlaps the session, by start."""
        if patient_id not in self._others:
            self._read([patient_id])
        return self._others[patient_id]

    def refuse_busy(self, patient_ids: Sequence[UUID]) -> None:
        """Refuse patients who have another visit at this time, or another seat.

        Raises PatientBusyError, AlreadyEnrolledError.
        """
        if unread := [id_ for id_ in patient_ids if id_ not in self._others]:
            self._read(unread)
        for patient_id in patient_ids:
            if any(id_ in self._session.roster for id_ in self.families[patient_id] if id_ != patient_id):
                raise AlreadyEnrolledError
            if found := self._others[patient_id]:
                raise PatientBusyError(found[0].holder_id, found[0].visit)

    def guards(self) -> list[Guard]:
        """Return the guards that release the seats given up, and take the time of the new ones.

        The staff and rooms must be as before.
        """
        releases, new = claim_changes(self._before, self._session.claims())
        return [*releases, *new, *family_guards(new, self.families.values())]

    def _read(self, patient_ids: Sequence[UUID]) -> None:
        """Read the families and the other time of patients."""
        reader, during = self._log.reader, self._session.during
        claims: Sequence[TimeClaim] = ()
        known: Sequence[UUID] = ()
        if len(patient_ids) == 1 and patient_ids[0] not in self.families:
            # Usually one patient moves up: one round trip.
            found = reader.read_booking_context(patient_ids, during, subject_id=patient_ids[0])
            self.families[patient_ids[0]] = family_of(reader, patient_ids[0], found.subject_events)
            claims, known = found.claims, patient_ids
        else:
            self.families |= families_of(reader, [id_ for id_ in patient_ids if id_ not in self.families])
        if unread := {id_ for each in patient_ids for id_ in self.families[each]}.difference(known):
            claims = [*claims, *reader.read_booking_context(sorted(unread), during).claims]
        for patient_id in patient_ids:
            family = self.families[patient_id]
            self._others[patient_id] = sorted(
                (
                    c
                    for c in claims
                    if c.what in family and c.holder_id != self._session.id and c.during.overlaps(during)
                ),
                key=lambda claim: claim.visit.starts_at,
            )
