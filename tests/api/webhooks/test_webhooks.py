"""Outgoing webhooks: exact names, signatures, order, no gaps, no personal data."""

import base64
import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from api.bootstrap.settings import Settings
from application.webhooks.dispatcher import THREADS_PER_PRACTICE
from application.webhooks.sender import GIVE_UP_AFTER
from tests.api.api_server import NOW
from tests.api.practice_client import Json, PracticeClient
from tests.support.wait_until import TIMEOUT_SECONDS, wait_until
from tests.support.webhook_receiver import ReceivedMessage, WebhookReceiver, running_receiver

ALL = ["appointment.booked", "appointment.rescheduled", "appointment.cancelled"]
HOURS = [f"2026-06-{day:02}T{hour:02}:00:00+02:00" for day in (1, 2, 3, 4) for hour in (9, 10, 11, 12)]


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with running_receiver() as receiver:
        yield receiver


def register(studio: PracticeClient, receiver: WebhookReceiver, events: list[str] | None = None) -> Json:
    return studio.create("/v1/webhook-endpoints", url=receiver.url, events=events or ALL)


def is_signed_by(received: ReceivedMessage, secret: str) -> bool:
    """As a receiver does it: see docs/how-to/webhooks.md."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{received.id}.{received.headers['webhook-timestamp']}.".encode() + received.body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return expected in received.headers["webhook-signature"].split(" ")


def deliveries(studio: PracticeClient, endpoint: Json, **query: str) -> list[Json]:
    answer = studio.client.get(f"/v1/webhook-endpoints/{endpoint['id']}/deliveries", params=query)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["deliveries"]
    return found


def post_action(studio: PracticeClient, endpoint: Json, verb: str, **body: object) -> Json:
    answer = studio.client.post(f"/v1/webhook-endpoints/{endpoint['id']}/{verb}", json=body or None)
    assert answer.status_code == 200, answer.text
    changed: Json = answer.json()
    return changed


def get_listed(studio: PracticeClient, endpoint: Json, after: int | None = None) -> Json:
    page = studio.client.get("/v1/webhook-endpoints", params={"after": after or endpoint["position"]}).json()
    [found] = [each for each in page["webhook_endpoints"] if each["id"] == endpoint["id"]]
    return dict(found)


def wait_for_attempts(studio: PracticeClient, endpoint: Json, *attempts: int) -> Json:
    """Wait until the attempts of each message are recorded; return the endpoint."""
    noted = partial(deliveries, studio, endpoint)
    wait_until(lambda: [each["attempts"] for each in noted()] == [*attempts], f"{attempts} tries are noted", noted)
    return get_listed(studio, endpoint)


def assert_no_more_came(studio: PracticeClient, receiver: WebhookReceiver, number: int) -> None:
    """Check that only ``number`` messages came, though the workers have looked for work since.

    They have, when messages to another endpoint have arrived one after the other.
    """
    with running_receiver() as other:
        endpoint = studio.create("/v1/webhook-endpoints", url=other.url, events=ALL)
        for round_ in (1, 2, 3):
            post_action(studio, endpoint, "test")
            other.wait_for(round_)
        assert studio.client.delete(f"/v1/webhook-endpoints/{endpoint['id']}").status_code == 200
    assert [one.payload["type"] for one in receiver.received[number:]] == []


def wait_until_inactive(studio: PracticeClient, endpoint: Json) -> Json:
    """Wait until the endpoint is switched off, and return it."""
    wait_until(lambda: not get_listed(studio, endpoint)["active"], "it is switched off")
    return get_listed(studio, endpoint)


class TestMessage:
    def test_contains_ids_kind_position_number_and_time_only(
        self, studio: PracticeClient, receiver: WebhookReceiver
    ) -> None:
        endpoint = register(studio, receiver)
        visit = studio.book_appointment()

        [message] = receiver.wait_for(1)

        assert message.payload == {
            "type": "appointment.booked",
            "timestamp": "2026-05-04T08:00:00Z",
            "data": {
                "practice_id": studio.practice_id,
                "id": visit["id"],
                "version": 1,
                "position": visit["position"],
                "number": 1,
            },
        }
        assert message.id == f"msg_{endpoint['id'].replace('-', '')}_1"
        assert message.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
        assert message.headers["content-type"] == "application/json"

    def test_holds_nothing_of_a_person(self, studio: PracticeClient, receiver: WebhookReceiver) -> None:
        """WO5, with canaries."""
        register(studio, receiver, ["patient.registered", "patient.details_changed", "appointment.cancelled"])
        patient = studio.add_patient(given_name="Kanarienvogel", email="kanarienvogel@example.org", phone="030 1234567")
        visit = studio.book_appointment(patient_id=patient)
        studio.post_action(visit["id"], "cancel", reason="Kanarienvogel ist krank")

        messages = receiver.wait_for(2)

        seen = b"".join(message.body + str(message.headers).encode() for message in messages).lower()
        for canary in (b"kanarienvogel", b"1234567", b"krank"):
            assert canary not in seen
        assert {message.payload["type"] for message in messages} == {"patient.registered", "appointment.cancelled"}

    def test_is_signed_as_standard_webhooks_are(self, studio: PracticeClient, receiver: WebhookReceiver) -> None:
        endpoint = register(studio, receiver)
        studio.book_appointment()

        [message] = receiver.wait_for(1)

        assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", endpoint["secret"])
        assert is_signed_by(message, endpoint["secret"])
        assert not is_signed_by(message, "whsec_" + base64.b64encode(b"x" * 32).decode())

    def test_comes_only_under_the_exact_names_that_were_asked_for(
        self, studio: PracticeClient, receiver: WebhookReceiver
    ) -> None:
        """R10: webhook subscriptions match exact event names."""
        register(studio, receiver, ["appointment.cancelled"])
        visit = studio.book_appointment()
        studio.post_action(visit["id"], "reschedule", starts_at=HOURS[2])
        studio.post_action(visit["id"], "cancel", reason="x")

        [message] = receiver.wait_for(1)

        assert_no_more_came(studio, receiver, 1)
        assert (message.payload["type"], message.number) == ("appointment.cancelled", 1)

    def test_sums_up_what_was_not_asked_for_by_its_own_name(
        self, studio: PracticeClient, receiver: WebhookReceiver
    ) -> None:
        """A subscription to both names of an event gets one message."""
        register(
            studio,
            receiver,
            ["appointment.booked", "appointment.created", "appointment.updated", "patient.consent-updated"],
        )
        visit = studio.book_appointment()
        studio.post_action(visit["id"], "reschedule", starts_at=HOURS[2])
        consents = f"/v1/patients/{studio.patient}/consents"
        studio.client.post(consents, json={"kind": "photos", "document_version": "1", "how": "paper"})

        messages = receiver.wait_for(3)

        assert [(message.payload["type"], message.payload["data"]["id"]) for message in messages] == [
            ("appointment.booked", visit["id"]),
            ("appointment.updated", visit["id"]),
            ("patient.consent-updated", studio.patient),
        ]
        assert_no_more_came(studio, receiver, 3)

    @pytest.mark.parametrize(
        "name",
        ["appointment", "appointment.*", "*", "Appointment.booked", "appointment.booked ", "scheduling.appointment.booked",
         "api_key.issued", "webhook_endpoint.registered", "appointment.made", ""],
    )  # fmt: skip
    def test_of_no_such_name_can_be_asked_for(
        self, studio: PracticeClient, receiver: WebhookReceiver, name: str
    ) -> None:
        body = {"url": receiver.url, "events": ["appointment.booked", name]}

        answer = studio.client.post("/v1/webhook-endpoints", json=body)

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "events")


class TestOrder:
    def test_is_the_logs_and_numbers_have_no_gap(self, studio: PracticeClient, receiver: WebhookReceiver) -> None:
        register(studio, receiver)
        visits = [studio.book_appointment(at) for at in HOURS[:6]]
        for visit in visits[::2]:
            studio.post_action(visit["id"], "cancel", reason="x")

        messages = receiver.wait_for(9)

        assert [message.number for message in messages] == list(range(1, 10))
        positions = [message.payload["data"]["position"] for message in messages]
        assert positions == sorted(positions)
        assert len({message.id for message in messages}) == 9

    def test_waits_behind_what_was_not_taken(self, studio: PracticeClient, receiver: WebhookReceiver) -> None:
        refusals = [500, 302, 404]
        receiver.answer = lambda message: (refusals.pop(0) if refusals else 200, {"location": receiver.url + "/moved"})
        endpoint = register(studio, receiver)
        studio.book_appointment(HOURS[0])
        studio.book_appointment(HOURS[1])

        for attempt in (1, 2, 3):
            receiver.wait_for(attempt)
            assert wait_for_attempts(studio, endpoint, 0, attempt)["next_attempt_at"] is not None
            assert_no_more_came(studio, receiver, attempt)
            assert deliveries(studio, endpoint)[-1]["status"] == "pending"
            studio.server.clock.fixed_time = studio.server.clock.now() + timedelta(hours=2)
        messages = receiver.wait_for(5)
        studio.server.clock.fixed_time = NOW

        assert [message.number for message in messages] == [1, 1, 1, 1, 2]
        assert [message.path for message in messages] == ["/hooks"] * 5, "WO2: a redirect is not followed"
        assert {message.id for message in messages[:4]} == {messages[0].id}

    def test_is_each_endpoints_own(self, studio: PracticeClient, open_practice: Any, receiver: WebhookReceiver) -> None:
        """A receiver that is down delays no other endpoint, in this practice or another."""
        with running_receiver() as dead:
            dead.answer = lambda _: (503, {})
            other = open_practice()
            register(studio, dead)
            register(studio, receiver)
            register(other, receiver)
            for at in HOURS[:3]:
                studio.book_appointment(at)
                other.book_appointment(at)

            messages = receiver.wait_for(6)

        by_practice = {
            practice: [m.number for m in messages if m.payload["data"]["practice_id"] == practice]
            for practice in (studio.practice_id, other.practice_id)
        }
        assert by_practice == {practice: [1, 2, 3] for practice in (studio.practice_id, other.practice_id)}


class TestSlowEndpoints:
    def test_of_one_practice_leave_threads_to_others(
        self, studio: PracticeClient, open_practice: Any, receiver: WebhookReceiver
    ) -> None:
        """One practice has more slow endpoints than threads; another is served meanwhile."""
        go_on, other = threading.Event(), open_practice()
        slow: list[str] = []

        def hang(message: ReceivedMessage) -> tuple[int, dict[str, str]]:
            slow.append(message.path)
            go_on.wait(TIMEOUT_SECONDS)
            return 204, {}

        with running_receiver() as busy:
            busy.answer = hang
            for number in range(THREADS_PER_PRACTICE + 3):
                studio.create("/v1/webhook-endpoints", url=f"{busy.url}/{number}", events=ALL)
            register(other, receiver)
            studio.book_appointment()
            wait_until(lambda: len(slow) == THREADS_PER_PRACTICE, "the practice uses all its threads")
            # Each is sent in a further round, in which a fifth endpoint could have been taken.
            for number, at in enumerate(HOURS[:3], 1):
                other.book_appointment(at)
                receiver.wait_for(number)
            in_progress = len(slow)
            go_on.set()
            busy.wait_for(THREADS_PER_PRACTICE + 3)

        assert in_progress == THREADS_PER_PRACTICE
        assert len(set(slow)) == len(slow) == THREADS_PER_PRACTICE + 3


class TestGivingUp:
    def test_after_72_hours_switches_off_and_shows_it(self, studio: PracticeClient, receiver: WebhookReceiver) -> None:
        receiver.answer = lambda _: (500, {})
        endpoint = register(studio, receiver)
        for at in HOURS[:2]:
            studio.book_appointment(at)
        wait_for_attempts(studio, endpoint, 0, 1)

        with studio.server.at_time(NOW + GIVE_UP_AFTER):
            receiver.wait_for(2)
            off = wait_until_inactive(studio, endpoint)

            assert off["switched_off"] == "given_up"
            second, first = deliveries(studio, endpoint)
            assert (first["status"], first["attempts"], first["response_code"]) == ("given_up", 2, 500)
            assert (second["status"], second["attempts"]) == ("pending", 0)
            assert_no_more_came(studio, receiver, 2)
            receiver.answer = lambda _: (200, {})
            answer = studio.client.patch(f"/v1/webhook-endpoints/{endpoint['id']}", json={"active": True})
            assert (answer.json()["active"], answer.json()["switched_off"]) == (True, None)
            assert receiver.wait_for(3)[-1].number == 2

    def test_at_once_where_the_receiver_says_that_it_is_gone(
        self, studio: PracticeClient, receiver: WebhookReceiver
    ) -> None:
        receiver.answer = lambda _: (410, {})
        endpoint = register(studio, receiver)
        studio.book_appointment()

        off = wait_until_inactive(studio, endpoint)

        assert off["switched_off"] == "gone"
        assert_no_more_came(studio, receiver, 1)

    def test_leaves_time_to_a_receiver_that_asks_for_it(
        self, studio: PracticeClient, receiver: WebhookReceiver
    ) -> None:
        receiver.answer = lambda _: (429, {"retry-after": "7200"})
        endpoint = register(studio, receiver)
        studio.book_appointment()

        due = wait_for_attempts(studio, endpoint, 1)["next_attempt_at"]

        assert due == "2026-05-04T10:00:00Z"


class TestReplay:
    def test_sends_again_under_the_same_ids_from_any_position(
        self, studio: PracticeClient, receiver: WebhookReceiver
    ) -> None:
        endpoint = register(studio, receiver)
        visits = [studio.book_appointment(at) for at in HOURS[:4]]
        first = receiver.wait_for(4)

        post_action(studio, endpoint, "replay", from_position=visits[2]["position"])
        again = receiver.wait_for(6)[4:]
        post_action(studio, endpoint, "replay", from_position=1)
        all_again = receiver.wait_for(10)[6:]

        assert [message.id for message in again] == [message.id for message in first[2:]]
        assert [message.body for message in all_again] == [message.body for message in first]
        assert_no_more_came(studio, receiver, 10)
        wait_until(lambda: len(deliveries(studio, endpoint, status="delivered")) == 4, "all are noted as delivered")

    def test_a_test_message_says_that_it_is_one(self, studio: PracticeClient, receiver: WebhookReceiver) -> None:
        endpoint = register(studio, receiver)

        post_action(studio, endpoint, "test")

        [message] = receiver.wait_for(1)
        assert (message.payload["type"], message.payload["data"]["id"]) == ("webhook.test", endpoint["id"])
        assert is_signed_by(message, endpoint["secret"])


class TestEndpoint:
    def test_that_is_inactive_is_sent_nothing_until_it_is_active_again(
        self, studio: PracticeClient, receiver: WebhookReceiver
    ) -> None:
        endpoint = register(studio, receiver)
        path = f"/v1/webhook-endpoints/{endpoint['id']}"
        paused = studio.client.patch(path, json={"active": False}, headers={"If-Match": '"1"'}).json()
        studio.book_appointment()
        assert studio.client.get("/v1/webhook-endpoints", params={"after": paused["position"] + 1}).status_code == 200
        assert_no_more_came(studio, receiver, 0)
        for verb, body in (("test", None), ("replay", {"from_position": 1})):
            refused = studio.client.post(f"{path}/{verb}", json=body)
            assert (refused.status_code, refused.json()["code"]) == (409, "endpoint_inactive")

        studio.client.patch(path, json={"active": True})

        assert receiver.wait_for(1)[0].number == 1

    def test_that_was_removed_is_not_found_and_sent_nothing(
        self, studio: PracticeClient, receiver: WebhookReceiver
    ) -> None:
        endpoint = register(studio, receiver)
        path = f"/v1/webhook-endpoints/{endpoint['id']}"

        removed = studio.client.delete(path)
        position = studio.book_appointment()["position"]

        assert removed.status_code == 200
        for answer in (
            studio.client.get(path),
            studio.client.delete(path),
            studio.client.patch(path, json={"active": True}),
            studio.client.get(f"{path}/deliveries"),
            studio.client.post(f"{path}/rotate-secret", json={}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        page = studio.client.get("/v1/webhook-endpoints", params={"after": position}).json()
        assert page["webhook_endpoints"] == []
        assert_no_more_came(studio, receiver, 0)

    def test_is_one_of_twenty_at_most(self, studio: PracticeClient, receiver: WebhookReceiver) -> None:
        last = [register(studio, receiver) for _ in range(20)][-1]
        studio.client.get("/v1/webhook-endpoints", params={"after": last["position"]})

        refused = studio.client.post("/v1/webhook-endpoints", json={"url": receiver.url, "events": ALL})

        assert (refused.status_code, refused.json()["code"]) == (409, "too_many_endpoints")

    @pytest.mark.parametrize(
        "url",
        ["", "x", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "https://", "https://u:p@example.org/",
         "https://example.org:22/", "http://127.0.0.1:5432/", "http://127.0.0.1:6379/", "https://169.254.169.254/",
         "https://10.0.0.1/", "https://[::ffff:10.0.0.1]/", "https://2130706433/", "https://0x7f000001/", "http://0x7f.1/",
         "https://127.0.0.0x1/", "http://localhost./", "https://[fec0::1]/", "https://example.org/#x",
         "https://example.org:99999/", "https://exa mple.org/", "https://example.org\\@10.0.0.1/", "https://" + "x" * 2000],
    )  # fmt: skip
    def test_at_a_forbidden_address_is_refused(self, studio: PracticeClient, url: str) -> None:
        """WO3: URLs that are refused before their host is looked up."""
        answer = studio.client.post("/v1/webhook-endpoints", json={"url": url, "events": ALL})

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "url"), answer.text

    def test_is_listed_with_its_version_after_a_test(self, studio: PracticeClient, receiver: WebhookReceiver) -> None:
        endpoint = register(studio, receiver)
        tested = post_action(studio, endpoint, "test")

        version = get_listed(studio, endpoint, after=tested["position"])["version"]

        assert version == tested["version"] == 2
        changed = studio.client.patch(
            f"/v1/webhook-endpoints/{endpoint['id']}", json={"active": False}, headers={"If-Match": f'"{version}"'}
        )
        assert changed.status_code == 200

    def test_if_a_version_was_overtaken_stays_as_it_is(self, studio: PracticeClient, receiver: WebhookReceiver) -> None:
        endpoint = register(studio, receiver)
        path = f"/v1/webhook-endpoints/{endpoint['id']}"
        studio.client.patch(path, json={"active": False}, headers={"If-Match": '"1"'})

        stale = studio.client.patch(path, json={"active": True}, headers={"If-Match": '"1"'})

        assert (stale.status_code, studio.client.get(path).json()["active"]) == (412, False)


class TestSecret:
    def test_is_shown_once_and_lies_nowhere_in_clear(self, studio: PracticeClient, receiver: WebhookReceiver) -> None:
        body, headers = {"url": receiver.url, "events": ALL}, {"Idempotency-Key": "hook"}

        made = studio.client.post("/v1/webhook-endpoints", json=body, headers=headers).json()
        again = studio.client.post("/v1/webhook-endpoints", json=body, headers=headers).json()

        assert (again["id"], again["secret"]) == (made["id"], None)
        assert "secret" not in studio.client.get(f"/v1/webhook-endpoints/{made['id']}").json()
        get_listed(studio, made, made["position"])
        with studio.server.container.storage.transaction(UUID(studio.practice_id)) as cursor:
            events = cursor.execute("select body::text, sealed::text from log.event").fetchall()
            rows = cursor.execute("select e::text from webhooks.endpoint e").fetchall()
        assert events
        assert rows
        assert made["secret"] not in str(events) + str(rows)
        assert base64.b64decode(made["secret"].removeprefix("whsec_")).hex() not in str(events) + str(rows)

    def test_overlaps_with_the_next_one(self, studio: PracticeClient, receiver: WebhookReceiver) -> None:
        endpoint = register(studio, receiver)

        rotated = post_action(studio, endpoint, "rotate-secret", overlap_hours=2)
        studio.book_appointment(HOURS[0])
        receiver.wait_for(1)
        with studio.server.at_time(NOW + timedelta(hours=2)):
            studio.book_appointment(HOURS[1])
            during, after = receiver.wait_for(2)

        assert rotated["secret"] != endpoint["secret"]
        assert is_signed_by(during, endpoint["secret"])
        assert is_signed_by(during, rotated["secret"])
        assert not is_signed_by(after, endpoint["secret"])
        assert is_signed_by(after, rotated["secret"])

    @pytest.mark.parametrize("hours", [-1, 169, 1.5, "1", None])
    def test_does_not_overlap_for_longer_than_a_week(
        self, studio: PracticeClient, receiver: WebhookReceiver, hours: object
    ) -> None:
        endpoint = register(studio, receiver)

        answer = studio.client.post(
            f"/v1/webhook-endpoints/{endpoint['id']}/rotate-secret", json={"overlap_hours": hours}
        )

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "overlap_hours")


class TestSettings:
    def test_let_messages_go_to_this_machine_only_where_nobody_else_is_served(self) -> None:
        asked = {"webhooks_local": True, "database_url": "postgresql://u@db/x"}

        with pytest.raises(ValidationError, match="SCHEDULER_WEBHOOKS_LOCAL"):
            Settings.model_validate(asked)
        assert Settings.model_validate(asked | {"is_test": True}).webhooks_local
        assert not Settings.model_validate({}).webhooks_local


class TestDeliveries:
    def test_come_in_pages_the_newest_first(self, studio: PracticeClient, receiver: WebhookReceiver) -> None:
        endpoint = register(studio, receiver)
        last = [studio.book_appointment(at) for at in HOURS[:5]][-1]
        receiver.wait_for(5)
        path = f"/v1/webhook-endpoints/{endpoint['id']}/deliveries"
        wait_until(lambda: len(deliveries(studio, endpoint, status="delivered")) == 5, "all are noted as delivered")

        found: list[Json] = []
        cursor = None
        while cursor is not None or not found:
            query = {"limit": 2, "after": last["position"]} | ({"cursor": cursor} if cursor else {})
            page = studio.client.get(path, params=query).json()
            found += page["deliveries"]
            cursor = page["next_cursor"]

        assert [one["number"] for one in found] == [5, 4, 3, 2, 1]
        assert {(one["status"], one["attempts"], one["response_code"], one["failure"]) for one in found} == {
            ("delivered", 1, 204, None)
        }
        assert studio.client.get(path, params={"cursor": "strange"}).status_code == 422
        assert studio.client.get(path, params={"status": "strange"}).status_code == 422
