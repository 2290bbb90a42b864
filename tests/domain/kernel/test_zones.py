"""Zones and local times: EC-02, EC-04 for one visit, EC-15, TZ5."""

from datetime import datetime

import pytest

from domain.kernel.errors import InvalidValueError
from domain.kernel.zones import (
    AmbiguousLocalTimeError,
    NonexistentLocalTimeError,
    UnknownZoneError,
    instant_of,
    spoken_dates,
    spoken_time,
    zone,
    zone_names,
)
from tests.support.availability_builders import at

wall = datetime.fromisoformat


class TestZone:
    @pytest.mark.parametrize(
        "name", ["Europe/Berlin", "Asia/Jerusalem", "America/Argentina/Buenos_Aires", "Asia/Kathmandu", "UTC"]
    )
    def test_knows_places(self, name: str) -> None:
        assert zone(name).key == name

    @pytest.mark.parametrize(
        "name",
        ["", "EST5EDT", "EST", "CET", "GMT+1", "Etc/GMT+5", "US/Eastern", "Israel", "posix/Europe/Berlin", "right/UTC", "localtime",
         "../../etc/passwd", "/etc/localtime", "Europe/../../../etc/passwd", "europe/berlin", "Europe/Berlin\x00", "Europe", "Mars/Base"],
    )  # fmt: skip
    def test_refuses_everything_else(self, name: str) -> None:
        with pytest.raises(UnknownZoneError) as refused:
            zone(name)

        assert (refused.value.code, refused.value.field) == ("unknown_zone", "zone")

    @pytest.mark.parametrize(
        ("name", "right"),
        [
            ("US/Eastern", "America/New_York"),
            ("Israel", "Asia/Jerusalem"),
            ("CET", "Europe/Brussels"),
            ("PRC", "Asia/Shanghai"),
            ("europe/berlin", "Europe/Berlin"),
            ("America/new_york", "America/New_York"),
            ("utc", "UTC"),
            ("Etc/UTC", "UTC"),
            ("Zulu", "UTC"),
        ],
    )
    def test_says_how_a_zone_is_called_that_has_another_name(self, name: str, right: str) -> None:
        with pytest.raises(UnknownZoneError, match=f"this one is called {right}$"):
            zone(name)

    @pytest.mark.parametrize("name", ["EST5EDT", "est5edt", "PST8PDT", "Etc/GMT+5", "GMT", "GMT0", "Etc/Greenwich"])
    def test_says_of_rules_without_a_place_that_they_are_none(self, name: str) -> None:
        with pytest.raises(UnknownZoneError, match=r"this one is no place, .* choose one, such as America/New_York$"):
            zone(name)

    @pytest.mark.parametrize("name", ["GMT+1", "Mars/Base", "../../etc/passwd", "", "ſ"])
    def test_says_nothing_of_what_it_does_not_know(self, name: str) -> None:
        with pytest.raises(UnknownZoneError, match=r"such as Europe/Berlin$"):
            zone(name)

    def test_every_name_on_the_list_can_be_used(self) -> None:
        assert len(zone_names()) > 300
        assert all(zone(name) for name in zone_names())


class TestInstantOf:
    @pytest.mark.parametrize(
        ("local", "name", "instant"),
        [
            ("2025-03-04T10:00", "America/New_York", "2025-03-04T15:00"),
            ("2025-03-11T10:00", "America/New_York", "2025-03-11T14:00"),
            ("2025-03-25T10:00", "America/New_York", "2025-03-25T14:00"),
            ("2025-03-02T15:00", "America/Chicago", "2025-03-02T21:00"),
            ("2025-03-09T15:00", "America/Chicago", "2025-03-09T20:00"),
            ("2026-06-01T09:00", "Asia/Kathmandu", "2026-06-01T03:15"),
            ("2026-03-08T03:00", "America/New_York", "2026-03-08T07:00"),
            ("2026-11-01T02:00", "America/New_York", "2026-11-01T07:00"),
        ],
    )
    def test_reads_the_wall_clock(self, local: str, name: str, instant: str) -> None:
        assert instant_of(wall(local), name) == at(instant)

    @pytest.mark.parametrize(
        ("local", "name"),
        [
            ("2026-03-08T02:30", "America/New_York"),
            ("2026-03-08T02:00", "America/New_York"),
            ("2026-03-29T02:59", "Europe/Berlin"),
            ("2026-10-04T02:15", "Australia/Lord_Howe"),
            ("2026-04-24T00:30", "Africa/Cairo"),
        ],
    )
    def test_refuses_a_time_that_the_clocks_jump_over(self, local: str, name: str) -> None:
        with pytest.raises(NonexistentLocalTimeError) as refused:
            instant_of(wall(local), name)

        assert (refused.value.code, refused.value.field) == ("nonexistent_local_time", "starts_at")

    @pytest.mark.parametrize("fold", [0, 1])
    @pytest.mark.parametrize(
        ("local", "name"),
        [
            ("2026-11-01T01:30", "America/New_York"),
            ("2026-10-25T02:00", "Europe/Berlin"),
            ("2026-04-05T01:45", "Australia/Lord_Howe"),
        ],
    )
    def test_refuses_a_time_that_the_clocks_show_twice(self, local: str, name: str, fold: int) -> None:
        with pytest.raises(AmbiguousLocalTimeError) as refused:
            instant_of(wall(local).replace(fold=fold), name)

        assert refused.value.code == "ambiguous_local_time"
        assert at("2026-11-01T01:30-05:00") == at("2026-11-01T06:30")

    def test_refuses_an_offset_beside_a_zone(self) -> None:
        with pytest.raises(InvalidValueError):
            instant_of(at("2026-06-01T09:00"), "Europe/Berlin")

    @pytest.mark.parametrize("local", ["0001-01-01T00:00", "9999-12-31T23:59"])
    def test_refuses_times_at_the_end_of_the_calendar(self, local: str) -> None:
        with pytest.raises(InvalidValueError):
            instant_of(wall(local), "Asia/Kathmandu" if local < "1" else "America/New_York")


class TestDisplayTime:
    TEN = at("2024-05-13T08:00")

    @pytest.mark.parametrize(
        ("clinic", "patient", "spoken"),
        [
            ("Europe/Berlin", None, "10:00 CEST"),
            ("Europe/Berlin", "Europe/Vienna", "10:00 CEST"),
            ("Europe/Berlin", "America/New_York", "04:00 EDT (10:00 CEST at the clinic)"),
            ("Asia/Kathmandu", None, "13:45 UTC+05:45"),
            ("Asia/Kathmandu", "America/Sao_Paulo", "05:00 UTC-03:00 (13:45 UTC+05:45 at the clinic)"),
            ("Asia/Jerusalem", "UTC", "08:00 UTC (11:00 IDT at the clinic)"),
        ],
    )
    def test_is_the_patients_with_the_clinics_beside_it(self, clinic: str, patient: str | None, spoken: str) -> None:
        assert spoken_time(self.TEN, clinic, patient) == spoken

    def test_the_dates_may_differ(self) -> None:
        late = at("2024-05-13T22:30")

        assert spoken_dates(late, "Europe/Berlin", "America/New_York") == ("2024-05-13", "2024-05-14")
        assert spoken_dates(late, "Europe/Berlin", None) == ("2024-05-14", "2024-05-14")
