"""Accept an offer: book the visit and withdraw the patient's other offers, in one append."""

from dataclasses import replace

from uuid_utils.compat import uuid7

from application.kernel.commands import Change, Context, handles
from application.kernel.conditions import Guard
from application.kernel.errors import NotFoundError, StaleVersionError
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.kernel.retry import OvertakenError
from application.patients.person import person_of
from application.scheduling.availability.schedule import Schedule, load_schedule, start_window
from application.scheduling.availability.visit_limits import limit_guards
from application.waitlist.end_offer import TRIES, OfferEndings
from application.waitlist.ports import WaitingLines
from application.waitlist.reach import own_offer
from domain.kernel.presence import PresenceGuard
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.origin import VisitOrigin
from domain.scheduling.appointments.visit import Visit
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.query import Slot
from domain.scheduling.errors import SchedulingError
from domain.scheduling.time_claim import TimeRelease, family_guards
from domain.waitlist.entry import WaitlistEntry
from domain.waitlist.errors import NoLongerWaitingError, OfferEndedError
from domain.waitlist.offer import Offer, OfferEndReason


class AcceptOffer(Change[Offer]):
    """The patient takes the offered time."""


@handles(AcceptOffer, needs=Permission.CHANGE_VISITS, within=own_offer, tries=TRIES)
def accept_offer(log: PracticeLog, command: AcceptOffer, context: Context, *, lines: WaitingLines) -> Outcome[Offer]:
    """Book the offered visit.

    The first patient who accepts a time gets it; the others keep their places.
    Raises NotFoundError: the offer does not exist, or the patient was erased; OfferEndedError,
    OfferExpiredError; what ``slot_at`` raises: hours, rooms or limits have changed since, or the
    patient has another visit at that time.
    """
    now = context.now
    offer = log.load(Offer, command.id, command.expected_version)
    offer.refuse_ended(now)
    endings = OfferEndings(log, now)
    opening = endings.opening(offer.opening_id)
    person = person_of(log, offer.patient_id)
    if person.is_erased:
        raise NotFoundError("patient")
    entry = log.load(WaitlistEntry, offer.entry_id)
    schedule = load_schedule(
        log, offer.service_id, [offer.clinician_id], start_window(offer.starts_at), now, patient_id=person.ids[0]
    )
    slot = _slot(log, offer, schedule)
    terms = schedule.service.terms_of(offer.clinician_id)
    visit = Visit.on_terms(terms, slot, person.ids[0], offer.service_id, offer.clinician_id)
    appointment = Appointment.book(id=uuid7(), visit=visit, at=now, origin=VisitOrigin.WAITLIST)
    others = opening.others(offer.id)
    offer.accept(appointment.id, now)
    opening.fill(offer.id, appointment.id, now)
    try:
        entry.serve(offer.id, appointment.id, now)
    except NoLongerWaitingError as error:
        # The offer was read before the entry: leaving the wait list has ended it.
        raise OvertakenError(OfferEndedError()) from error
    endings.withdraw(others, OfferEndReason.TAKEN)
    other_entries = set(lines.entries_of(log.tenant_id, person.ids)) - {entry.id}
    entries = [entry, *log.load_all(WaitlistEntry, sorted(other_entries)).values()]
    # Offers to other entries of the patient count too, under any id of a merged record.
    elsewhere = [id for each in entries for id in each.offers_at(now) if id != offer.id and id not in others]
    endings.withdraw(elsewhere, OfferEndReason.ACCEPTED_ANOTHER)
    guards: list[Guard] = [
        *endings.releases,
        *(TimeRelease(holder_id) for holder_id in schedule.expired),
        *(claims := appointment.claims()),
        *family_guards(claims, schedule.families.values()),
        *limit_guards(schedule.catalogue, appointment),
        PresenceGuard(appointment.patient_id),
    ]
    try:
        return log.commit(offer, appointment, entry, *endings.aggregates, by=context.provenance, guards=guards)
    except OvertakenError as overtaken:
        if isinstance(overtaken.refusal, StaleVersionError):
            raise OvertakenError(OfferEndedError()) from overtaken
        raise


def _slot(log: PracticeLog, offer: Offer, schedule: Schedule) -> Slot:
    """Return the visit that was offered.

    Raises what ``slot_at`` raises; OfferEndedError: another patient has accepted the time.
    """
    query = schedule.query(offer.clinician_id, without=offer.opening_id, preferred=offer.resource_ids)
    try:
        # The notice counts from the time of the offer.
        return slot_at(replace(query, now=offer.made_at), offer.starts_at)
    except SchedulingError:
        # The offer was read before the schedule, and may have ended meanwhile.
        log.load(Offer, offer.id).refuse_ended(schedule.now)
        raise
