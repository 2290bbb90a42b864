"""The practice: the business to which everything in one log belongs."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain.aggregate import Aggregate, FirstFact
from domain.holiday_calendar import HolidayCalendar
from domain.money import checked_currency
from domain.text import checked_locale, clean_text
from domain.zones import zone


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

    class Opened(FirstFact):
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

    @classmethod
    def open(cls, *, id: UUID, settings: PracticeSettings, at: datetime) -> Self:
        return cls._create(cls.Opened, id=id, timestamp=at, **asdict(settings))

    @event(Opened)
    def __init__(self, name: str, zone: str, currency: str, locale: str, timestamp: datetime) -> None:
        self.name, self.zone, self.currency, self.locale = name, zone, currency, locale
        self.holidays: HolidayCalendar | None = None
        self.pending_counts = False

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
