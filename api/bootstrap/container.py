"""The composition root: wires the log, the keys, the read models and the clock from the settings.

with open_container(Settings()) as container:      # starts or joins the embedded server, or uses DATABASE_URL; migrates
    container.logs ... container.clock ...         # what handlers take
    container.run_projectors(stop)             # what `scheduler project` does
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Final
from uuid import UUID

from adapters.holidays.public_holidays import CalculatedHolidays
from adapters.http.addresses import Policy
from adapters.http.outbound_http import PinnedOutboundHttp
from adapters.icalendar.calendar_reader import IcalendarReader
from adapters.icalendar.calendar_writer import IcalendarWriter
from adapters.phonenumbers.phone_numbers import LibPhoneNumbers
from adapters.postgres.auto_fill_worker import AutoFillWorker
from adapters.postgres.connections import OUTAGES, TenantWork, connecting, relaxed
from adapters.postgres.waiting_lines import ReadWaitingLines
from adapters.postgres.webhook_worker import WebhookWorker
from adapters.postgres.zone_keeper import ZoneKeeper
from adapters.system.clock import FrozenClock, SystemClock
from api.bootstrap.database_server import Server, open_server
from api.bootstrap.settings import Settings
from api.processes.run_together import run_together
from application.kernel.errors import UnavailableError
from application.kernel.permissions import Actor
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLogs
from application.scheduling.calendars.ports import CalendarReader, CalendarWriter
from application.scheduling.zone_changes.adopt_zone_rules import AdoptZoneRulesHandler
from application.waitlist.auto_fill import AutoFill
from application.waitlist.ports import WaitingLines
from application.webhooks.ports import OutboundHttp, SecretBox
from domain.access.api_key import Role
from domain.webhooks.public_events import public_names
from event_store.append.notifier import Notifier, listen
from event_store.embedded import EmbeddedServerError
from event_store.errors import MigrationError, UnsafeDatabaseError
from event_store.keys.blind_index import words_of
from event_store.keys.key_ring import KeyRing
from event_store.keys.master_key import MasterKeyError
from event_store.keys.practice_secrets import PracticeSecrets
from event_store.log_store import LogStore
from event_store.read.audit_reader import AuditReader
from event_store.read.log_reader import LogReader
from event_store.read.stream_lookup import StreamLookup
from event_store.read.visit_lookup import VisitLookup
from event_store.read.zone_sightings import ZoneSightingStore
from event_store.tenancy import open_pool, tenant_transaction
from event_store.topics import event_classes
from projections.access.tokens.feed_queries import FeedRecord, feeds_of, find_feed
from projections.access.tokens.queries import KeyRecord, find_key, keys_of
from projections.audit.history.instants import Instants
from projections.audit.history.queries import HistoryQueries
from projections.engine import cursors
from projections.engine.cursors import ViewStatus
from projections.engine.errors import ViewBehindError
from projections.engine.runner import Runner
from projections.engine.waiting import wait_for
from projections.importing.imports.queries import ImportQueries
from projections.patients.directory.queries import PatientQueries
from projections.read_models import READ_MODELS, projectors
from projections.rebuild import Incomplete, Progress, Rebuild
from projections.scheduling.calendar.course_queries import CourseQueries
from projections.scheduling.calendar.feed_queries import FeedQueries
from projections.scheduling.calendar.past import PastCalendar
from projections.scheduling.calendar.queries import CalendarQueries
from projections.scheduling.calendar.series_queries import SeriesQueries
from projections.scheduling.calendar.session_queries import SessionQueries
from projections.waitlist.auto_fill.projector import AutoFillProjector
from projections.waitlist.entries.queries import WaitlistQueries
from projections.webhooks.deliveries.projector import WebhooksProjector
from projections.webhooks.deliveries.queries import WebhookQueries

UNREACHABLE: Final = OUTAGES
"""The database or the keys are away."""
UNUSABLE: Final[tuple[type[Exception], ...]] = (
    EmbeddedServerError, MasterKeyError, MigrationError, UnsafeDatabaseError, UnavailableError,
)  # fmt: skip
"""What else stands between a program and its database; the message says what to do."""
VIEWS: Final = tuple(model.name for model in READ_MODELS)
FOLLOWERS: Final = (*VIEWS, WebhooksProjector.name, AutoFillProjector.name)
"""Who follows the logs: the read models, and what no rebuild makes again: what is handed to endpoints outside, and to the wait list."""
EVENT_NAMES: Final = public_names(str(getattr(event, "TOPIC", "")) for event in event_classes())
_LISTEN_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Container:
    """Everything that one process holds. Thread-safe."""

    settings: Settings
    server: Server
    clock: Clock
    keys: KeyRing
    store: LogStore
    logs: PracticeLogs
    log_reader: LogReader
    stream_lookup: StreamLookup
    visit_lookup: VisitLookup
    calendar: CalendarQueries
    past_calendar: PastCalendar
    series: SeriesQueries
    courses: CourseQueries
    feed_visits: FeedQueries
    calendar_reader: CalendarReader
    calendar_writer: CalendarWriter
    sessions: SessionQueries
    patients: PatientQueries
    history: HistoryQueries
    imports: ImportQueries
    instants: Instants
    waitlist: WaitlistQueries
    lines: WaitingLines
    audit: AuditReader
    webhooks: WebhookQueries
    secrets: SecretBox
    outside: OutboundHttp
    zone_sightings: ZoneSightingStore
    outages: tuple[type[Exception], ...] = OUTAGES

    def transaction(self, tenant_id: UUID) -> TenantWork:
        """Run a block as one transaction of one practice, as the role scheduler_app."""
        return tenant_transaction(self.store.pool, tenant_id)

    def wait_for(self, tenant_id: UUID, view: str, position: int | None) -> None:
        """Return once a view has reached a position; at once for None. Raises ViewBehindError: not within two seconds."""
        if position is None:
            return
        try:
            wait_for(self.transaction, tenant_id, [view], position, timeout_seconds=0)
        except ViewBehindError:
            # Nobody was ever told of a position beyond the log's end: no waiting will bring it.
            if position > self.logs.of(tenant_id).reader.position():
                raise
            wait_for(self.transaction, tenant_id, [view], position)

    def keys_of(self, tenant_id: UUID, after: UUID | None, limit: int) -> tuple[Sequence[KeyRecord], UUID | None]:
        """Return a page of a practice's keys, and the id behind which the next page begins."""
        return keys_of(self.transaction, tenant_id, after=after, limit=limit)

    @property
    def event_names(self) -> frozenset[str]:
        """All names of events that the outside may subscribe to."""
        return EVENT_NAMES

    def endpoint_count(self, tenant_id: UUID) -> int:
        """Return how many webhook endpoints a practice has."""
        return len(self.webhooks.endpoints(tenant_id))

    def find_actor(self, key_hash: bytes) -> Actor | None:
        """Return whose key has this SHA-256; None if nobody's has, or it was revoked."""
        with self.store.pool.connection() as connection:
            key = find_key(connection, key_hash)
        if key is None or key.revoked_at is not None:
            return None
        return Actor(key.tenant_id, key.key_id, Role(key.role), key.clinician_id)

    def find_feed(self, token_hash: bytes) -> tuple[UUID, UUID] | None:
        """Return the practice and the id of the feed whose token has this SHA-256; None if none has."""
        with self.store.pool.connection() as connection:
            feed = find_feed(connection, token_hash)
        return None if feed is None else (feed.tenant_id, feed.feed_id)

    def feeds_of(
        self, tenant_id: UUID, clinician_id: UUID | None, patient_id: UUID | None, *, after: UUID | None, limit: int
    ) -> tuple[Sequence[FeedRecord], UUID | None]:
        """Return a page of a practice's feeds, and the id behind which the next page begins."""
        return feeds_of(
            self.transaction, tenant_id, clinician_id=clinician_id, patient_id=patient_id, after=after, limit=limit
        )

    @contextmanager
    def projecting(self) -> Iterator[Runner]:
        """Lend a runner of all projectors, with connections of its own, which keep nothing from one transaction to the next."""
        with open_pool(self._projector_conninfo(), name="projector", most=4, resets=False) as pool:
            transaction = partial(tenant_transaction, pool)
            followers = (*projectors(self.keys), WebhooksProjector(), AutoFillProjector())
            yield Runner(LogReader(pool, self.keys), followers, transaction, pool.connection)

    def rebuild(self, views: Collection[str], progress: Progress) -> list[Incomplete]:
        """Fill read models anew from the logs; return where they are not whole. Raises RebuildRunningError."""
        chosen = [projector for projector in projectors(self.keys) if projector.name in views]
        with (
            open_pool(self._projector_conninfo(), name="rebuild", most=8) as pool,
            connecting(self.server.admin_conninfo)() as admin,
        ):
            transaction = partial(tenant_transaction, pool)
            return Rebuild(LogReader(pool, self.keys), chosen, transaction, admin).run(progress)

    def _projector_conninfo(self) -> str:
        # A cursor that a power cut loses is projected again with its rows: its commit need not wait for the disk.
        return relaxed(self.server.conninfo("scheduler_projector"))

    def run_projectors(self, stop: Event) -> None:
        """Keep all read models up with all logs until ``stop`` is set."""
        connect = connecting(self.server.conninfo("scheduler_projector"), is_durable=False)

        def hints() -> Iterator[set[UUID] | None]:
            with connect() as connection:
                yield from listen(connection, _LISTEN_SECONDS)

        with self.projecting() as runner:
            runner.run(hints, stop)

    def run_workers(self, stop: Event) -> None:
        """Do until ``stop`` is set what is done after the fact: send webhooks, offer what was given up to those who wait, and keep times
        on the wall where the rules of a zone have changed.
        """
        conninfo = self.server.conninfo("scheduler_worker")
        webhooks = WebhookWorker(conninfo, self.logs, self.clock, self.secrets, self.outside)
        zones = ZoneKeeper(conninfo, self.zone_sightings, self.wall_time_keeper(), self.practices, self.clock)
        run_together(stop, webhooks.run, self.auto_fill_worker().run, zones.run)

    def auto_fill_worker(self) -> AutoFillWorker:
        """Return what offers time that was given up to those who wait."""
        auto_fill = AutoFill(self.logs, self.clock, self.lines)
        return AutoFillWorker(self.server.conninfo("scheduler_worker"), auto_fill, self.clock)

    def wall_time_keeper(self) -> AdoptZoneRulesHandler:
        """Return what keeps the times on the wall of a practice's visits."""
        return AdoptZoneRulesHandler(self.logs, self.clock, self.zone_sightings)

    def catch_up(self, tenant_id: UUID) -> None:
        """Project one practice up to its newest event, whether or not a projector runs."""
        with self.projecting() as runner:
            runner.catch_up(tenant_id)

    def practices(self) -> list[UUID]:
        """Return every practice that has a log, the oldest first as far as their ids tell."""
        with connecting(self.server.conninfo("scheduler_projector"))() as connection:
            return [id_ for (id_,) in connection.execute("select tenant_id from log.tenant_head order by 1").fetchall()]

    def knows(self, tenant_id: UUID, thing_id: UUID) -> bool:
        """Tell whether a practice's log has a thing."""
        return bool(self.stream_lookup.known(tenant_id, [thing_id]))

    def view_status(self, *, only_behind: bool = False) -> list[ViewStatus]:
        """Return how far each read model is in each practice; ``only_behind`` leaves out what is up to date."""
        with connecting(self.server.conninfo("scheduler_projector"))() as connection:
            return cursors.status(connection, FOLLOWERS, only_behind=only_behind)


