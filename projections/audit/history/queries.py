"""Query histories: the events of an aggregate, readable, with what each of them changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.kernel.logged_event import AboutOthers, Body, LoggedEvent
from domain.kernel.personal_data import Unreadable
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.sessions.group_session import GroupSession
from projections.audit.history.sentences import sentence
from projections.engine.ports import LogSource, TenantTransaction

_TAKING_PART: Final = (
    "select distinct p.thing_id from history.participation p where p.tenant_id = %s and p.thing_id = any (%s)"
    " and not exists (select from log.event e where e.tenant_id = p.tenant_id and e.stream_id = p.stream_id and e.event_type = %s)"
)
_VISITS: Final = "select distinct stream_id from history.participation where tenant_id = %s and thing_id = any (%s)"


@dataclass(frozen=True, slots=True)
class Change:
    """A field whose value an event changed; values as in JSON."""

    field: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """An event; ``personal`` has its decrypted fields, or is ``ERASED``, ``Damaged`` or empty."""

    event: LoggedEvent
    personal: Body | Unreadable
    changes: Sequence[Change]

    @property
    def kind(self) -> str:
        """The kind of the event's aggregate: ``appointment``, ``patient``, ..."""
        return self.event.event_type.split(".")[-2]

    @property
    def sentence(self) -> str:
        return sentence(self.event.event_type)


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Lines in order; the next page begins after the position ``after``, None on the last."""

    lines: Sequence[HistoryLine]
    after: int | None


class HistoryQueries:
    """``log`` must be one that the caller's role may read, with the keys to open sealed fields."""

    def __init__(self, transaction: TenantTransaction, log: LogSource) -> None:
        self._transaction = transaction
        self._log = log

    def page(
        self,
        tenant_id: UUID,
        aggregate_id: UUID,
        *,
        also: Sequence[UUID] = (),
        visits: Sequence[UUID] | None = None,
        after: int = 0,
        until: int | None = None,
        limit: int = 100,
        with_visits: bool = True,
    ) -> HistoryPage:
        """Return a page of the events of an aggregate; none if it is unknown.

        ``also`` are ids that belong to it, such as merged patients. ``until`` is the last position.
        ``with_visits`` adds the events of visits that it took part in, or only of ``visits``; of
        group sessions, without those about other patients.
        """
        streams = [aggregate_id, *also]
        if with_visits:
            streams += self.visits_of(tenant_id, streams) if visits is None else visits
        others = AboutOthers(GroupSession.TOPIC, "patient_id", (aggregate_id, *also))
        found = [
            event
            for event in self._log.of_streams(tenant_id, streams, after, limit + 1, without=others)
            if until is None or event.position <= until
        ]
        events = found[:limit]
        states = self._states_before(tenant_id, events, others)
        lines = [_line(event, states[event.stream_id]) for event in events]
        return HistoryPage(lines, None if len(found) <= limit else events[-1].position)

    def visits_of(self, tenant_id: UUID, ids: Sequence[UUID]) -> list[UUID]:
        """Return the ids of the visits, sessions and consents that any of ``ids`` took part in."""
        with self._transaction(tenant_id) as cursor:
            return [id_ for (id_,) in cursor.execute(_VISITS, (tenant_id, list(ids)), binary=True)]

    def taking_part(self, tenant_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
        """Return the ids that ever took part in consents, or in a visit that was not withdrawn."""
        with self._transaction(tenant_id) as cursor:
            values = (tenant_id, list(ids), Appointment.Withdrawn.TOPIC)
            rows = cursor.execute(_TAKING_PART, values, binary=True).fetchall()
        return {id_ for (id_,) in rows}

    def _states_before(
        self, tenant_id: UUID, events: Sequence[LoggedEvent], others: AboutOthers
    ) -> dict[UUID, dict[str, object]]:
        """Return the fields of each stream before its first event among these."""
        states: dict[UUID, dict[str, object]] = {}
        for first in events:
            if first.stream_id in states:
                continue
            state = states[first.stream_id] = {}
            if first.version > 1:
                earlier = self._log.of_streams(tenant_id, [first.stream_id], 0, first.version - 1, without=others)
                for event in earlier:
                    if event.version < first.version:
                        state |= _fields(event, event.personal())
        return states


def _line(event: LoggedEvent, state: dict[str, object]) -> HistoryLine:
    """Return an event's line, and update the stream's state with its fields."""
    personal = event.personal()
    fields = _fields(event, personal)
    changes = [
        Change(field, state[field], value)
        for field, value in fields.items()
        if field in state and state[field] != value
    ]
    state |= fields
    return HistoryLine(event, personal, changes)


def _fields(event: LoggedEvent, personal: Body | Unreadable) -> dict[str, object]:
    return {**event.body, **({} if isinstance(personal, Unreadable) else personal)}
