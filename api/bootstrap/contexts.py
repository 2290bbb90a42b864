"""What each context offers to routes and commands, wired on the storage."""

from collections.abc import Sequence
from uuid import UUID

from adapters.http.addresses import Policy
from adapters.http.outbound_http import PinnedOutboundHttp
from adapters.icalendar.calendar_writer import IcalendarWriter
from adapters.postgres.patient_links import ReadPatientLinks
from adapters.postgres.waiting_lines import ReadWaitingLines
from api.bootstrap.storage import Storage
from application.kernel.permissions import Actor
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLogs
from application.scheduling.calendars.ports import CalendarWriter
from application.scheduling.zone_changes.adopt_zone_rules import AdoptZoneRulesHandler
from domain.access.api_key import Role
from domain.webhooks.public_events import public_names
from event_store.keys.practice_secrets import PracticeSecrets
from event_store.read.zone_sightings import ZoneSightingStore
from event_store.topics import event_classes
from projections.access.tokens.queries import FeedRecord, KeyRecord, feeds_of, find_feed, find_key, keys_of
from projections.audit.history.instants import Instants
from projections.audit.history.queries import HistoryQueries
from projections.scheduling.calendar.feed_queries import FeedQueries
from projections.scheduling.calendar.past import PastCalendar
from projections.scheduling.calendar.queries import CalendarQueries
from projections.waitlist.entries.queries import WaitlistQueries
from projections.webhooks.deliveries.queries import WebhookQueries


class Access:
    """API keys and the tokens of calendar feeds. Implements KeyDirectory."""

    def __init__(self, storage: Storage) -> None:
        self._pool = storage.store.pool
        self._transaction = storage.transaction

    def find_actor(self, key_hash: bytes) -> Actor | None:
        """Return the actor of the key with this SHA-256; None if it is unknown or was revoked."""
        with self._pool.connection() as connection:
            key = find_key(connection, key_hash)
        if key is None or key.revoked_at is not None:
            return None
        return Actor(key.tenant_id, key.key_id, Role(key.role), key.clinician_id)

    def keys_of(self, tenant_id: UUID, after: UUID | None, limit: int) -> tuple[Sequence[KeyRecord], UUID | None]:
        """Return a page of a practice's keys, and the id after which the next page begins."""
        return keys_of(self._transaction, tenant_id, after=after, limit=limit)

    def owner_key_ids(self, tenant_id: UUID) -> Sequence[UUID]:
        keys, _ = keys_of(self._transaction, tenant_id, valid_role=Role.OWNER)
        return [key.key_id for key in keys]

    def find_feed(self, token_hash: bytes) -> tuple[UUID, UUID] | None:
        """Return the practice and the id of the feed whose token has this SHA-256, or None."""
        with self._pool.connection() as connection:
            feed = find_feed(connection, token_hash)
        return None if feed is None else (feed.tenant_id, feed.feed_id)

    def feeds_of(
        self, tenant_id: UUID, clinician_id: UUID | None, patient_id: UUID | None, *, after: UUID | None, limit: int
    ) -> tuple[Sequence[FeedRecord], UUID | None]:
        """Return a page of a practice's feeds, and the id after which the next page begins."""
        return feeds_of(
            self._transaction, tenant_id, clinician_id=clinician_id, patient_id=patient_id, after=after, limit=limit
        )


class Scheduling:
    """Queries of the calendar, and the time zone rules."""

    def __init__(self, storage: Storage, logs: PracticeLogs, clock: Clock) -> None:
        """Also record which release of the time zone database this process uses."""
        transaction = storage.transaction
        self.calendar = CalendarQueries(transaction)
        self.past_calendar = PastCalendar(transaction, storage.log_reader)
        self.feeds = FeedQueries(transaction)
        self.patient_links = ReadPatientLinks(transaction)
        self.calendar_writer: CalendarWriter = IcalendarWriter()
        self.zone_sightings = ZoneSightingStore(storage.store.pool)
        self.zone_sightings.note_own(clock.now())
        self.adopt_zone_rules = AdoptZoneRulesHandler(logs, clock, self.zone_sightings)


class Waitlist:
    """Queries of the wait list."""

    def __init__(self, storage: Storage) -> None:
        self.queries = WaitlistQueries(storage.transaction)
        self.lines = ReadWaitingLines(storage.transaction)


class Webhooks:
    """Queries, secrets and outbound HTTP of webhooks. Implements WebhookCatalogue."""

    event_names = public_names(str(getattr(event, "TOPIC", "")) for event in event_classes())

    def __init__(self, storage: Storage, *, is_local: bool) -> None:
        """``is_local`` also allows addresses of this machine, without TLS."""
        self.queries = WebhookQueries(storage.transaction)
        self.secrets = PracticeSecrets(storage.keys)
        self.outbound_http = PinnedOutboundHttp(Policy(is_local))

    def endpoint_count(self, tenant_id: UUID) -> int:
        return len(self.queries.endpoints(tenant_id))


class Audit:
    """Histories, and instants of the past."""

    def __init__(self, storage: Storage) -> None:
        self.history = HistoryQueries(storage.transaction, storage.log_reader)
        self.instants = Instants(storage.transaction)
