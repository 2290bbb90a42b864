"""The webhooks projector: the same rows for any page size and runner."""

from random import Random
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from adapters.postgres.delivery_store import PostgresDeliveryStore
from application.webhooks.ports import DeliveryLease, Reply
from domain.webhooks.endpoint import DeactivationReason, Subscription, WebhookEndpoint
from event_store.tenancy import open_pool, tenant_transaction
from projections.engine.rows import Projector
from projections.webhooks.deliveries.projector import WebhooksProjector
from tests.support.container import Container, by_test
from tests.support.random_history import NOW, RandomHistory

NAMES = ("appointment.booked", "appointment.cancelled", "patient.registered", "appointment.checked_in")
PROJECTORS: tuple[Projector, ...] = (WebhooksProjector(),)
TABLES = ("endpoint", "progress", "delivery")


def endpoint_of(history: RandomHistory, *names: str) -> WebhookEndpoint:
    subscription = Subscription("https://example.org/hooks", names)
    endpoint = WebhookEndpoint.register(id=uuid7(), subscription=subscription, secret="sealed", at=NOW)
    history.log.record(endpoint, by=by_test())
    return endpoint


def rows_of(container: Container, tenant_id: UUID) -> dict[str, list[Any]]:
    with container.projector_transaction(tenant_id) as cursor:
        return {
            table: cursor.execute(f"select t::text from webhooks.{table} t order by 1").fetchall() for table in TABLES
        }


def deliveries(container: Container, tenant_id: UUID, endpoint: WebhookEndpoint) -> list[tuple[int, int, str]]:
    with container.app_transaction(tenant_id) as cursor:
        return cursor.execute(
            "select number, position, event from webhooks.delivery where endpoint_id = %s order by number",
            (endpoint.id,),
        ).fetchall()


def project(container: Container, history: RandomHistory, page: int = 250) -> None:
    container.runner(of=PROJECTORS, page=page).catch_up(history.tenant_id)


def register_random_endpoints(history: RandomHistory, seed: int) -> list[WebhookEndpoint]:
    """Register, change and remove endpoints between other events."""
    chance = Random(seed)
    endpoints: list[WebhookEndpoint] = []
    for _ in range(25):
        history.append_events(chance.randint(1, 6), batch_size=3)
        act = chance.randrange(7)
        if act < 2 or not endpoints:
            endpoints.append(endpoint_of(history, *chance.sample(NAMES, chance.randint(1, 3))))
            continue
        endpoint = chance.choice([one for one in endpoints if not one.is_removed] or [endpoint_of(history, *NAMES)])
        if act == 2:
            to = Subscription("https://example.org/new", tuple(chance.sample(NAMES, 2)), chance.random() < 0.6)
            endpoint.change(to, NOW)
        elif act == 3 and endpoint.active:
            endpoint.request_replay(chance.randint(1, 60), NOW)
        elif act == 4 and endpoint.active:
            endpoint.request_test(NOW)
        elif act == 5:
            endpoint.switch_off(chance.randint(1, 5), DeactivationReason.GIVEN_UP, NOW)
        elif chance.random() < 0.3:
            endpoint.remove(NOW)
        history.log.record(endpoint, by=by_test())
    return endpoints


