"""Views of the calendar, and the rules of time zones."""

from dataclasses import dataclass

from adapters.icalendar.calendar_writer import IcalendarWriter
from api.bootstrap.storage import Storage
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLogs
from application.scheduling.calendars.ports import CalendarWriter
from application.scheduling.zone_changes.adopt_zone_rules import AdoptZoneRulesHandler
from event_store.read.zone_sightings import ZoneSightingStore
from projections.scheduling.calendar.feed_queries import FeedQueries
from projections.scheduling.calendar.past import PastCalendar
from projections.scheduling.calendar.queries import CalendarQueries


@dataclass(frozen=True)
class Scheduling:
    calendar: CalendarQueries
    past_calendar: PastCalendar
    feeds: FeedQueries
    calendar_writer: CalendarWriter
    zone_sightings: ZoneSightingStore
    adopt_zone_rules: AdoptZoneRulesHandler


def scheduling(storage: Storage, logs: PracticeLogs, clock: Clock) -> Scheduling:
    """Wire the context, and record which release of the time zone database this process uses."""
    zone_sightings = ZoneSightingStore(storage.store.pool)
    zone_sightings.note_own(clock.now())
    transaction = storage.transaction
    return Scheduling(
        CalendarQueries(transaction),
        PastCalendar(transaction, storage.log_reader),
        FeedQueries(transaction),
        IcalendarWriter(),
        zone_sightings,
        AdoptZoneRulesHandler(logs, clock, zone_sightings),
    )
