"""Rules for the scheduling machine: concurrent commands on series."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from application.kernel.practice_log import Outcome
from application.scheduling.series.book_series import BookSeries
from application.scheduling.series.change_series import CancelSeries, ChangeSeries, ChangeSeriesNotes
from application.scheduling.series.plan_occurrences import OnConflict
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.series.occurrence_plan import Scope
from domain.scheduling.series.series import Series
from projections.engine.runner import Runner
from projections.scheduling.calendar.queries import CalendarQueries
from tests.support.commands import executor
from tests.support.container import Container, by_test
from tests.support.seeded_practice import MONDAY, SeededPractice, fixed_clock

_STARTS = [MONDAY + timedelta(minutes=30 * step) for step in range(8)]


class SeriesCommands:
    """Mixed into the machine, which keeps ``booked``: every appointment that there is."""

    container: Container
    studio: SeededPractice
    runner: Runner
    booked: list[UUID]
    series: list[UUID]
    run_commands: Callable[[int, Callable[[int], object]], list[object]]

    @rule(
        requests=st.lists(
            st.tuples(
                st.integers(0, 7),
                st.integers(0, 1),
                st.booleans(),
                st.integers(1, 4),
                st.sampled_from(list(OnConflict)),
            ),
            min_size=1,
            max_size=3,
        )
    )
    def book_series(self, requests: list[tuple[int, int, bool, int, OnConflict]]) -> None:
        handler = executor(self.container.logs, fixed_clock())

        def request(number: int) -> Outcome[Series]:
            start, clinician, needs_room, count, on_conflict = requests[number]
            command = BookSeries(
                self.studio.patients[0],
                self.studio.massage if needs_room else self.studio.talk,
                self.studio.clinicians[clinician],
                _STARTS[start],
                f"FREQ=WEEKLY;COUNT={count}",
                on_conflict,
                notes="אותו דבר" if needs_room else None,
            )
            return handler(self.studio.tenant_id, command, by_test())

        for outcome in self.run_commands(len(requests), request):
            if isinstance(outcome, Outcome):
                self.series.append(outcome.aggregate.id)
                self.booked += [visit.booked_id for visit in outcome.aggregate.occurrences.values() if visit.booked_id]

    @rule(
        requests=st.lists(
            st.tuples(
                st.integers(0, 10),
                st.integers(1, 4),
                st.sampled_from(list(Scope)),
                st.integers(0, 7),
                st.integers(-1, 1),
                st.sampled_from(list(OnConflict)),
                st.sampled_from(["cancel", "move", "give", "room", "move and give", "note"]),
                st.integers(0, 1),
            ),
            min_size=1,
            max_size=3,
        )
    )
    def change_series(self, requests: list[tuple[int, int, Scope, int, int, OnConflict, str, int]]) -> None:
        handler = executor(self.container.logs, fixed_clock())
        noting = executor(self.container.logs, fixed_clock())

        def request(number: int) -> Outcome[Series]:
            which, index, scope, start, weeks, on_conflict, how, to_whom = requests[number]
            id = self.series[which % len(self.series)]
            if how == "cancel":
                return handler(self.studio.tenant_id, CancelSeries(id, index, scope, "ill"), by_test())
            if how == "note":
                notes = None if weeks < 0 else f"for {scope} from {index}"
                return noting(self.studio.tenant_id, ChangeSeriesNotes(id, index, scope, notes), by_test())
            command = ChangeSeries(
                id=id,
                from_occurrence=index,
                scope=scope,
                starts_at=_STARTS[start] + timedelta(weeks=index - 1 + weeks) if "move" in how else None,
                clinician_id=self.studio.clinicians[to_whom] if "give" in how else None,
                resource_ids=(self.studio.rooms[to_whom],) if how == "room" else None,
                on_conflict=on_conflict,
            )
            return handler(self.studio.tenant_id, command, by_test())

        self.run_commands(len(requests) if self.series else 0, request)

    @invariant()
    def no_occurrence_is_lost_or_doubled(self) -> None:
        for series in self.folded_series():
            visits = list(series.occurrences.values())
            assert [visit.index for visit in visits] == list(range(1, len(visits) + 1))
            assert len({visit.original for visit in visits}) == len(visits)
            assert all((visit.booked_id is None) == (visit.skipped is not None) for visit in visits)
            assert {visit.booked_id for visit in visits} - {None} <= set(self.booked)
            booked = {visit.booked_id: visit for visit in visits if visit.booked_id is not None}
            for id, one in self.studio.log.load_all(Appointment, list(booked)).items():
                known = (one.series_id, one.occurrence, one.original)
                assert known == (series.id, booked[id].index, booked[id].original.isoformat())

    @invariant()
    def the_list_of_series_agrees_with_the_log(self) -> None:
        self.runner.catch_up(self.studio.tenant_id)
        entries, _ = CalendarQueries(self.container.app_transaction).series(self.studio.tenant_id, limit=200)

        assert {(e.series_id, e.clinician_id, e.booked, e.skipped, e.version) for e in entries} == {
            (
                series.id,
                series.clinician_id,
                sum(visit.booked_id is not None for visit in series.occurrences.values()),
                sum(visit.skipped is not None for visit in series.occurrences.values()),
                series.version,
            )
            for series in self.folded_series()
        }

    def folded_series(self) -> list[Series]:
        return list(self.studio.log.load_all(Series, self.series).values())
