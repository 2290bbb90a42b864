"""The practice: the business that owns one log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.kernel.money import checked_currency
from domain.kernel.text import checked_locale, clean_text
from domain.kernel.value import Value
from domain.kernel.zones import zone
from domain.practice.holiday_calendar import HolidayCalendar, HolidaysEvent

OFFER_MINUTES: Final = 60
"""The default time to answer a waitlist offer."""
LONGEST_OFFER_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class PracticeSettings(Value):
    """The name is cleaned. Raises InvalidValueError, UnknownZoneError."""

    name: str
    zone: str
    currency: str
    locale: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", clean_text("name", self.name, 200))
        zone(self.zone)
        checked_currency("currency", self.currency)
        checked_locale("locale", self.locale)


class SettingsFields(Aggregate.Event):
    """The fields of PracticeSettings."""

    name: str
    zone: str
    currency: str
    locale: str


class Practice(Aggregate):
    """A practice; its id is the tenant's id."""

    TOPIC = "practice.practice"

    name: str
    zone: str
    currency: str
    locale: str
    holidays: HolidayCalendar | None = None
    pending_counts: bool = False
    auto_fill: bool = True
    offer_minutes: int = OFFER_MINUTES
    zone_release: str | None = None

    class Opened(SettingsFields, InitialEvent):
        TOPIC = "practice.practice.opened"

    class SettingsChanged(SettingsFields):
        TOPIC = "practice.practice.settings_changed"

        def apply(self, aggregate: Practice) -> None:
            aggregate.name, aggregate.zone = self.name, self.zone
            aggregate.currency, aggregate.locale = self.currency, self.locale

    class HolidaysSet(HolidaysEvent):
        TOPIC = "practice.practice.holidays_set"

        def apply(self, aggregate: Practice) -> None:
            aggregate.holidays = self.calendar

    class PendingCountsSet(Aggregate.Event):
        TOPIC = "practice.practice.pending_counts_set"
        counts: bool

        def apply(self, aggregate: Practice) -> None:
            aggregate.pending_counts = self.counts

    class WaitlistSet(Aggregate.Event):
        TOPIC = "practice.practice.waitlist_set"
        auto_fill: bool
        offer_minutes: int

        def apply(self, aggregate: Practice) -> None:
            aggregate.auto_fill, aggregate.offer_minutes = self.auto_fill, self.offer_minutes

    class ZoneRulesAdopted(Aggregate.Event):
        """Visits keep their local times under the zone rules of ``release`` from now on.

        Each of ``changes`` names a former release, a zone, a period, and the offsets from UTC
        before and after.
        """

        TOPIC = "practice.practice.zone_rules_adopted"
        release: str
        changes: list[str]

        def apply(self, aggregate: Practice) -> None:
            aggregate.zone_release = self.release

    @classmethod
    def open(cls, *, id: UUID, settings: PracticeSettings, at: datetime) -> Self:
        return cls._create(cls.Opened, id=id, timestamp=at, **settings.fields())

    @property
    def settings(self) -> PracticeSettings:
        return PracticeSettings.of(self)

    def change_settings(self, to: PracticeSettings, at: datetime) -> bool:
        return self.trigger_if(to != self.settings, self.SettingsChanged, **to.fields(), timestamp=at)

    def keep_holidays(self, of: HolidayCalendar | None, at: datetime) -> bool:
        """Close on the public holidays of a country, or on none."""
        fields = HolidaysEvent.fields_of(of)
        return self.trigger_if(of != self.holidays, self.HolidaysSet, **fields, timestamp=at)

    def count_pending(self, counts: bool, at: datetime) -> bool:
        """Set whether requests and holds count towards limits."""
        return self.trigger_if(counts != self.pending_counts, self.PendingCountsSet, counts=counts, timestamp=at)

    def fill_from_waitlist(self, auto_fill: bool, offer_minutes: int, at: datetime) -> bool:
        """Set whether freed time is offered to the waitlist, and the minutes to answer an offer.

        Raises InvalidValueError: under a minute or over a day.
        """
        if not 1 <= offer_minutes <= LONGEST_OFFER_MINUTES:
            raise InvalidValueError("waitlist", f"offer_minutes is at least 1 and at most {LONGEST_OFFER_MINUTES}")
        is_change = (auto_fill, offer_minutes) != (self.auto_fill, self.offer_minutes)
        return self.trigger_if(
            is_change, self.WaitlistSet, auto_fill=auto_fill, offer_minutes=offer_minutes, timestamp=at
        )

    def adopt_zone_rules(self, release: str, changes: Sequence[str], at: datetime) -> bool:
        """Record that all visits follow a release of the time zone database."""
        is_change = release != self.zone_release
        return self.trigger_if(is_change, self.ZoneRulesAdopted, release=release, changes=list(changes), timestamp=at)
