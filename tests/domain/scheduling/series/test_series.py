"""A series: what its occurrences are known by, and what changes do to it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from uuid_utils.compat import uuid7

from domain.kernel.errors import InvalidValueError
from domain.scheduling.series.occurrence_plan import PlanChange, PlannedOccurrence, Scope
from domain.scheduling.series.occurrences import shifted
from domain.scheduling.series.series import Series

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)
TEN = datetime(2026, 6, 2, 10, tzinfo=ZoneInfo("Europe/Berlin"))
WEEK = timedelta(weeks=1)


def plan_session(number: int = 4, skipped: tuple[int, ...] = ()) -> Series:
    visits = [
        PlannedOccurrence(
            index,
            datetime(2026, 6, 2, 10) + (index - 1) * WEEK,  # noqa: DTZ001  a time on the wall clock
            TEN + (index - 1) * WEEK,
            None if index in skipped else uuid7(),
            "time_taken" if index in skipped else None,
        )
        for index in range(1, number + 1)
    ]
    return Series.plan(
        id=uuid7(),
        patient_id=uuid7(),
        service_id=uuid7(),
        clinician_id=uuid7(),
        zone="Europe/Berlin",
        rrule="FREQ=WEEKLY;COUNT=4",
        occurrences=visits,
        at=NOW,
    )


class TestPlan:
    def test_keeps_the_order_of_booked_and_skipped(self) -> None:
        series = plan_session(skipped=(2,))

        assert [(visit.index, visit.skipped) for visit in series.occurrences.values()] == [
            (1, None),
            (2, "time_taken"),
            (3, None),
            (4, None),
        ]

    def test_has_at_least_one_visit(self) -> None:
        with pytest.raises(InvalidValueError):
            plan_session(skipped=(1, 2, 3, 4))


class TestScope:
    @pytest.mark.parametrize(
        ("scope", "indexes"), [(Scope.THIS, [3]), (Scope.FOLLOWING, [3, 4]), (Scope.ALL, [1, 3, 4])]
    )
    def test_has_the_booked_visits(self, scope: Scope, indexes: list[int]) -> None:
        assert list(plan_session(skipped=(2,)).in_scope(3, scope)) == indexes

    @pytest.mark.parametrize("index", [0, 2, 5])
    def test_starts_from_a_booked_visit(self, index: int) -> None:
        with pytest.raises(InvalidValueError) as refused:
            plan_session(skipped=(2,)).in_scope(index, Scope.ALL)

        assert refused.value.field == "from_occurrence"


class TestChange:
    def test_of_several_visits_changes_the_plan(self) -> None:
        series, other = plan_session(), uuid7()
        later = TEN + WEEK + timedelta(hours=4)

        series.change(PlanChange(Scope.FOLLOWING, 2, [2], {3: "already_cancelled"}), other, {2: later}, NOW)

        assert (series.occurrences[2].starts_at, series.occurrences[2].original.hour) == (later, 10)
        assert series.clinician_id == other
        last = series.last_change
        assert last is not None
        assert (last.scope, last.from_index, last.changed, last.reasons) == (
            "following",
            2,
            [2],
            {3: "already_cancelled"},
        )

    def test_of_one_visit_keeps_the_plan(self) -> None:
        series = plan_session()
        clinician = series.clinician_id

        series.change(PlanChange(Scope.THIS, 2, [2], {}), uuid7(), {2: TEN}, NOW)

        assert series.occurrences[2].starts_at == TEN + WEEK
        assert series.clinician_id == clinician


class TestShifted:
    def test_keeps_the_local_time_across_the_clock_change(self) -> None:
        berlin = ZoneInfo("Europe/Berlin")
        summer = datetime(2026, 10, 20, 10, tzinfo=berlin).astimezone(UTC)
        winter = datetime(2026, 10, 27, 10, tzinfo=berlin).astimezone(UTC)

        moved = shifted(winter, "Europe/Berlin", summer, datetime(2026, 10, 21, 14, tzinfo=berlin))

        assert moved == datetime(2026, 10, 28, 14, tzinfo=berlin)

    def test_moves_the_chosen_visit_to_the_exact_time(self) -> None:
        second_half_past_two = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)

        assert shifted(TEN, "Europe/Berlin", TEN, second_half_past_two) == second_half_past_two

    def test_replaces_another_time_of_day(self) -> None:
        at_noon = TEN + WEEK + timedelta(hours=2)

        assert shifted(at_noon, "Europe/Berlin", TEN, TEN - timedelta(hours=1)) == TEN + WEEK - timedelta(hours=1)
