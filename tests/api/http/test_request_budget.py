"""Requests without a valid key have a budget per client network."""

import httpx2
import pytest

from api.http.client_network import client_network
from api.http.request_budget import BURST, PER_SECOND, RequestBudget
from tests.api.api_server import ApiServer
from tests.api.practice_client import PracticeClient
from tests.support.wait_until import TIMEOUT_SECONDS

UNKNOWN_KEY = "sk_" + "a" * 43


class SetTime:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class TestBudget:
    def test_is_a_burst_and_then_a_rate(self) -> None:
        time = SetTime()
        budget = RequestBudget(time)

        burst = [budget.take("a") for _ in range(int(BURST))]
        refused = budget.take("a")
        time.now += 1
        later = [budget.take("a") for _ in range(int(PER_SECOND) + 1)]

        assert set(burst) == {None}
        assert refused == 1
        assert later == [None] * int(PER_SECOND) + [1]

    def test_is_that_of_one_client(self) -> None:
        budget = RequestBudget(SetTime())
        for _ in range(int(BURST)):
            budget.take("a")

        assert (budget.take("a"), budget.take("b")) == (1, None)

    def test_grows_no_further_than_the_burst(self) -> None:
        time = SetTime()
        budget = RequestBudget(time)
        budget.take("a")
        time.now += 1_000_000

        taken = [budget.take("a") for _ in range(int(BURST) + 1)]

        assert taken == [None] * int(BURST) + [1]


class TestClientNetwork:
    @pytest.mark.parametrize(
        ("host", "network"),
        [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
            ("unknown", "unknown"),
        ],
    )
    def test_is_an_ipv4_address_or_a_64(self, host: str, network: str) -> None:
        assert client_network(host) == network


class TestRequestsWithoutAKey:
    @pytest.fixture(autouse=True)
    def small_budget(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("api.http.request_budget.BURST", 3.0)
        monkeypatch.setattr("api.http.request_budget.PER_SECOND", 0.001)
        monkeypatch.setattr("api.http.authentication.REFUSAL_DELAY_SECONDS", 0.0)

    @pytest.mark.parametrize(
        ("path", "key", "status"),
        [
            ("/healthz", None, 200),
            ("/nothing", None, 404),
            ("/v1/feeds/feed_none.ics", None, 404),
            ("/v1/practice", None, 401),
            ("/v1/practice", "no key at all", 401),
            ("/v1/practice", UNKNOWN_KEY, 401),
        ],
    )
    def test_are_refused_beyond_the_budget(self, server: ApiServer, path: str, key: str | None, status: int) -> None:
        client = server.client(key)

        answers = [client.get(path) for _ in range(4)]

        assert [answer.status_code for answer in answers] == [status] * 3 + [429]
        refused = answers[-1]
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["code"] == "too_many_requests"
        assert 1 <= int(refused.headers["retry-after"]) <= 1_000

    @pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
    def test_for_long_answers_take_more_of_it(
        self, server: ApiServer, monkeypatch: pytest.MonkeyPatch, path: str
    ) -> None:
        monkeypatch.setattr("api.http.request_budget.BURST", 21.0)
        client = server.client(None)

        statuses = [client.get(each).status_code for each in (path, path, path, "/healthz", "/healthz")]

        assert statuses == [200, 200, 429, 200, 429]

    def test_share_the_budget_of_their_network_and_leave_that_of_others(self, server: ApiServer) -> None:
        def get(address: str) -> int:
            answer = httpx2.get(f"{server.url}/healthz", headers={"X-Forwarded-For": address}, timeout=TIMEOUT_SECONDS)
            return answer.status_code

        statuses = [get(f"2001:db8:7::{number}") for number in range(4)]

        assert statuses == [200, 200, 200, 429]
        assert get("2001:db8:8::1") == 200

    def test_do_not_affect_a_key_in_use_at_the_same_address(self, server: ApiServer, studio: PracticeClient) -> None:
        other = server.open_practice()
        address = {"X-Forwarded-For": "192.0.2.77"}
        assert studio.client.get("/v1/practice", headers=address).status_code == 200
        wrong = server.client(UNKNOWN_KEY)
        while wrong.get("/v1/practice", headers=address).status_code == 401:
            pass

        in_use = [studio.client.get("/v1/practice", headers=address).status_code for _ in range(5)]
        new = server.client(other.api_key)

        assert in_use == [200] * 5
        assert new.get("/v1/practice", headers=address).status_code == 429
        assert new.get("/v1/practice").status_code == 200

    def test_that_have_a_valid_key_cost_nothing(self, server: ApiServer) -> None:
        address = {"X-Forwarded-For": "192.0.2.78"}
        clients = [server.client(server.open_practice().api_key) for _ in range(5)]

        assert {client.get("/v1/practice", headers=address).status_code for client in clients} == {200}
