"""Concurrent commands never sell a time twice; log, claims and calendar stay consistent."""

from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from application.kernel.errors import ApplicationError
from application.scheduling.appointments.book_appointment import BookAppointment
from application.scheduling.appointments.cancel_appointment import CancelAppointment
from application.scheduling.appointments.confirm_appointment import ConfirmAppointment
from application.scheduling.appointments.decline_appointment import DeclineAppointment
from application.scheduling.appointments.hold_limits import PER_CONTACT
from application.scheduling.appointments.place_hold import PlaceHold
from application.scheduling.appointments.reassign_appointment import ReassignAppointment
from application.scheduling.appointments.record_attendance import CheckInAppointment, CompleteAppointment, RecordNoShow
from application.scheduling.appointments.release_hold import ReleaseHold
from application.scheduling.appointments.reschedule_appointment import RescheduleAppointment
from application.scheduling.appointments.undo_appointment import UndoAppointment
from application.scheduling.availability.find_slots import FindSlots
from domain.kernel.errors import DomainError
from domain.kernel.logged_event import LoggedEvent
from domain.kernel.money import Money
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Clinician
from domain.practice.practice import Practice
from domain.practice.resource import Resource
from domain.practice.service import Service
from domain.practice.visit_limits import VisitLimits
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.hold import Hold, HoldStatus
from domain.scheduling.appointments.status import HOLDING
from domain.scheduling.calendars.busy_calendar import BusyCalendar
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.time_claim import TimeClaim
from domain.waitlist.opening import Opening
from projections.scheduling.calendar.queries import CalendarFilter, CalendarQueries
from projections.webhooks.deliveries.projector import WebhooksProjector
from tests.application.scheduling.machine.busy_rules import BusyRules
from tests.application.scheduling.machine.course_commands import CourseCommands
from tests.application.scheduling.machine.import_rules import ImportRules
from tests.application.scheduling.machine.key_rules import EndpointAndFeedRules
from tests.application.scheduling.machine.leaving_rules import LeavingRules
from tests.application.scheduling.machine.note_rules import NoteRules
from tests.application.scheduling.machine.people_rules import PeopleRules
from tests.application.scheduling.machine.presence_rules import PresenceRules
from tests.application.scheduling.machine.series_commands import SeriesCommands
from tests.application.scheduling.machine.session_commands import SessionCommands
from tests.application.scheduling.machine.settings_rules import SettingsRules
from tests.application.scheduling.machine.visit_import_rules import VisitImportRules
from tests.application.scheduling.machine.waitlist_commands import WaitlistCommands
from tests.support.commands import asker, executor
from tests.support.concurrency import run_concurrently
from tests.support.container import Container, by_test
from tests.support.seeded_practice import MONDAY, NOW, SeededPractice, fixed_clock, seed_practice

STARTS = [MONDAY + timedelta(minutes=30 * step) for step in range(8)]
MAX_VISITS_PER_DAY = 3
"""Visits that the first clinician gives on one day."""
HOW = st.sampled_from(["book", "request", "override"])
AFTERNOON = fixed_clock(MONDAY + timedelta(hours=5))
"""When the day is over and visits can be closed."""