class TestProjector:
    @pytest.mark.parametrize("seed", range(6))
    def test_makes_the_same_rows_for_any_page_size(
        self, container: Container, history: RandomHistory, seed: int
    ) -> None:
        register_random_endpoints(history, seed)
        found = []
        for page in (1, 7, 1000):
            project(container, history, page)
            found.append(rows_of(container, history.tenant_id))
            with container.admin() as admin:
                for table in TABLES:
                    admin.execute(f"delete from webhooks.{table} where tenant_id = %s", (history.tenant_id,))
                admin.execute("update projection.cursor set position = 0 where tenant_id = %s", (history.tenant_id,))

        assert found[0] == found[1] == found[2]
        assert found[0]["delivery"]

    @pytest.mark.parametrize("seed", range(6))
    def test_numbers_without_a_gap_in_the_order_of_the_log(
        self, container: Container, history: RandomHistory, seed: int
    ) -> None:
        endpoints = register_random_endpoints(history, seed)
        project(container, history)

        for endpoint in endpoints:
            messages = deliveries(container, history.tenant_id, endpoint)
            assert [number for number, _, _ in messages] == list(range(1, len(messages) + 1))
            assert [position for _, position, _ in messages] == sorted({position for _, position, _ in messages})

    def test_queues_events_after_the_registration_only(self, container: Container, history: RandomHistory) -> None:
        history.append_events(30)
        endpoint = endpoint_of(history, "appointment.booked")
        since = history.log.reader.position()
        history.append_events(30)
        project(container, history)

        messages = deliveries(container, history.tenant_id, endpoint)
        log = container.projector_log.page(history.tenant_id, since, 1000)

        booked = [event.position for event in log if event.event_type == "scheduling.appointment.booked"]
        assert [position for _, position, _ in messages] == booked

    def test_writes_nothing_without_an_endpoint(self, container: Container, history: RandomHistory) -> None:
        last = history.append_events(30, batch_size=10)
        project(container, history)

        assert rows_of(container, history.tenant_id) == {table: [] for table in TABLES}
        with container.app_transaction(history.tenant_id) as cursor:
            assert cursor.execute("select position from projection.cursor where projector = 'webhooks'").fetchone() == (
                last,
            )

    def test_queues_ids_only(self, container: Container, history: RandomHistory) -> None:
        endpoint_of(history, *NAMES)
        patient = history.register(given_name="Kanarienvogel", email="kanarienvogel@example.org")
        history.log.record(patient, by=by_test())
        visit = history.book(patient)
        history.log.record(visit, by=by_test())
        visit.cancel("Kanarienvogel ist krank", NOW)
        history.log.record(visit, by=by_test())
        project(container, history)

        stored = str(rows_of(container, history.tenant_id)).lower()

        assert str(visit.id) in stored
        assert "kanarienvogel" not in stored
        assert "krank" not in stored


class TestOutbox:
    @pytest.fixture
    def store(self, container: Container) -> Any:
        with open_pool(container.database.conninfo("scheduler_worker"), name="worker", most=4) as pool:
            yield PostgresDeliveryStore(pool)

    def lent(
        self, store: PostgresDeliveryStore, history: RandomHistory, *, retries: bool = False
    ) -> list[DeliveryLease]:
        found = store.lease(uuid7(), NOW, retries=retries, busy=[], most=1000)
        for lease in found:
            if lease.tenant_id != history.tenant_id:
                store.release(lease)
        return [lease for lease in found if lease.tenant_id == history.tenant_id]

    def test_lends_an_endpoint_to_one_worker_at_a_time(
        self, container: Container, history: RandomHistory, store: PostgresDeliveryStore
    ) -> None:
        endpoint = endpoint_of(history, *NAMES)
        history.append_events(20)
        project(container, history)

        [lease] = self.lent(store, history)

        assert self.lent(store, history) == []
        store.release(lease)
        [again] = self.lent(store, history)
        assert again.endpoint_id == endpoint.id
        assert store.waiting(lease, 10) is None, "a lease that has ended opens nothing"
        assert not store.record_success(lease, 1, Reply(200), NOW)

    def test_a_replay_overtakes_a_message_being_sent(
        self, container: Container, history: RandomHistory, store: PostgresDeliveryStore
    ) -> None:
        endpoint = endpoint_of(history, *NAMES)
        history.append_events(20)
        project(container, history)
        [lease] = self.lent(store, history)
        assert store.record_success(lease, 1, Reply(200), NOW)
        endpoint.request_replay(1, NOW)
        history.log.record(endpoint, by=by_test())
        project(container, history)

        assert not store.record_success(lease, 2, Reply(200), NOW)
        found = store.waiting(lease, 3)

        assert found is not None
        assert [message.number for message in found[1]] == [1, 2, 3]

    def test_shows_a_worker_the_rows_of_its_practice_only(self, container: Container, history: RandomHistory) -> None:
        """TI1: without a practice a worker sees endpoints' progress by id, and nothing else."""
        endpoint_of(history, *NAMES)
        history.append_events(20)
        project(container, history)

        with (
            open_pool(container.database.conninfo("scheduler_worker"), name="worker", most=1) as pool,
            pool.connection() as one,
        ):
            assert one.execute("select count(*) > 0 from webhooks.progress").fetchone() == (True,)
            for table in ("endpoint", "delivery"):
                assert one.execute(f"select * from webhooks.{table}".encode()).fetchall() == []
            with tenant_transaction(one, container.practice().tenant_id) as cursor:
                assert cursor.execute("select * from webhooks.delivery").fetchall() == []
