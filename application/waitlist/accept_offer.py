"""Accepts an offer: the visit is booked, and whatever else was offered to the person goes back, all in one append."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.errors import NotFoundError, StaleVersionError
from application.kernel.outcome import Outcome
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLog, PracticeLogs
from application.kernel.retry import OvertakenError, retry_when_overtaken
from application.patients.person import Person, person_of
from application.scheduling.appointments.book_appointment import BookAppointment, visit_of
from application.scheduling.availability.schedule import Schedule, load_schedule, start_window
from application.scheduling.availability.visit_caps import caps_on
from application.waitlist.offer_endings import Endings
from application.waitlist.ports import WaitingLines
from domain.kernel.provenance import Provenance
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.query import Slot
from domain.scheduling.errors import LimitReachedError, SchedulingError, TimeTakenError
from domain.waitlist.entry import WaitlistEntry
from domain.waitlist.errors import NoLongerWaitingError, OfferEndedError
from domain.waitlist.offer import Offer, OfferEndReason

_TRIES: Final = 12
"""Whoever loses a try has lost it to an answer of another: as many as one time is offered to, and a few."""


@dataclass(frozen=True, slots=True)
class AcceptOffer:
    id: UUID
    expected_version: int | None = None


class AcceptOfferHandler:
    """Carries out AcceptOffer. Of several to whom one time was offered the first has it; the others keep their places."""

    def __init__(self, logs: PracticeLogs, clock: Clock, lines: WaitingLines) -> None:
        self._logs = logs
        self._clock = clock
        self._lines = lines

    def __call__(self, tenant_id: UUID, command: AcceptOffer, by: Provenance) -> Outcome[Offer]:
        """Raises NotFoundError: no such offer, or the patient was erased; OfferEndedError, OfferExpiredError; what ``slot_at`` raises:
        hours, rooms or limits have changed since.
        """
        log = self._logs.of(tenant_id)
        return log.carry_out(Offer, by, lambda: retry_when_overtaken(lambda: self._accept(log, command, by), _TRIES))

    def _accept(self, log: PracticeLog, command: AcceptOffer, by: Provenance) -> Outcome[Offer]:
        now = self._clock.now()
        offer = log.load(Offer, command.id, command.expected_version)
        offer.refuse_ended(now)
        endings = Endings(log, now)
        opening = endings.opening(offer.opening_id)
        person = person_of(log, offer.patient_id)
        if person.is_erased:
            raise NotFoundError("patient")
        entry = log.load(WaitlistEntry, offer.entry_id)
        schedule = load_schedule(log, offer.service_id, [offer.clinician_id], start_window(offer.starts_at), now)
        slot = _slot(log, offer, schedule)
        booking = BookAppointment(person.ids[0], offer.service_id, offer.clinician_id, offer.starts_at)
        visit = visit_of(booking, offer.clinician_id, schedule.service.terms, slot)
        appointment = Appointment.book(id=uuid7(), visit=visit, at=now)
        others = opening.others(offer.id)
        offer.accept(appointment.id, now)
        opening.fill(offer.id, appointment.id, now)
        _serve(entry, offer, appointment, now)
        endings.withdraw(others, OfferEndReason.TAKEN)
        endings.withdraw(self._else_offered(log, person, entry, offer, others, now), OfferEndReason.ACCEPTED_ANOTHER)
        try:
            position = log.record(
                offer,
                appointment,
                entry,
                *endings.things,
                by=by,
                claims=appointment.claims(),
                releases=[*endings.releases, *schedule.expired],
                caps=caps_on(schedule.catalogue, appointment),
            )
        except (TimeTakenError, LimitReachedError) as error:
            raise OvertakenError(error) from error
        except StaleVersionError as error:
            raise OvertakenError(OfferEndedError()) from error
        return Outcome(offer, position)

    def _else_offered(
        self,
        log: PracticeLog,
        person: Person,
        entry: WaitlistEntry,
        offer: Offer,
        others: list[UUID],
        now: datetime,
    ) -> list[UUID]:
        """Return what else was offered to the person, through whichever of their entries and under whichever of their ids."""
        ids = set(self._lines.entries_of(log.tenant_id, person.ids)) - {entry.id}
        entries = [entry, *log.load_all(WaitlistEntry, sorted(ids)).values()]
        return [id for each in entries for id in each.offers_at(now) if id != offer.id and id not in others]


def _serve(entry: WaitlistEntry, offer: Offer, appointment: Appointment, now: datetime) -> None:
    try:
        entry.serve(offer.id, appointment.id, now)
    except NoLongerWaitingError as error:
        # The offer was read before the entry: what took the person off the list has ended it.
        raise OvertakenError(OfferEndedError()) from error


def _slot(log: PracticeLog, offer: Offer, schedule: Schedule) -> Slot:
    """Return the visit that was offered. Raises what ``slot_at`` raises; OfferEndedError: another was first to accept."""
    question = schedule.question(offer.clinician_id, without=offer.opening_id, preferred=offer.resource_ids)
    try:
        # What was offered in time is accepted in time: the notice counts from when it was offered.
        return slot_at(replace(question, now=offer.made_at), offer.starts_at)
    except SchedulingError:
        # The offer was read before the schedule: what took the time may be what ended it.
        log.load(Offer, offer.id).refuse_ended(schedule.now)
        raise
