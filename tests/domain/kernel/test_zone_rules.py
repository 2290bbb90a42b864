"""TZ6: a time on the wall is kept when the rules of its zone change."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.zone_rules import ZoneRules, at_same_local_time, disagreements
from domain.kernel.zone_sightings import Sighting, Sightings
from domain.kernel.zones import RELEASE
from tests.support.availability_builders import at

BEGINS, ENDS = at("2024-01-01T00:00"), at("2032-01-01T00:00")
ASUNCION = "America/Asuncion"
OLD = ZoneRules(
    (
        (BEGINS, -3 * 3600),
        (at("2024-03-24T03:00"), -4 * 3600),
        (at("2024-10-06T04:00"), -3 * 3600),
        (at("2025-03-23T03:00"), -4 * 3600),
        (at("2025-10-05T04:00"), -3 * 3600),
    ),
    ENDS,
)
"""Paraguay as release 2024a had it, up to the spring of 2026."""
NEW = ZoneRules.read(ASUNCION, 2024)
"""The same since 2024b: since October 2024 the clocks stay."""

offsets = st.integers(-12 * 4, 14 * 4).map(lambda quarters: quarters * 900)
moments = st.integers(0, int((ENDS - BEGINS).total_seconds()) - 1).map(
    lambda seconds: BEGINS + timedelta(seconds=seconds)
)


@st.composite
def rules(draw: st.DrawFn) -> ZoneRules:
    """Offsets that change by up to three hours, at most once in two days, as in real history."""
    changes = [(BEGINS, draw(offsets))]
    for moment in sorted(draw(st.lists(moments, max_size=12))):
        if moment - changes[-1][0] > timedelta(days=2):
            jump = draw(st.integers(-12, 12)) * 900
            changes.append((moment, changes[-1][1] + jump))
    return ZoneRules(tuple(changes), ENDS)


class TestZoneRules:
    def test_are_read_to_the_second(self) -> None:
        assert NEW.changes == (
            (BEGINS, -3 * 3600),
            (at("2024-03-24T03:00"), -4 * 3600),
            (at("2024-10-06T04:00"), -3 * 3600),
        )
        berlin = ZoneRules.read("Europe/Berlin", 2026)
        assert berlin.changes[1:3] == ((at("2026-03-29T01:00"), 7200), (at("2026-10-25T01:00"), 3600))

    def test_know_the_fasts_of_morocco(self) -> None:
        """The clocks there go back for five weeks only."""
        changes = ZoneRules.read("Africa/Casablanca", 2026).changes

        assert [offset for _, offset in changes[:3]] == [3600, 0, 3600]
        assert changes[2][0] - changes[1][0] < timedelta(days=40)

    @given(rules(), moments)
    def test_tell_an_instant_of_the_time_on_the_wall_that_the_clock_shows(
        self, some: ZoneRules, moment: datetime
    ) -> None:
        again = some.instant(some.local_time(moment))

        assert again <= moment
        assert some.local_time(again) == some.local_time(moment)

    def test_take_the_first_of_two_times_and_go_on_by_the_jump(self) -> None:
        berlin = ZoneRules.read("Europe/Berlin", 2026)

        assert berlin.instant(datetime.fromisoformat("2026-10-25T02:30")) == at("2026-10-25T00:30")
        assert berlin.instant(datetime.fromisoformat("2026-03-29T02:30")) == at("2026-03-29T01:30")
        assert berlin.local_time(at("2026-03-29T01:30")) == datetime.fromisoformat("2026-03-29T03:30")


class TestTwoReleases:
    def test_disagree_where_paraguay_keeps_its_clocks_and_nowhere_else(self) -> None:
        found = disagreements(OLD, NEW, at("2024-10-01T00:00"))

        assert [str(disagreement) for disagreement in found] == ["2025-03-23T03:00Z/2025-10-05T04:00Z -04:00 -03:00"]
        assert disagreements(OLD, NEW, at("2025-10-05T04:00")) == []

    @given(rules(), rules(), moments)
    def test_move_what_lies_where_they_disagree_and_nothing_else(
        self, old: ZoneRules, new: ZoneRules, moment: datetime
    ) -> None:
        touched = any(s.during.starts_at <= moment < s.during.ends_at for s in disagreements(old, new, BEGINS))

        assert touched == (old.offset_at(moment) != new.offset_at(moment))
        if not touched:
            assert at_same_local_time(moment, old, new) == moment

    @given(rules(), rules(), moments)
    def test_keep_the_time_on_the_wall_wherever_there_is_one(
        self, old: ZoneRules, new: ZoneRules, moment: datetime
    ) -> None:
        wall = old.local_time(moment)
        to = at_same_local_time(moment, old, new)

        exists = any(
            new.local_time(wall.replace(tzinfo=UTC) - timedelta(seconds=offset)) == wall for _, offset in new.changes
        )
        jump = (
            max(b[1] - a[1] for a, b in zip(new.changes, new.changes[1:], strict=False)) if len(new.changes) > 1 else 0
        )
        if exists:
            assert new.local_time(to) == wall
        else:
            assert timedelta() < new.local_time(to) - wall <= timedelta(seconds=max(jump, 0))


class TestRulesInUse:
    def test_follows_from_when_it_was(self) -> None:
        own = Sighting.own(at("2024-09-15T00:00"))
        first = Sighting(seen_at=at("2024-02-01T00:00"), release="2024a", from_year=2024, changes={})
        seen = Sightings([own, first])

        when = ["2023-01-01T00:00", "2024-09-14T23:59", "2024-09-15T00:00", "2025-01-01T00:00"]
        assert [seen.release(seen.in_force_at(at(each))) for each in when] == ["2024a", "2024a", RELEASE, RELEASE]
        assert seen.newest.rules(ASUNCION) == NEW
        assert first.rules(ASUNCION) is None