def clock_of(settings: Settings) -> Clock:
    return FrozenClock(settings.frozen_at) if settings.frozen_at else SystemClock()


@contextmanager
def open_container(settings: Settings, *, stays_up: bool = False, clock: Clock | None = None) -> Iterator[Container]:
    """Open everything that a process needs, and give it all back at the end. ``stays_up`` and errors as in ``open_server``.

    ``clock`` takes the place of the one that the settings ask for.
    """
    with ExitStack() as stack:
        server = stack.enter_context(open_server(settings, stays_up=stays_up))
        clock = clock or clock_of(settings)
        app = server.conninfo("scheduler_app")
        key_pool = stack.enter_context(open_pool(server.conninfo("scheduler_keys_app"), name="keys", most=8))
        keys = KeyRing(key_pool, server.master)
        notifier = Notifier(connecting(app))
        stack.callback(notifier.close)
        store = LogStore.open(app, keys, clock.now, grown=notifier.grown, most_connections=settings.connections)
        stack.callback(store.close)
        log_reader = LogReader(store.pool, keys)
        zone_sightings = ZoneSightingStore(store.pool)
        zone_sightings.note_own(clock.now())

        def transaction(tenant_id: UUID) -> TenantWork:
            return tenant_transaction(store.pool, tenant_id)

        yield Container(
            settings=settings,
            server=server,
            clock=clock,
            keys=keys,
            store=store,
            logs=PracticeLogs(store, LibPhoneNumbers(), CalculatedHolidays()),
            log_reader=log_reader,
            stream_lookup=StreamLookup(store.pool),
            visit_lookup=VisitLookup(store.pool),
            calendar=CalendarQueries(transaction),
            past_calendar=PastCalendar(transaction, log_reader),
            series=SeriesQueries(transaction),
            courses=CourseQueries(transaction),
            feed_visits=FeedQueries(transaction),
            calendar_reader=IcalendarReader(),
            calendar_writer=IcalendarWriter(),
            sessions=SessionQueries(transaction),
            patients=PatientQueries(transaction, log_reader, keys, words_of),
            history=HistoryQueries(transaction, log_reader),
            imports=ImportQueries(transaction),
            instants=Instants(transaction),
            waitlist=WaitlistQueries(transaction),
            lines=ReadWaitingLines(transaction),
            audit=AuditReader(store.pool, log_reader),
            webhooks=WebhookQueries(transaction),
            secrets=PracticeSecrets(keys),
            outside=PinnedOutboundHttp(Policy(is_local=settings.webhooks_local)),
            zone_sightings=zone_sightings,
        )
