"""Rules for the scheduling machine: imports of busy time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from adapters.icalendar.calendar_reader import IcalendarReader
from application.kernel.practice_log import Outcome
from application.scheduling.availability.find_slots import FindSlots
from application.scheduling.calendars.import_busy_time import BusyTimeImported, ImportBusyTime
from domain.kernel.time_range import TimeRange
from domain.scheduling.calendars.busy_calendar import BusyCalendar
from tests.support.commands import asker, executor
from tests.support.container import Container, SettableClock, by_test
from tests.support.seeded_practice import MONDAY, SeededPractice, fixed_clock

_STARTS = [MONDAY + timedelta(minutes=30 * step) for step in range(8)]


class BusyRules:
    """Mixed into the machine. Importing is never refused, whatever lies there."""

    container: Container
    studio: SeededPractice
    busy: set[UUID]
    clock: SettableClock
    run_commands: Callable[[int, Callable[[int], object]], list[object]]

    @rule(
        imports=st.lists(
            st.tuples(
                st.integers(0, 1),
                st.sampled_from(["private", "google"]),
                st.lists(st.tuples(st.integers(0, 7), st.sampled_from([15, 30, 90])), max_size=3),
            ),
            min_size=1,
            max_size=3,
        )
    )
    def import_busy_time(self, imports: list[tuple[int, str, list[tuple[int, int]]]]) -> None:
        handler = executor(self.container.logs, fixed_clock(), IcalendarReader())

        def import_(number: int) -> Outcome[BusyCalendar]:
            clinician, name, times = imports[number]
            command = ImportBusyTime(self.studio.clinicians[clinician], name, calendar(times))
            return handler(self.studio.tenant_id, command, by_test())

        for outcome in self.run_commands(len(imports), import_):
            assert isinstance(outcome, BusyTimeImported), outcome
            if outcome.aggregate.version > len(outcome.aggregate.pending_events):
                self.busy.add(outcome.aggregate.id)
        last = imports[-1]
        again = handler(
            self.studio.tenant_id,
            ImportBusyTime(self.studio.clinicians[last[0]], last[1], calendar(last[2])),
            by_test(),
        )
        if len({(clinician, name) for clinician, name, _ in imports}) == len(imports):
            assert isinstance(again, BusyTimeImported)
            assert (again.counts.added, again.counts.moved, again.counts.removed) == (0, 0, 0)

    @invariant()
    def nothing_is_offered_while_a_clinician_is_busy_elsewhere(self) -> None:
        busy = [claim for calendar in self.busy_calendars() for claim in calendar.claims()]
        for clinician_id in {claim.what for claim in busy}:
            window = TimeRange(MONDAY - timedelta(hours=1), MONDAY + timedelta(hours=6))
            found = asker(self.container.logs, fixed_clock())(
                self.studio.tenant_id, FindSlots(self.studio.talk, clinician_id, window)
            )
            for slot in (choice.slot for choice in found.choices):
                offered = TimeRange(slot.starts_at, slot.ends_at)
                assert not any(claim.what == clinician_id and claim.during.overlaps(offered) for claim in busy)

    def busy_calendars(self) -> list[BusyCalendar]:
        return list(self.studio.log.load_all(BusyCalendar, list(self.busy)).values())


def calendar(times: list[tuple[int, int]]) -> bytes:
    """Return a calendar with an event at each of the times: (which start, how many minutes)."""
    events = [
        f"BEGIN:VEVENT\r\nUID:{start}@example.org\r\nDTSTART:{_zulu(_STARTS[start])}\r\n"
        f"DURATION:PT{minutes}M\r\nEND:VEVENT\r\n"
        for start, minutes in times
    ]
    return f"BEGIN:VCALENDAR\r\n{''.join(events)}END:VCALENDAR\r\n".encode()


def _zulu(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%SZ}"
