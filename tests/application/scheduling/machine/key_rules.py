"""Rules for the scheduling machine: webhook endpoints and calendar feeds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from adapters.http.addresses import Policy
from adapters.http.outbound_http import PinnedOutboundHttp
from application.access.secret_keys import FEED_PREFIX, new_token
from application.scheduling.calendars.open_feed import OpenFeed
from application.scheduling.calendars.revoke_feed import RevokeFeed
from application.webhooks.change_endpoint import ChangeEndpoint, RotateSecret
from application.webhooks.deactivate_endpoint import RemoveEndpoint, SwitchOffEndpoint
from application.webhooks.messages import new_secret
from application.webhooks.register_endpoint import RegisterEndpoint
from application.webhooks.request_messages import RequestReplay, RequestTest
from domain.scheduling.calendars.feed import Detail, Feed
from domain.webhooks.endpoint import DeactivationReason, WebhookEndpoint
from event_store.keys.practice_secrets import PracticeSecrets
from projections.access.tokens.queries import feeds_of
from projections.engine.runner import Runner
from projections.webhooks.deliveries.queries import WebhookQueries
from tests.support.commands import executor
from tests.support.container import Container, SettableClock, by_test
from tests.support.seeded_practice import SeededPractice

_HOOKS = "https://hooks.example.org/studio"
_NAMES = frozenset({"appointment.created", "appointment.updated", "session.enrolled", "offer.made"})
_ACT = st.tuples(
    st.sampled_from(["subscribe", "pause", "rotate", "test", "replay", "switch off", "remove"]),
    st.integers(0, 5),
    st.sampled_from(sorted(_NAMES)),
)


@dataclass(frozen=True)
class Endpoints:
    """How many endpoints there are."""

    number: int
    event_names: frozenset[str] = frozenset(_NAMES)

    def endpoint_count(self, tenant_id: UUID) -> int:
        return self.number


class EndpointAndFeedRules:
    """Mixed into the machine, whose runner also hands events to the endpoints."""

    container: Container
    studio: SeededPractice
    runner: Runner
    clock: SettableClock
    endpoints: list[UUID]
    feeds: list[UUID]
    run_commands: Callable[[int, Callable[[int], object]], list[object]]

    @rule(events=st.lists(st.sampled_from(sorted(_NAMES)), min_size=1, max_size=3))
    def register_endpoints(self, events: list[str]) -> None:
        handler = executor(
            self.container.logs,
            self.clock,
            self._secrets(),
            PinnedOutboundHttp(Policy()),
            Endpoints(len(self.endpoints)),
        )

        def register(number: int) -> UUID:
            command = RegisterEndpoint(_HOOKS, (events[number],), new_secret())
            return handler(self.studio.tenant_id, command, by_test()).aggregate.id

        self.endpoints += [id_ for id_ in self.run_commands(len(events), register) if isinstance(id_, UUID)]

    @rule(acts=st.lists(_ACT, min_size=1, max_size=4))
    def act_on_endpoints(self, acts: list[tuple[str, int, str]]) -> None:
        self.run_commands(len(acts) if self.endpoints else 0, lambda number: self._act_on_endpoint(*acts[number]))

    def _act_on_endpoint(self, act: str, which: int, event: str) -> object:
        logs, clock, tenant_id = self.container.logs, self.clock, self.studio.tenant_id
        id_ = self.endpoints[which % len(self.endpoints)]
        match act:
            case "subscribe" | "pause":
                change = ChangeEndpoint(id_, {"events": (event,), "active": act == "subscribe"})
                return executor(logs, clock, PinnedOutboundHttp(Policy()), Endpoints(len(self.endpoints)))(
                    tenant_id, change, by_test()
                )
            case "rotate":
                rotate = RotateSecret(id_, new_secret(), timedelta(hours=1))
                return executor(logs, clock, self._secrets())(tenant_id, rotate, by_test())
            case "test":
                return executor(logs, clock)(tenant_id, RequestTest(id_), by_test())
            case "replay":
                return executor(logs, clock)(tenant_id, RequestReplay(id_, 1 + which), by_test())
            case "switch off":
                off = SwitchOffEndpoint(id_, 1, DeactivationReason.GONE)
                return executor(logs, clock)(tenant_id, off, by_test())
            case _:
                return executor(logs, clock)(tenant_id, RemoveEndpoint(id_), by_test())

    @rule(
        of=st.lists(st.tuples(st.booleans(), st.integers(0, 1), st.sampled_from(list(Detail))), min_size=1, max_size=3)
    )
    def open_feeds(self, of: list[tuple[bool, int, Detail]]) -> None:
        handler = executor(self.container.logs, self.clock)

        def open_(number: int) -> UUID:
            is_a_patients, who, detail = of[number]
            clinician, patient = self.studio.clinicians[who], self.studio.patients[who]
            token_hash = sha256(new_token(FEED_PREFIX).encode()).hexdigest()
            command = OpenFeed(
                None if is_a_patients else clinician, patient if is_a_patients else None, detail, token_hash
            )
            return handler(self.studio.tenant_id, command, by_test()).aggregate.id

        self.feeds += [id_ for id_ in self.run_commands(len(of), open_) if isinstance(id_, UUID)]

    @rule(which=st.lists(st.integers(0, 5), min_size=1, max_size=3))
    def revoke_feeds(self, which: list[int]) -> None:
        handler = executor(self.container.logs, self.clock)

        def revoke(number: int) -> object:
            id_ = self.feeds[which[number] % len(self.feeds)]
            return handler(self.studio.tenant_id, RevokeFeed(id_), by_test())

        self.run_commands(len(which) if self.feeds else 0, revoke)

    @invariant()
    def the_lists_of_endpoints_and_feeds_are_the_fold_of_the_log(self) -> None:
        self.runner.catch_up(self.studio.tenant_id)
        log, tenant_id = self.studio.log, self.studio.tenant_id
        listed = WebhookQueries(self.container.app_transaction).endpoints(tenant_id)
        feeds, _ = feeds_of(self.container.app_transaction, tenant_id, limit=1000)

        endpoints = log.load_all(WebhookEndpoint, self.endpoints).values()
        assert {(e.endpoint_id, e.url, tuple(e.events), e.is_active, e.switched_off, e.version) for e in listed} == {
            (e.id, e.url, tuple(e.events), e.active, e.switched_off, e.version) for e in endpoints if not e.is_removed
        }
        assert {(f.feed_id, f.clinician_id, f.patient_id, f.revoked_at is not None, f.version) for f in feeds} == {
            (f.id, f.clinician_id, f.patient_id, f.is_revoked, f.version)
            for f in log.load_all(Feed, self.feeds).values()
        }

    @invariant()
    def what_an_endpoint_is_told_has_no_gap_and_is_in_order(self) -> None:
        queries = WebhookQueries(self.container.app_transaction)
        for endpoint in queries.endpoints(self.studio.tenant_id):
            messages, _ = queries.deliveries(self.studio.tenant_id, endpoint.endpoint_id, limit=5_000)
            assert [message.number for message in reversed(messages)] == list(range(1, endpoint.last_number + 1))
            positions = [message.position for message in reversed(messages)]
            assert positions == sorted(set(positions))

    def _secrets(self) -> PracticeSecrets:
        return PracticeSecrets(self.container.keys)
