"""The practice: the business to which everything in one log belongs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from eventsourcing.domain import event

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.kernel.money import checked_currency
from domain.kernel.text import checked_locale, clean_text
from domain.kernel.zones import zone
from domain.practice.holiday_calendar import HolidayCalendar

OFFER_MINUTES: Final = 60
"""How long somebody who waits has to answer an offer, unless the practice says otherwise."""
LONGEST_OFFER_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class PracticeSettings:
    """What a practice is set to; the name is cleaned. Raises InvalidValueError, UnknownZoneError."""

    name: str
    zone: str
    currency: str
    locale: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", clean_text("name", self.name, 200))
        zone(self.zone)
        checked_currency("currency", self.currency)
        checked_locale("locale", self.locale)


class Practice(Aggregate):
    """Its id is the tenant's id."""

    TOPIC = "practice.practice"

    class Opened(InitialEvent):
        TOPIC = "practice.practice.opened"
        name: str
        zone: str
        currency: str
        locale: str

    class SettingsChanged(Aggregate.Event):
        TOPIC = "practice.practice.settings_changed"
        name: str
        zone: str
        currency: str
        locale: str

    class HolidaysSet(Aggregate.Event):
        TOPIC = "practice.practice.holidays_set"
        country: str | None
        subdivision: str | None

    class PendingCountsSet(Aggregate.Event):
        TOPIC = "practice.practice.pending_counts_set"
        counts: bool

    class WaitlistSet(Aggregate.Event):
        TOPIC = "practice.practice.waitlist_set"
        auto_fill: bool
        offer_minutes: int

    class ZoneRulesAdopted(Aggregate.Event):
        """Visits keep their times on the wall by the rules of ``release`` from now on. ``changes`` say what is other than before: by which
        release, in which zone and stretch, and the offsets from UTC before and after.
        """

        TOPIC = "practice.practice.zone_rules_adopted"
        release: str
        changes: list[str]

        def apply(self, aggregate: Any) -> None:
            aggregate.zone_release = self.release

    @classmethod
    def open(cls, *, id: UUID, settings: PracticeSettings, at: datetime) -> Self:
        return cls._create(cls.Opened, id=id, timestamp=at, **asdict(settings))

    @event(Opened)
    def __init__(self, name: str, zone: str, currency: str, locale: str, timestamp: datetime) -> None:
        self.name, self.zone, self.currency, self.locale = name, zone, currency, locale
        self.holidays: HolidayCalendar | None = None
        self.pending_counts = False
        self.auto_fill = True
        self.offer_minutes = OFFER_MINUTES
        self.zone_release: str | None = None

    @property
    def settings(self) -> PracticeSettings:
        return PracticeSettings(self.name, self.zone, self.currency, self.locale)

    def change_settings(self, to: PracticeSettings, at: datetime) -> bool:
        """Return whether anything was recorded: the same settings again record nothing."""
        if to == self.settings:
            return False
        self._settings_changed(**asdict(to), timestamp=at)
        return True

    @event(SettingsChanged)
    def _settings_changed(self, name: str, zone: str, currency: str, locale: str, timestamp: datetime) -> None:
        self.name, self.zone, self.currency, self.locale = name, zone, currency, locale

    def keep_holidays(self, of: HolidayCalendar | None, at: datetime) -> bool:
        """Keep the public holidays of a country, or none (None). Return whether anything was recorded."""
        if of == self.holidays:
            return False
        self._holidays_set(country=of.country if of else None, subdivision=of.subdivision if of else None, timestamp=at)
        return True

    @event(HolidaysSet)
    def _holidays_set(self, country: str | None, subdivision: str | None, timestamp: datetime) -> None:
        self.holidays = HolidayCalendar(country, subdivision) if country else None

    def count_pending(self, counts: bool, at: datetime) -> bool:
        """Say whether requests and holds count toward limits, as booked visits do. Return whether anything was recorded."""
        if counts == self.pending_counts:
            return False
        self._pending_counts_set(counts=counts, timestamp=at)
        return True

    @event(PendingCountsSet)
    def _pending_counts_set(self, counts: bool, timestamp: datetime) -> None:
        self.pending_counts = counts

    def fill_from_waitlist(self, auto_fill: bool, offer_minutes: int, at: datetime) -> bool:
        """Say whether time that is given up is offered to those who wait, and how long they have to answer.

        Return whether anything was recorded. Raises InvalidValueError: under a minute, or over a day.
        """
        if not 1 <= offer_minutes <= LONGEST_OFFER_MINUTES:
            raise InvalidValueError("waitlist", f"offer_minutes is at least 1 and at most {LONGEST_OFFER_MINUTES}")
        if (auto_fill, offer_minutes) == (self.auto_fill, self.offer_minutes):
            return False
        self._waitlist_set(auto_fill=auto_fill, offer_minutes=offer_minutes, timestamp=at)
        return True

    @event(WaitlistSet)
    def _waitlist_set(self, auto_fill: bool, offer_minutes: int, timestamp: datetime) -> None:
        self.auto_fill, self.offer_minutes = auto_fill, offer_minutes

    def adopt_zone_rules(self, release: str, changes: Sequence[str], at: datetime) -> bool:
        """Note that all visits go by a release of the time zone database. Return whether anything was recorded."""
        if release == self.zone_release:
            return False
        self.trigger_event(self.ZoneRulesAdopted, release=release, changes=list(changes), timestamp=at)
        return True
