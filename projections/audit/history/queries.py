"""Tells a thing's history from the log: what happened, when, by whom, and what it changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.kernel.logged_event import AboutOthers, Body, LoggedEvent
from domain.kernel.personal_data import Erased
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.sessions.group_session import GroupSession
from projections.audit.history.sentences import sentence
from projections.engine.ports import LogSource, TenantTransaction

_TAKEN_BACK: Final = Appointment.Withdrawn.TOPIC
_TAKING_PART: Final = (
    "select distinct p.thing_id from history.participation p where p.tenant_id = %s and p.thing_id = any (%s)"
    " and not exists (select from log.event e where e.tenant_id = p.tenant_id and e.stream_id = p.stream_id and e.event_type = %s)"
)
_VISITS: Final = "select distinct stream_id from history.participation where tenant_id = %s and thing_id = any (%s)"


@dataclass(frozen=True, slots=True)
class Change:
    """A field that an event gave another value; values as JSON knows them."""

    field: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One event, readable. ``personal`` holds what it sealed, or ``ERASED``; it is empty where nothing was sealed."""

    position: int
    stream_id: UUID
    version: int
    event_type: str
    sentence: str
    effective_at: datetime
    recorded_at: datetime
    actor: str
    causation_id: UUID | None
    facts: Body
    personal: Body | Erased
    changes: Sequence[Change]

    @property
    def kind(self) -> str:
        """What the event happened to: ``appointment``, ``patient``, ..."""
        return self.event_type.split(".")[-2]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Lines in the order of the log; the next page begins behind the position ``after``, None on the last."""

    lines: Sequence[HistoryLine]
    after: int | None


class HistoryQueries:
    """``log`` must be one that the asking role may read, with the keys to open what was sealed."""

    def __init__(self, transaction: TenantTransaction, log: LogSource) -> None:
        self._transaction = transaction
        self._log = log

    def page(
        self,
        tenant_id: UUID,
        thing_id: UUID,
        *,
        also: Sequence[UUID] = (),
        after: int = 0,
        until: int | None = None,
        limit: int = 100,
        with_visits: bool = True,
    ) -> HistoryPage:
        """Return what happened to a thing and, ``with_visits``, to the visits it took part in. Unknown things have no lines.

        ``also`` are things that are one with it: patients who were merged into it. ``until`` is a position of the log: what lies behind
        it is left out. Of a session that it took part in it is not told what others did there.
        """
        streams = [thing_id, *also]
        if with_visits:
            with self._transaction(tenant_id) as cursor:
                visits = cursor.execute(_VISITS, (tenant_id, streams), binary=True)
                streams += [stream_id for (stream_id,) in visits]
        others = AboutOthers(GroupSession.TOPIC, "patient_id", (thing_id, *also))
        found = [
            event
            for event in self._log.of_streams(tenant_id, streams, after, limit + 1, without=others)
            if until is None or event.position <= until
        ]
        events = found[:limit]
        states = self._states_before(tenant_id, events, others)
        lines = [_line(event, states.setdefault(event.stream_id, {})) for event in events]
        return HistoryPage(lines, None if len(found) <= limit else events[-1].position)

    def taking_part(self, tenant_id: UUID, thing_ids: Sequence[UUID]) -> set[UUID]:
        """Return those of some things that ever took part in another: in consents, in a visit unless it was taken back."""
        with self._transaction(tenant_id) as cursor:
            rows = cursor.execute(_TAKING_PART, (tenant_id, list(thing_ids), _TAKEN_BACK), binary=True).fetchall()
        return {thing_id for (thing_id,) in rows}

    def _states_before(
        self, tenant_id: UUID, events: Sequence[LoggedEvent], others: AboutOthers
    ) -> dict[UUID, dict[str, object]]:
        """Return what each stream held before its first event among these, as far as it may be told."""
        first: dict[UUID, int] = {}
        for event in events:
            first.setdefault(event.stream_id, event.version)
        states: dict[UUID, dict[str, object]] = {}
        for stream_id, version in first.items():
            state = states[stream_id] = {}
            if version > 1:
                earlier = self._log.of_streams(tenant_id, [stream_id], 0, version - 1, without=others)
                for event in earlier:
                    if event.version < version:
                        state |= _held(event, event.personal())
        return states


def _line(event: LoggedEvent, state: dict[str, object]) -> HistoryLine:
    """Tell an event, and bring the stream's state behind it."""
    personal = event.personal()
    held = _held(event, personal)
    changes = [
        Change(field, state[field], value) for field, value in held.items() if field in state and state[field] != value
    ]
    state |= held
    return HistoryLine(
        position=event.position,
        stream_id=event.stream_id,
        version=event.version,
        event_type=event.event_type,
        sentence=sentence(event.event_type),
        effective_at=event.effective_at,
        recorded_at=event.recorded_at,
        actor=event.actor,
        causation_id=event.causation_id,
        facts=event.body,
        personal=personal,
        changes=changes,
    )


def _held(event: LoggedEvent, personal: Body | Erased) -> dict[str, object]:
    return {**event.body, **({} if isinstance(personal, Erased) else personal)}
