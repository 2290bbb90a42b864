"""Who is chosen when a visit may be anyone's."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel.time_range import TimeRange
from domain.scheduling.availability.availability import offered
from domain.scheduling.availability.clinician_choice import ClinicianCandidate, choose_clinician, offered_by_anyone
from domain.scheduling.availability.open_periods import day_of
from domain.scheduling.availability.query import AvailabilityQuery
from domain.scheduling.availability.quotas import visits_by_day
from domain.scheduling.errors import ClinicianNotOfferingError, OutsideHoursError, SchedulingError, TimeTakenError
from domain.scheduling.time_claim import TimeClaim
from tests.support.availability_builders import at, availability_query, between, claim, hours, place, same_hours_daily
from tests.support.availability_strategies import availability_queries, limited_queries

MAYA, AVI, NOA = UUID(int=31), UUID(int=32), UUID(int=33)
SERVICE = UUID(int=40)
DAY = between("2026-06-01T00:00", "2026-06-02T00:00")


def visit(starts_at: str, ends_at: str) -> TimeClaim:
    return claim(starts_at, ends_at)._replace(service_id=SERVICE)


def query_with_hours(*busy: TimeClaim, times: str = "09:00-12:00") -> AvailabilityQuery:
    return availability_query(place(same_hours_daily(times)), minutes=60, busy=busy)


class TestChoice:
    def test_is_the_clinician_with_the_fewest_visits_that_day(self) -> None:
        clinician_candidates = [
            ClinicianCandidate(MAYA, query_with_hours(visit("2026-06-01T11:00", "2026-06-01T12:00"))),
            ClinicianCandidate(AVI, query_with_hours()),
        ]

        assert choose_clinician(clinician_candidates, at("2026-06-01T09:00")).clinician_id == AVI
        # On another day she has none either, and she joined first.
        assert choose_clinician(clinician_candidates, at("2026-06-02T09:00")).clinician_id == MAYA

    def test_is_one_who_is_preferred_if_they_are_free(self) -> None:
        clinician_candidates = [
            ClinicianCandidate(MAYA, query_with_hours()),
            ClinicianCandidate(AVI, query_with_hours(visit("2026-06-01T11:00", "2026-06-01T12:00"))),
        ]

        assert choose_clinician(clinician_candidates, at("2026-06-01T09:00"), preferred=[AVI]).clinician_id == AVI
        assert choose_clinician(clinician_candidates, at("2026-06-01T11:00"), preferred=[AVI]).clinician_id == MAYA
        assert (
            choose_clinician(clinician_candidates, at("2026-06-01T09:00"), preferred=[NOA, MAYA, AVI]).clinician_id
            == MAYA
        )

    def test_has_the_length_of_the_chosen_one(self) -> None:
        longer = availability_query(place(same_hours_daily("09:00-12:00")), minutes=90, step=60)
        clinician_candidates = [ClinicianCandidate(MAYA, longer), ClinicianCandidate(AVI, query_with_hours())]

        found = offered_by_anyone(clinician_candidates, DAY)

        assert [(choice.clinician_id, f"{choice.slot.ends_at:%H:%M}") for choice in found] == [
            (MAYA, "10:30"), (MAYA, "11:30"), (AVI, "12:00"),
        ]  # fmt: skip
        assert [choose_clinician(clinician_candidates, each.slot.starts_at) for each in found] == found

    def test_offers_each_start_once(self) -> None:
        clinician_candidates = [
            ClinicianCandidate(MAYA, query_with_hours()),
            ClinicianCandidate(AVI, query_with_hours(times="10:00-13:00")),
        ]

        found = offered_by_anyone(clinician_candidates, DAY)

        assert [(f"{choice.slot.starts_at:%H:%M}", choice.clinician_id) for choice in found] == [
            ("09:00", MAYA), ("10:00", MAYA), ("11:00", MAYA), ("12:00", AVI),
        ]  # fmt: skip

    def test_refuses_with_what_says_most(self) -> None:
        taken = query_with_hours(visit("2026-06-01T09:00", "2026-06-01T10:00"))
        away = availability_query(place(hours()), minutes=60)

        with pytest.raises(TimeTakenError):
            choose_clinician([ClinicianCandidate(MAYA, taken), ClinicianCandidate(AVI, away)], at("2026-06-01T09:00"))
        with pytest.raises(OutsideHoursError):
            choose_clinician([ClinicianCandidate(AVI, away)], at("2026-06-01T09:00"))
        with pytest.raises(ClinicianNotOfferingError):
            choose_clinician([], at("2026-06-01T09:00"))


@settings(max_examples=30)
@given(limited_queries(), limited_queries(), availability_queries(), st.sampled_from([(), (AVI,), (NOA, MAYA)]))
def test_anyone_is_offered_where_somebody_is_and_would_be_chosen(
    first: tuple[AvailabilityQuery, TimeRange],
    second: tuple[AvailabilityQuery, TimeRange],
    third: tuple[AvailabilityQuery, TimeRange],
    preferred: tuple[UUID, ...],
) -> None:
    window = first[1]
    clinician_candidates = [
        ClinicianCandidate(id, replace(query, rules=first[0].rules, now=first[0].now))
        for id, (query, _) in zip((MAYA, AVI, NOA), (first, second, third), strict=True)
    ]

    found = offered_by_anyone(clinician_candidates, window, preferred)

    by_each = {slot.starts_at for _, query in clinician_candidates for slot in offered(query, window)}
    assert [choice.slot.starts_at for choice in found] == sorted(by_each)
    for choice in found:
        assert choose_clinician(clinician_candidates, choice.slot.starts_at, preferred=preferred) == choice
        assert _is_first(clinician_candidates, choice.clinician_id, choice.slot.starts_at.timestamp(), preferred)
    for minutes in range(0, 600, 35):
        start = window.starts_at + timedelta(minutes=minutes)
        if start < window.ends_at and start not in by_each:
            with pytest.raises(SchedulingError):
                choose_clinician(clinician_candidates, start, preferred=preferred)


def _is_first(
    clinician_candidates: list[ClinicianCandidate], chosen: UUID, start: float, preferred: tuple[UUID, ...]
) -> bool:
    """Whether no free candidate ranks before the chosen one: a slow second implementation."""

    def place(contender: ClinicianCandidate) -> tuple[int, int, UUID]:
        rank = preferred.index(contender.clinician_id) if contender.clinician_id in preferred else 99
        day = day_of(contender.query.zone, int(start))
        return rank, visits_by_day(contender.query)[day], contender.clinician_id

    free = [
        contender
        for contender in clinician_candidates
        if any(
            slot.starts_at.timestamp() == start
            for slot in offered(
                contender.query,
                TimeRange(
                    at("1970-01-01T00:00") + timedelta(seconds=start),
                    at("1970-01-01T00:00") + timedelta(seconds=start + 60),
                ),
            )
        )
    ]
    return min(free, key=place).clinician_id == chosen
