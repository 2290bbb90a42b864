"""Rules for the scheduling machine: concurrent commands on the wait list."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from adapters.postgres.waiting_lines import ReadWaitingLines
from application.kernel.practice_log import Outcome
from application.scheduling.appointments.book_appointment import BookAppointment
from application.scheduling.appointments.cancel_appointment import CancelAppointment
from application.waitlist.accept_offer import AcceptOffer
from application.waitlist.auto_fill import AutoFill
from application.waitlist.change_entry import ChangeEntry
from application.waitlist.end_offer import DeclineOffer, WithdrawOffer
from application.waitlist.join_waitlist import JoinWaitlist
from application.waitlist.offer_by_hand import OfferByHand
from application.waitlist.withdraw_entry import WithdrawEntry
from domain.kernel.logged_event import LoggedEvent
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.sessions.group_session import GroupSession
from domain.waitlist.entry import EntryStatus, WaitlistEntry
from domain.waitlist.offer import Offer, OfferStatus
from domain.waitlist.opening import Cause, Opening
from domain.waitlist.preferences import WaitlistPreferences
from domain.waitlist.slot_fit import Reason
from projections.engine.runner import Runner
from projections.waitlist.entries.queries import WaitlistQueries
from tests.support.commands import executor
from tests.support.container import Container, SettableClock, by_test
from tests.support.seeded_practice import MONDAY, SeededPractice

_STARTS = [MONDAY + timedelta(minutes=30 * step) for step in range(8)]
_EARLY = TimeRange(MONDAY, MONDAY + timedelta(hours=2))
_LATE = TimeRange(MONDAY + timedelta(hours=2), MONDAY + timedelta(hours=4))
_WEEKLY = [(), ("mon 09:00-11:00",), ("mon 10:00-13:00 every 2 from 2026-06-01",), ("tue 09:00-13:00",)]
_WISHES = st.tuples(
    st.integers(0, 2),
    st.booleans(),
    st.sampled_from([None, 0, 1]),
    st.sampled_from([(), (_EARLY,), (_LATE,)]),
    st.sampled_from(_WEEKLY),
)


class WaitlistCommands:
    """Mixed into the machine, which keeps ``booked``: every appointment that there is."""

    container: Container
    studio: SeededPractice
    runner: Runner
    clock: SettableClock
    booked: list[UUID]
    sessions: list[UUID]
    entries: list[UUID]
    openings: list[UUID]
    run_commands: Callable[[int, Callable[[int], object]], list[object]]
    events: Callable[[], list[LoggedEvent]]

    @rule(wishes=st.lists(_WISHES, min_size=1, max_size=4))
    def join(self, wishes: list[tuple[int, bool, int | None, tuple[TimeRange, ...], tuple[str, ...]]]) -> None:
        handler = executor(self.container.logs, self.clock)

        def join(number: int) -> UUID:
            patient, needs_room, clinician, windows, weekly = wishes[number]
            clinician_id = None if clinician is None else self.studio.clinicians[clinician]
            preferences = WaitlistPreferences(clinician_id, windows, weekly=weekly)
            service = self.studio.massage if needs_room else self.studio.talk
            command = JoinWaitlist(self.studio.patients[patient], service, preferences)
            return handler(self.studio.tenant_id, command, by_test()).aggregate.id

        self.entries += [id for id in self.run_commands(len(wishes), join) if isinstance(id, UUID)]

    @rule(which=st.lists(st.integers(0, 30), min_size=1, max_size=3), leaves=st.booleans())
    def change_or_leave(self, which: list[int], leaves: bool) -> None:
        logs, tenant_id = self.container.logs, self.studio.tenant_id

        def act(number: int) -> object:
            id = self.entries[which[number] % len(self.entries)]
            if leaves:
                return executor(logs, self.clock)(tenant_id, WithdrawEntry(id), by_test())
            return executor(logs, self.clock)(tenant_id, ChangeEntry(id, {"windows": (_LATE,)}), by_test())

        self.run_commands(len(which) if self.entries else 0, act)

    @rule(
        offers=st.lists(
            st.tuples(
                st.lists(st.integers(0, 30), min_size=1, max_size=3), st.integers(0, 1), st.sampled_from(_STARTS)
            ),
            min_size=1,
            max_size=3,
        ),
        minutes=st.sampled_from([5, 60]),
    )
    def offer(self, offers: list[tuple[list[int], int, object]], minutes: int) -> None:
        handler = executor(self.container.logs, self.clock, self.lines())

        def offer(number: int) -> UUID:
            which, clinician, starts_at = offers[number]
            waiting = [entry.id for entry in self.folded_entries() if entry.status == EntryStatus.WAITING]
            chosen = dict.fromkeys((waiting or self.entries)[each % len(waiting or self.entries)] for each in which)
            command = OfferByHand(tuple(chosen), self.studio.clinicians[clinician], starts_at, minutes)  # type: ignore[arg-type]
            return handler(self.studio.tenant_id, command, by_test()).aggregate.id

        self.openings += [
            id for id in self.run_commands(len(offers) if self.entries else 0, offer) if isinstance(id, UUID)
        ]

    @rule(
        which=st.integers(0, 30),
        answers=st.lists(st.sampled_from(["accept", "accept", "decline", "withdraw"]), min_size=3, max_size=4),
    )
    def answer(self, which: int, answers: list[str]) -> None:
        """Answer offers of one opening at once, and one more of each kind than there are offers."""
        if not self.openings:
            return
        logs, tenant_id = self.container.logs, self.studio.tenant_id
        offers = self.offers_of(self.studio.log.load(Opening, self.openings[which % len(self.openings)]))
        if not offers:
            return

        def answer(number: int) -> object:
            id = offers[number % len(offers)].id
            if answers[number] == "accept":
                return executor(logs, self.clock, self.lines())(tenant_id, AcceptOffer(id), by_test())
            command = DeclineOffer(id) if answers[number] == "decline" else WithdrawOffer(id)
            return executor(logs, self.clock)(tenant_id, command, by_test())

        for outcome in self.run_commands(len(answers), answer):
            if isinstance(outcome, Outcome) and outcome.aggregate.appointment_id:
                self.booked.append(outcome.aggregate.appointment_id)

    @rule(
        wishes=st.lists(_WISHES, min_size=2, max_size=4),
        clinician=st.integers(0, 1),
        starts_at=st.sampled_from(_STARTS),
        workers=st.integers(1, 3),
    )
    def give_up_what_others_wait_for(
        self,
        wishes: list[tuple[int, bool, int | None, tuple[TimeRange, ...], tuple[str, ...]]],
        clinician: int,
        starts_at: datetime,
        workers: int,
    ) -> None:
        tenant_id, chosen = self.studio.tenant_id, self.studio.clinicians[clinician]
        self.join(wishes)
        self.runner.catch_up(tenant_id)
        booking = BookAppointment(
            self.studio.patients[0], self.studio.talk, chosen, starts_at, override_reason="for a moment"
        )
        [visit] = self.run_commands(
            1, lambda _: executor(self.container.logs, self.clock)(tenant_id, booking, by_test()).aggregate.id
        )
        if not isinstance(visit, UUID):
            return
        self.booked.append(visit)
        executor(self.container.logs, self.clock)(tenant_id, CancelAppointment(visit, "ill"), by_test())
        self.ask_the_wait_list([len(self.booked) - 1], workers)

    @rule(which=st.lists(st.integers(0, 30), min_size=1, max_size=3), workers=st.integers(1, 3))
    def ask_the_wait_list(self, which: list[int], workers: int) -> None:
        """Workers process visits and sessions that may have freed time, and all openings."""
        auto_fill = AutoFill(self.container.logs, self.clock, self.lines())
        visits = [
            self.studio.log.load(Appointment, self.booked[each % len(self.booked)]) for each in which if self.booked
        ]
        sessions = [
            self.studio.log.load(GroupSession, self.sessions[each % len(self.sessions)])
            for each in which
            if self.sessions
        ]
        given_up = [(aggregate.id, aggregate.version) for aggregate in (*visits, *sessions) if aggregate.version > 1]

        def look(number: int) -> None:
            for id, version in given_up:
                auto_fill.offer_freed_time(self.studio.tenant_id, id, version)
            for id in self.openings:
                auto_fill.offer_to_next(self.studio.tenant_id, id)

        self.run_commands(workers, look)
        opened = [e.stream_id for e in self.events() if e.event_type == Opening.Opened.TOPIC]
        assert set(self.openings) <= set(opened)
        assert len(set(opened)) == len(opened)
        self.openings = opened

    @invariant()
    def what_is_closed_was_refused_to_everybody_with_a_reason(self) -> None:
        events = self.events()
        for opening in self.folded_openings():
            if opening.closed_because == "nobody_fits" and opening.closed_as_of is not None:
                wishes = self.wishes(events, opening.closed_as_of)
                line = {id for id, preferences in wishes.items() if preferences.is_with(opening.clinician_id)}
                assert line == {each.entry_id for each in opening.left_over}

    @invariant()
    def a_time_is_given_to_one_and_the_others_keep_their_places(self) -> None:
        for opening in self.folded_openings():
            accepted = [offer for offer in self.offers_of(opening) if offer.answer == OfferStatus.ACCEPTED]
            assert [offer.id for offer in accepted] == ([opening.filled_by] if opening.filled_by else [])
            entries = self.studio.log.load_all(WaitlistEntry, [offer.entry_id for offer in accepted])
            for offer in accepted:
                entry = entries[offer.entry_id]
                assert (entry.status, entry.appointment_id) == (EntryStatus.SERVED, offer.appointment_id)
            if opening.filled_by:
                assert all(offer.answer is not None or not self.is_open(offer) for offer in self.offers_of(opening))

    @invariant()
    def whoever_waits_no_more_is_offered_nothing(self) -> None:
        offers = [offer for opening in self.folded_openings() for offer in self.offers_of(opening)]
        offered = [offer.entry_id for offer in offers if self.is_open(offer)]
        entries = self.studio.log.load_all(WaitlistEntry, offered).values()
        assert {entry.status for entry in entries} <= {EntryStatus.WAITING}

    @invariant()
    def nobody_earlier_is_passed_over_without_a_reason(self) -> None:
        events = self.events()
        joined = {e.stream_id: e for e in events if e.event_type == WaitlistEntry.Joined.TOPIC}
        for opening in self.folded_openings():
            for each in opening.rounds:
                line = [
                    id
                    for id, preferences in self.wishes(events, each.as_of).items()
                    if preferences.is_with(opening.clinician_id)
                ]
                chosen = [id for id in line if id in each.offers.values()]
                ahead = line[: line.index(chosen[-1])] if chosen else []
                passed = {one.entry_id: one.because for one in each.passed_over}
                assert set(ahead) - set(chosen) <= passed.keys()
                if opening.cause == Cause.GIVEN_UP:
                    assert ahead == list(passed)
                assert all(joined[id].position <= each.as_of for id in passed)
                for id, because in passed.items():
                    if because == Reason.OUTSIDE_WINDOWS:
                        visit = TimeRange(each.time.starts_at, each.time.ends_at)
                        assert not self.wishes(events, each.as_of)[id].holds(visit, "Europe/Berlin")

    @invariant()
    def the_wait_list_is_the_fold_of_the_log(self) -> None:
        self.runner.catch_up(self.studio.tenant_id)
        waitlist = WaitlistQueries(self.container.app_transaction)
        entries, _ = waitlist.entries(self.studio.tenant_id, limit=1000)
        offers, _ = waitlist.offers(self.studio.tenant_id, limit=1000)
        joined = [e.stream_id for e in self.events() if e.event_type == WaitlistEntry.Joined.TOPIC]

        assert sorted(joined) == sorted(self.entries)
        assert [entry.entry_id for entry in entries] == joined
        assert {(e.entry_id, e.status, e.clinician_id, e.version) for e in entries} == {
            (e.id, e.status, e.preferences.clinician_id, e.version) for e in self.folded_entries()
        }
        assert {(o.offer_id, o.answer, o.because, o.appointment_id, o.version) for o in offers} == {
            (o.id, o.answer, o.because, o.appointment_id, o.version)
            for opening in self.folded_openings()
            for o in self.offers_of(opening)
        }

    def lines(self) -> ReadWaitingLines:
        return ReadWaitingLines(self.container.app_transaction)

    def wishes(self, events: list[LoggedEvent], as_of: int) -> dict[UUID, WaitlistPreferences]:
        """Return who waited at a position and for what, in line: from the events alone."""
        found: dict[UUID, WaitlistPreferences] = {}
        for event in events:
            if event.position > as_of or not event.event_type.startswith(WaitlistEntry.TOPIC):
                continue
            if event.event_type in (WaitlistEntry.Served.TOPIC, WaitlistEntry.Withdrawn.TOPIC):
                del found[event.stream_id]
            elif event.event_type != WaitlistEntry.Offered.TOPIC:
                entry = self.studio.log.look_up(WaitlistEntry, event.stream_id, version=event.version)
                found[event.stream_id] = entry.preferences
        return found

    def is_open(self, offer: Offer) -> bool:
        return offer.status_at(self.clock.now()) is OfferStatus.OPEN

    def folded_entries(self) -> list[WaitlistEntry]:
        return list(self.studio.log.load_all(WaitlistEntry, self.entries).values()) if self.entries else []

    def folded_openings(self) -> list[Opening]:
        return list(self.studio.log.load_all(Opening, self.openings).values()) if self.openings else []

    def offers_of(self, opening: Opening) -> list[Offer]:
        ids = [id for each in opening.rounds for id in each.offers]
        return list(self.studio.log.load_all(Offer, ids).values())
