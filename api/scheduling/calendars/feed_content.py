"""What a feed shows. It imports little: calculating processes write feeds too."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from application.scheduling.calendars.calendar_visit import CalendarVisit, spoken, uid_of
from application.scheduling.calendars.ports import CalendarWriter


class FeedEntry(NamedTuple):
    """A visit or a session, as ``FeedVisit`` in the calendar's queries."""

    id: UUID
    patient_id: UUID | None
    service_id: UUID
    staff_ids: Sequence[UUID]
    location_id: UUID
    starts_at: datetime
    ends_at: datetime
    version: int
    revised_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedContent:
    """Plain values: the entries of a feed, and the names of what they refer to.

    ``services`` None: only that time is busy. ``people`` are those to name beside the service; who
    is not among them is not named. ``locations`` have a name and a zone, ``reader_zone`` is that of
    the patient whose feed it is.
    """

    practice_id: UUID
    name: str
    entries: Sequence[FeedEntry]
    services: Mapping[UUID, str] | None = None
    locations: Mapping[UUID, tuple[str, str]]
    people: Mapping[UUID, str]
    names_staff: bool = False
    reader_zone: str | None = None

    def visits(self) -> Iterator[CalendarVisit]:
        for entry in self.entries:
            summary, location, description = "Busy", None, None
            if self.services is not None:
                location, zone = self.locations[entry.location_id]
                summary = ", ".join([self.services[entry.service_id], *self._names(entry)])
                description = spoken(entry.starts_at, zone, self.reader_zone)
            yield CalendarVisit(
                uid=uid_of(self.practice_id, entry.id),
                version=entry.version,
                revised_at=entry.revised_at,
                starts_at=entry.starts_at,
                ends_at=entry.ends_at,
                summary=summary,
                location=location,
                description=description,
            )

    def _names(self, entry: FeedEntry) -> Iterator[str]:
        # A session has no patient_id: no feed contains who is enrolled in it.
        ids = entry.staff_ids if self.names_staff else [entry.patient_id] if entry.patient_id else []
        return (self.people[id_] for id_ in ids if id_ in self.people)


def written_feed(writer: CalendarWriter, content: FeedContent) -> bytes:
    """Return a feed as iCalendar."""
    return writer.feed(content.name, content.visits()).encode()