class Scheduling(
    ImportRules,
    VisitImportRules,
    SeriesCommands,
    SessionCommands,
    CourseCommands,
    WaitlistCommands,
    BusyRules,
    PresenceRules,
    LeavingRules,
    NoteRules,
    PeopleRules,
    SettingsRules,
    EndpointAndFeedRules,
):
    """Commands come in volleys: each volley's commands run in threads that start together.

    ``together`` are the visits of merged people that were at the same time when they were merged.
    """

    container: Container
    together: set[frozenset[UUID]]

    @initialize(pending_counts=st.booleans())
    def open(self, pending_counts: bool) -> None:
        self.studio: SeededPractice = seed_practice(self.container)
        practice = self.studio.log.load(Practice, self.studio.tenant_id)
        practice.count_pending(pending_counts, NOW)
        self.studio.log.record(practice, by=by_test())
        limited = self.studio.log.load(Clinician, self.studio.clinicians[0])
        limited.set_limits(VisitLimits(per_day=MAX_VISITS_PER_DAY), NOW)
        self.studio.log.record(limited, by=by_test())
        self.booked: list[UUID] = []
        self.series: list[UUID] = []
        self.held: list[UUID] = []
        self.sessions: list[UUID] = []
        self.courses: list[UUID] = []
        self.entries: list[UUID] = []
        self.openings: list[UUID] = []
        self.busy: set[UUID] = set()
        self.closing_early: dict[UUID, range] = {}
        self.endpoints: list[UUID] = []
        self.feeds: list[UUID] = []
        self.together = set()
        self.has_merged = False
        self.clock = fixed_clock()
        self.runner = self.container.runner(of=(*self.container.projectors(), WebhooksProjector()))

    @rule(
        requests=st.lists(
            st.tuples(st.sampled_from(STARTS), st.integers(0, 1), st.booleans(), st.integers(0, 2), HOW),
            min_size=1,
            max_size=4,
        )
    )
    def book(self, requests: list[tuple[object, int, bool, int, str]]) -> None:
        handler = executor(self.container.logs, self.clock)

        def request(number: int) -> UUID:
            starts_at, clinician, needs_room, patient, how = requests[number]
            service = self.studio.massage if needs_room else self.studio.talk
            command = BookAppointment(
                self.studio.patients[patient],
                service,
                self.studio.clinicians[clinician],
                starts_at,  # type: ignore[arg-type]  # sampled from STARTS
                is_request=how == "request",
                override_reason="in pain" if how == "override" else None,
                notes="in pain" if how == "override" else None,
            )
            return handler(self.studio.tenant_id, command, by_test()).aggregate.id

        self.booked += [id for id in self.run_commands(len(requests), request) if isinstance(id, UUID)]

    @rule(
        requests=st.lists(st.tuples(st.sampled_from(STARTS), st.booleans(), st.integers(0, 1)), min_size=1, max_size=4)
    )
    def book_anyone(self, requests: list[tuple[object, bool, int]]) -> None:
        handler = executor(self.container.logs, self.clock)

        def request(number: int) -> UUID:
            starts_at, needs_room, preferred = requests[number]
            command = BookAppointment(
                self.studio.patients[0],
                self.studio.massage if needs_room else self.studio.talk,
                None,
                starts_at,  # type: ignore[arg-type]  # sampled from STARTS
                preferred_clinician_ids=(self.studio.clinicians[preferred],),
            )
            return handler(self.studio.tenant_id, command, by_test()).aggregate.id

        self.booked += [id for id in self.run_commands(len(requests), request) if isinstance(id, UUID)]

    @rule(moves=st.lists(st.tuples(st.integers(0, 30), st.sampled_from(STARTS)), min_size=1, max_size=4))
    def reschedule(self, moves: list[tuple[int, object]]) -> None:
        handler = executor(self.container.logs, self.clock)

        def move(number: int) -> object:
            which, starts_at = moves[number]
            command = RescheduleAppointment(self.pick(which), starts_at)  # type: ignore[arg-type]
            return handler(self.studio.tenant_id, command, by_test())

        self.run_commands(len(moves) if self.booked else 0, move)

    @rule(
        moves=st.lists(
            st.tuples(
                st.integers(0, 30),
                st.sampled_from([None, *STARTS]),
                st.sampled_from([None, 0, 1]),
                st.sampled_from([None, 0, 1]),
                st.sampled_from([20, 50, 90]),
                st.booleans(),
                st.sampled_from([None, 7000, 12_000]),
            ),
            min_size=1,
            max_size=4,
        )
    )
    def move_with_every_field(
        self, moves: list[tuple[int, datetime | None, int | None, int | None, int, bool, int | None]]
    ) -> None:
        handler = executor(self.container.logs, self.clock)

        def move(number: int) -> object:
            which, starts_at, clinician, room, minutes, overrides, price = moves[number]
            command = RescheduleAppointment(
                self.pick(which),
                starts_at,
                None if clinician is None else self.studio.clinicians[clinician],
                None if room is None else (self.studio.rooms[room],),
                minutes,
                "in pain" if overrides else None,
                notify=overrides,
                price=None if price is None else Money(price, "EUR"),
            )
            return handler(self.studio.tenant_id, command, by_test())

        self.run_commands(len(moves) if self.booked else 0, move)

    @rule(which=st.integers(0, 30), slot=st.integers(0, 30), minutes=st.sampled_from([None, 20, 90]))
    def move_to_what_is_offered(self, which: int, slot: int, minutes: int | None) -> None:
        if not self.booked:
            return
        visit = self.studio.log.load(Appointment, self.pick(which))
        window = TimeRange(MONDAY, MONDAY + timedelta(days=1))
        query = FindSlots(visit.service_id, None, window, moving_id=visit.id, duration_minutes=minutes)
        try:
            choices = asker(self.container.logs, self.clock)(self.studio.tenant_id, query).choices
        except DomainError:
            return
        if choices:
            choice = choices[slot % len(choices)]
            command = RescheduleAppointment(
                visit.id, choice.slot.starts_at, choice.clinician_id, duration_minutes=minutes
            )
            moved = executor(self.container.logs, self.clock)(self.studio.tenant_id, command, by_test()).aggregate
            assert moved.starts_at == choice.slot.starts_at

    @rule(which=st.lists(st.integers(0, 30), min_size=1, max_size=3))
    def cancel(self, which: list[int]) -> None:
        handler = executor(self.container.logs, self.clock)

        def cancel(number: int) -> object:
            return handler(self.studio.tenant_id, CancelAppointment(self.pick(which[number]), "ill"), by_test())

        self.run_commands(len(which) if self.booked else 0, cancel)

    @rule(
        which=st.lists(st.integers(0, 30), min_size=1, max_size=4),
        confirms=st.lists(st.booleans(), min_size=4, max_size=4),
    )
    def answer_requests(self, which: list[int], confirms: list[bool]) -> None:
        logs, tenant_id = self.container.logs, self.studio.tenant_id

        def answer(number: int) -> object:
            id = self.pick(which[number])
            if confirms[number]:
                return executor(logs, self.clock)(tenant_id, ConfirmAppointment(id), by_test())
            return executor(logs, self.clock)(tenant_id, DeclineAppointment(id, "full"), by_test())

        self.run_commands(len(which) if self.booked else 0, answer)

    @rule(
        moves=st.lists(
            st.tuples(st.integers(0, 30), st.integers(0, 1), st.sampled_from([None, 0, 1])), min_size=1, max_size=4
        )
    )
    def reassign(self, moves: list[tuple[int, int, int | None]]) -> None:
        handler = executor(self.container.logs, self.clock)

        def move(number: int) -> object:
            which, clinician, room = moves[number]
            rooms = None if room is None else (self.studio.rooms[room],)
            command = ReassignAppointment(self.pick(which), self.studio.clinicians[clinician], rooms)
            return handler(self.studio.tenant_id, command, by_test())

        self.run_commands(len(moves) if self.booked else 0, move)

    @rule(which=st.lists(st.integers(0, 30), min_size=1, max_size=4))
    def undo(self, which: list[int]) -> None:
        handler = executor(self.container.logs, self.clock)

        def undo(number: int) -> object:
            return handler(self.studio.tenant_id, UndoAppointment(self.pick(which[number])), by_test())

        self.run_commands(len(which) if self.booked else 0, undo)

    @rule(
        wanted=st.lists(
            st.tuples(st.sampled_from(STARTS), st.integers(0, 1), st.booleans(), st.integers(1, 10)),
            min_size=1,
            max_size=4,
        )
    )
    def hold(self, wanted: list[tuple[object, int, bool, int]]) -> None:
        handler = executor(self.container.logs, self.clock, self.container.keys)

        def hold(number: int) -> UUID:
            starts_at, clinician, needs_room, minutes = wanted[number]
            service = self.studio.massage if needs_room else self.studio.talk
            command = PlaceHold(service, self.studio.clinicians[clinician], starts_at, minutes, "dana@example.org")  # type: ignore[arg-type]
            return handler(self.studio.tenant_id, command, by_test()).aggregate.id

        self.held += [id for id in self.run_commands(len(wanted), hold) if isinstance(id, UUID)]

    @rule(which=st.integers(0, 30), releases=st.booleans())
    def use_and_release_a_hold_at_once(self, which: int, releases: bool) -> None:
        if not self.held:
            return
        logs, tenant_id = self.container.logs, self.studio.tenant_id
        hold = self.studio.log.load(Hold, self.held[which % len(self.held)])
        command = BookAppointment(
            self.studio.patients[0], hold.service_id, hold.clinician_id, hold.starts_at, hold_id=hold.id
        )
        # Somebody may have booked over it, on purpose, and the patient may be elsewhere.
        person, visit = self.family(self.studio.patients[0]), TimeRange(hold.starts_at, hold.ends_at)
        is_alone = not any(
            own.what == other.what and own.during.overlaps(other.during)
            for own in hold.claims()
            for other in self.claims()
            if other.holder_id != hold.id
        ) and not any(claim.what in person and claim.during.overlaps(visit) for claim in self.claims())
        holder = self.studio.log.load(Clinician, hold.clinician_id)
        # A hold reserves time, but limits, time off and closed rooms set meanwhile still apply.
        is_held = (
            hold.status_at(self.clock.now()) is HoldStatus.HELD
            and is_alone
            and not holder.time_off
            and not any(room.out_of_service for room in self.studio.log.catalogue().all(Resource))
            and not holder.limits
            and not self.studio.log.load(Service, hold.service_id).limits
        )
        acts: list[Callable[[], object]] = [
            lambda: executor(logs, self.clock)(tenant_id, command, by_test()).aggregate.id,
            lambda: executor(logs, self.clock)(tenant_id, command, by_test()).aggregate.id,
            lambda: executor(logs, self.clock)(tenant_id, ReleaseHold(hold.id), by_test()),
        ]
        results = self.run_commands(len(acts) if releases else 2, lambda number: acts[number]())
        booked = [id for id in results if isinstance(id, UUID)]
        self.booked += booked
        assert len(booked) == 1 if is_held else len(booked) <= 1

    @rule(minutes=st.sampled_from([1, 5, 10]))
    def let_time_pass(self, minutes: int) -> None:
        self.clock = fixed_clock(self.clock.now() + timedelta(minutes=minutes))

    @rule(which=st.integers(0, 30))
    def check_in_cancel_and_close_at_once(self, which: int) -> None:
        if not self.booked:
            return
        id = self.pick(which)
        logs, tenant_id = self.container.logs, self.studio.tenant_id
        acts: list[Callable[[], object]] = [
            lambda: executor(logs, AFTERNOON)(tenant_id, CheckInAppointment(id), by_test()),
            lambda: executor(logs, AFTERNOON)(tenant_id, CompleteAppointment(id), by_test()),
            lambda: executor(logs, AFTERNOON)(tenant_id, RecordNoShow(id), by_test()),
        ]
        self.run_commands(len(acts), lambda number: acts[number]())

    @rule(clinician=st.integers(0, 1), needs_room=st.booleans())
    def book_what_is_offered(self, clinician: int, needs_room: bool) -> None:
        service = self.studio.massage if needs_room else self.studio.talk
        clinician_id = self.studio.clinicians[clinician]
        window = TimeRange(MONDAY, MONDAY + timedelta(days=1))
        query = FindSlots(service, clinician_id, window, patient_id=self.studio.patients[0])
        found = asker(self.container.logs, self.clock)(self.studio.tenant_id, query)
        if found.choices:
            command = BookAppointment(self.studio.patients[0], service, clinician_id, found.choices[0].slot.starts_at)
            outcome = executor(self.container.logs, self.clock)(self.studio.tenant_id, command, by_test())
            self.booked.append(outcome.aggregate.id)
            visit, terms = outcome.aggregate, self.studio.log.load(Service, service).terms_of(clinician_id)
            assert (visit.duration_minutes, visit.price_amount_minor) == (
                terms.duration_minutes,
                terms.price.amount_minor,
            )
            assert visit.during == found.choices[0].slot.during

    @invariant()
    def none_but_those_meant_to_share_a_clinician_or_a_room(self) -> None:
        for one, other in combinations(self.claims(), 2):
            assert one.what != other.what or not one.during.overlaps(other.during) or one.beside or other.beside

    @invariant()
    def no_person_is_at_two_places_but_by_an_override_or_a_merge(self) -> None:
        people = {id_: frozenset(self.family(id_)) for id_ in self.studio.patients}
        visits = [claim for claim in self.claims() if claim.what in people and not claim.beside]
        together = {
            frozenset((one.holder_id, other.holder_id))
            for one, other in combinations(visits, 2)
            if people[one.what] == people[other.what] and one.during.overlaps(other.during)
        }

        assert self.has_merged or together <= self.together
        assert not any(len(pair) == 1 for pair in together), "a person has two seats in one session"
        self.together, self.has_merged = together, False

    @invariant()
    def nobody_sees_more_people_than_their_limit(self) -> None:
        # Corrected no-shows and deliberate overrides may exceed the limit.
        came = {event.stream_id for event in self.events() if event.body.get("act") == "not_attended"}
        visits = Counter(
            appointment.starts_at.date()
            for appointment in self.folded()
            if appointment.clinician_id == self.studio.clinicians[0]
            and appointment.status in HOLDING
            and appointment.id not in came
            and "daily_limit" not in appointment.exempt_from
        )
        visits += Counter(
            session.starts_at.date()
            for session in self.folded_sessions()
            if self.studio.clinicians[0] in session.staff_ids and session.claims()
        )

        assert max(visits.values(), default=0) <= MAX_VISITS_PER_DAY

    @invariant()
    def nobody_holds_more_than_a_cap_allows(self) -> None:
        now = self.clock.now()

        assert sum(hold.status_at(now) is HoldStatus.HELD for hold in self.holds()) <= PER_CONTACT

    @invariant()
    def claims_are_those_of_active_visits_and_holds(self) -> None:
        with self.container.app_transaction(self.studio.tenant_id) as cursor:
            rows = cursor.execute(
                "select holder_id, what, starts_at, ends_at, expires_at, beside from log.time_claim"
            ).fetchall()
        # What has expired may lie there until somebody takes its time.
        now = self.clock.now()
        expired = {hold.id for hold in self.holds() if hold.status_at(now) is HoldStatus.EXPIRED}
        expired |= {
            each.id for each in self.folded_openings() if each.rounds and each.rounds[-1].time.expires_at <= now
        }

        assert {row for row in rows if row[0] not in expired} == {
            (claim.holder_id, claim.what, claim.during.starts_at, claim.during.ends_at, claim.expires_at, claim.beside)
            for claim in self.claims()
        }

    @invariant()
    def positions_have_no_gap(self) -> None:
        events = self.events()

        assert [event.position for event in events] == list(range(1, len(events) + 1))

    @invariant()
    def claims_are_those_that_the_log_gives(self) -> None:
        found = self.container.log_verifier.differing_claims(self.studio.tenant_id, self.clock.now())

        assert found == (0, 0)

    @invariant()
    def the_chain_is_whole(self) -> None:
        assert self.container.log_verifier.verify(self.studio.tenant_id) is None

    @invariant()
    def the_calendar_is_the_fold_of_the_log(self) -> None:
        self.runner.catch_up(self.studio.tenant_id)
        page = CalendarQueries(self.container.app_transaction).appointments(
            self.studio.tenant_id, CalendarFilter(), limit=1000
        )

        assert {
            (
                e.appointment_id,
                e.version,
                e.status,
                e.starts_at,
                e.ends_at,
                e.price_amount_minor,
                e.clinician_id,
                e.resource_ids,
                e.series_id,
            )
            for e in page.entries
        } == {
            (
                a.id,
                a.version,
                a.status,
                a.starts_at,
                a.ends_at,
                a.price_amount_minor,
                a.clinician_id,
                tuple(a.resource_ids),
                a.series_id,
            )
            for a in self.folded()
        }

    def run_commands(self, number: int, act: Callable[[int], object]) -> list[object]:
        """Run commands at once. A refusal is an answer; anything else that is raised is a fault."""
        results = run_concurrently(number, act)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, (DomainError, ApplicationError)):
                raise result
        return results

    def pick(self, which: int) -> UUID:
        return self.booked[which % len(self.booked)]

    def folded(self) -> Collection[Appointment]:
        return self.studio.log.load_all(Appointment, self.booked).values()

    def holds(self) -> Collection[Hold]:
        return self.studio.log.load_all(Hold, self.held).values()

    def claims(self) -> list[TimeClaim]:
        """Return the claims, folded from visits, holds, sessions, offers and busy calendars."""
        holders: list[Appointment | Hold | GroupSession | Opening | BusyCalendar] = [
            *self.folded(),
            *self.holds(),
            *self.folded_sessions(),
            *self.folded_openings(),
            *self.busy_calendars(),
        ]
        return [claim for holder in holders for claim in holder.claims() if not claim.has_expired(self.clock.now())]

    def events(self) -> list[LoggedEvent]:
        return self.container.app_log.page(self.studio.tenant_id, 0, 10_000)


@pytest.mark.uncovered
@pytest.mark.timeout(600)
def test_no_interleaving_breaks_the_rules(container: Container) -> None:
    Scheduling.container = container
    run_state_machine_as_test(
        Scheduling,
        settings=settings(
            max_examples=25,
            stateful_step_count=16,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
