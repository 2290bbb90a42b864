"""Differences: the resources that a range of the log changed, with the events."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.audit.kinds import KINDS
from event_store.topics import AGGREGATES
from tests.api.api_server import NOW
from tests.api.practice_client import Json, PracticeClient
from tests.api.sample_changes import CHANGES, iso_text, minutes_after_opening
from tests.api.sample_ids import ids_of

SECRET = "Rückenschmerzen"
NOBODY = "01980c5a-0000-7000-8000-000000000000"
LAW = settings(max_examples=25, suppress_health_check=list(HealthCheck))
# Fields that depend on more than the resource's own events.
BESIDE = {"id", "version", "position", "display", "alerts", "occurrences"}


def log_head(studio: PracticeClient) -> int:
    position: int = studio.client.get("/v1/events", params={"limit": 1}).json()["position"]
    return position


def read_at_head(studio: PracticeClient, path: str) -> tuple[Json, int]:
    """Return a resource and the log's head when it was read: a worker may write at any time."""
    while True:
        head, shown = log_head(studio), studio.client.get(path).json()
        if log_head(studio) == head:
            return shown, head


def get_diff(studio: PracticeClient, after: object, wait_until: object = None, **query: Any) -> list[Json]:
    """Return all differences of a range, in one page."""
    query = {"from": after, "to": log_head(studio) if wait_until is None else wait_until, "limit": 200, **query}
    answer = studio.client.get("/v1/diff", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.json()["next_cursor"] is None
    resources: list[Json] = answer.json()["things"]
    return resources


def changes_of(resource: Json) -> dict[str, tuple[object, object]]:
    return {each["field"]: (each["before"], each["after"]) for each in resource["changes"]}


def own_fields(shown: Json, path: str) -> Json:
    """Return the fields of a route's answer that depend on the resource's own events."""
    facts = {name: value for name, value in shown.items() if name not in BESIDE}
    if "ranges" in facts:
        facts["out_of_service" if path.endswith("/out-of-service") else "time_off"] = facts.pop("ranges")
    if "rounds" in facts:
        facts["rounds"] = [
            {**each, "offers": [{k: v for k, v in offer.items() if k != "status"} for offer in each["offers"]]}
            for each in facts["rounds"]
        ]
    return facts


def record_of(resources: list[Json], path: str, id_: str) -> Json:
    """Return the difference of the resource at a path; a patient's consents are separate."""
    [found] = [
        each
        for each in resources
        if each["id"] == id_ or (each["kind"] == "consents" and changes_of(each)["patient_id"][1] == id_)
        if (each["kind"] == "consents") == path.endswith("/consents")
    ]
    return found


def merge_diffs(windows: list[list[Json]]) -> dict[str, Json]:
    """Merge the differences of consecutive ranges, as a client can."""
    whole: dict[str, Json] = {}
    for resources in windows:
        for resource in resources:
            difference = whole.setdefault(
                resource["id"],
                {"from_version": resource["from_version"], "to_version": resource["from_version"], "fields": {}},
            )
            assert difference["to_version"] == resource["from_version"]
            difference["to_version"] = resource["to_version"]
            for field, (before, after) in changes_of(resource).items():
                first, last = difference["fields"].get(field, (before, before))
                assert last == before
                difference["fields"][field] = (first, after)
            difference.setdefault("positions", []).extend(each["position"] for each in resource["events"])
    for difference in whole.values():
        difference["fields"] = {field: ends for field, ends in difference["fields"].items() if ends[0] != ends[1]}
    return whole


@pytest.fixture
def changed_practice(studio: PracticeClient) -> PracticeClient:
    """A practice in which resources were created, changed, reverted, merged and cancelled."""
    patient, other = studio.patient, studio.add_patient(given_name="נועה")
    visit = studio.book_appointment()
    studio.client.patch(f"/v1/services/{studio.service}", json={"duration_minutes": 20})
    studio.client.patch(f"/v1/patients/{patient}", json={"given_name": "Adele", "alert": "Latex"})
    studio.post_action(visit["id"], "reschedule", starts_at="2026-06-01T11:00:00+02:00")
    studio.client.patch(f"/v1/services/{studio.service}", json={"duration_minutes": 50})
    studio.client.post(f"/v1/patients/{other}/merge", json={"other_id": patient})
    studio.post_action(visit["id"], "reschedule", starts_at="2026-06-01T09:00:00+02:00")
    studio.client.patch(f"/v1/locations/{studio.location}", json={"zone": "Asia/Jerusalem"})
    assert studio.post_series("2026-06-05T09:00:00+02:00", patient_id=other).status_code == 201
    assert studio.post_action(visit["id"], "cancel", reason=SECRET).status_code == 200
    return studio


class TestResourceKinds:
    def test_are_those_of_all_aggregates(self) -> None:
        assert set(KINDS) == set(AGGREGATES)


class TestEachResource:
    def test_has_the_fields_of_its_route_in_the_difference(self, studio: PracticeClient) -> None:
        ids = ids_of(studio)
        for number, (template, (verb, where, fields)) in enumerate(CHANGES.items(), 1):
            path = template.format(**ids)
            body = {name: ids[name] if value == "" else value for name, value in fields.items()}
            before, position = read_at_head(studio, path)
            with studio.server.at_time(minutes_after_opening(number)):
                assert studio.client.request(verb.upper(), where.format(**ids), json=body or None).status_code == 200
            after, head = read_at_head(studio, path)

            difference = record_of(get_diff(studio, position, head), path, after["id"])

            assert (difference["from_version"], difference["to_version"]) == (before["version"], after["version"]), path
            old, new = own_fields(before, path), own_fields(after, path)
            was = dict.fromkeys(old) if difference["from_version"] == 0 else old
            known = {field: ends for field, ends in changes_of(difference).items() if field in new}
            assert known == {field: (was[field], new[field]) for field in new if was[field] != new[field]}, path
            assert difference["from_version"] == 0 or known.keys() == changes_of(difference).keys(), path
        whole = get_diff(studio, 0)
        for template in CHANGES:
            path = template.format(**ids)
            now = studio.client.get(path).json()
            made = {field: after for field, (_, after) in changes_of(record_of(whole, path, now["id"])).items()}
            facts = own_fields(now, path)
            assert {field: made.get(field) for field in facts} == facts, path


class TestRange:
    def test_returns_each_change_with_its_events(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()
        before = log_head(studio)
        studio.post_action(visit["id"], "reschedule", starts_at="2026-06-01T11:00:00+02:00")
        studio.post_action(visit["id"], "cancel", reason=SECRET)
        room = studio.add_room()

        cancelled, made = get_diff(studio, before)

        assert (cancelled["kind"], cancelled["id"]) == ("appointment", visit["id"])
        assert (cancelled["from_version"], cancelled["to_version"]) == (1, 3)
        assert changes_of(cancelled) == {
            "status": ("booked", "cancelled"),
            "starts_at": ("2026-06-01T07:00:00Z", "2026-06-01T09:00:00Z"),
            "ends_at": ("2026-06-01T07:50:00Z", "2026-06-01T09:50:00Z"),
            "cancellation_reason": (None, SECRET),
            "cancelled_at": (None, "2026-05-04T08:00:00Z"),
        }
        owner = studio.client.get("/v1/api-keys").json()["api_keys"][0]["id"]
        assert [(each["position"], each["version"], each["actor"]) for each in cancelled["events"]] == [
            (before + 1, 2, f"key:{owner}"),
            (before + 2, 3, f"key:{owner}"),
        ]
        assert cancelled["events"][1]["sentence"] == "The visit was cancelled"
        assert (made["kind"], made["id"], made["from_version"]) == ("resource", room, 0)
        assert changes_of(made)["name"] == (None, "Room 1")

    def test_merges_with_the_next_one_into_the_whole(self, changed_practice: PracticeClient) -> None:
        last = log_head(changed_practice)

        @LAW
        @given(cuts=st.lists(st.integers(0, last), min_size=2, max_size=6).map(sorted))
        def law(cuts: list[int]) -> None:
            windows = [get_diff(changed_practice, after, wait_until) for after, wait_until in pairwise(cuts)]

            assert merge_diffs(windows) == merge_diffs([get_diff(changed_practice, cuts[0], cuts[-1])])

        law()

    def test_does_not_change_over_time(self, studio: PracticeClient) -> None:
        """Holds and offers expire without an event."""
        ids = ids_of(studio)
        early = get_diff(studio, 0)

        with studio.server.at_time(NOW + timedelta(days=30)):
            late = get_diff(studio, 0)

        assert late == early
        assert changes_of(record_of(late, "", ids["hold_id"]))["status"] == (None, "held")

    def test_of_nothing_is_empty(self, changed_practice: PracticeClient) -> None:
        assert get_diff(changed_practice, log_head(changed_practice)) == get_diff(changed_practice, 3, 3) == []

    def test_with_a_reverted_change_returns_events_without_changes(self, changed_practice: PracticeClient) -> None:
        [service] = [each for each in get_diff(changed_practice, 0) if each["id"] == changed_practice.service]
        after = service["events"][0]["position"]

        [difference] = get_diff(changed_practice, after, thing_id=changed_practice.service)

        assert (difference["changes"], len(difference["events"])) == ([], 2)

    def test_accepts_instants_of_recorded_time(self, studio: PracticeClient) -> None:
        start = log_head(studio)
        for number in (10, 20):
            with studio.server.at_time(minutes_after_opening(number)):
                studio.client.patch("/v1/practice", json={"name": f"Praxis {number}"})

        def request_as_of(from_: float, to: float) -> Json:
            with studio.server.at_time(minutes_after_opening(60)):
                answer = studio.client.get(
                    "/v1/diff",
                    params={"from": iso_text(minutes_after_opening(from_)), "to": iso_text(minutes_after_opening(to))},
                )
            page: Json = answer.json()
            return page

        page = request_as_of(9, 10)
        assert (page["from_position"], page["to_position"]) == (start, start + 1)
        assert page["things"] == get_diff(studio, start, start + 1)
        assert request_as_of(10, 30)["things"] == get_diff(studio, start + 1, start + 2)
        assert request_as_of(20, 30)["things"] == []

    @pytest.mark.parametrize("limit", [1, 2, 3])
    def test_returns_each_resource_once_over_all_pages(self, changed_practice: PracticeClient, limit: int) -> None:
        for after in (0, 5):
            seen: list[Json] = []
            query = {"from": after, "to": log_head(changed_practice), "limit": limit}
            while True:
                page = changed_practice.client.get("/v1/diff", params=query).json()
                assert len(page["things"]) <= limit
                seen += page["things"]
                if page["next_cursor"] is None:
                    break
                query["cursor"] = page["next_cursor"]

            assert seen == get_diff(changed_practice, after)
            assert len({resource["id"] for resource in seen}) == len(seen) >= 6

    def test_is_paged_by_the_events_read_and_folded(
        self, changed_practice: PracticeClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = get_diff(changed_practice, 2)
        for bound, events in (("_MAX_READ", 3), ("_MAX_FOLDED", 4)):
            seen: list[Json] = []
            query = {"from": 2, "to": log_head(changed_practice)}
            pages = 0
            with monkeypatch.context() as patch:
                patch.setattr(f"api.audit.differences.{bound}", events)
                while True:
                    page = changed_practice.client.get("/v1/diff", params=query).json()
                    seen, pages = seen + page["things"], pages + 1
                    if page["next_cursor"] is None:
                        break
                    query["cursor"] = page["next_cursor"]
            assert seen == whole
            assert pages > 3

    def test_cites_the_newest_events_of_a_resource_that_has_many(
        self, changed_practice: PracticeClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [visit] = [
            each for each in get_diff(changed_practice, 0) if each["kind"] == "appointment" and each["to_version"] == 4
        ]

        monkeypatch.setattr("api.audit.differences.MAX_CITED", 2)

        assert get_diff(changed_practice, 0, thing_id=visit["id"]) == [{**visit, "events": visit["events"][-2:]}]

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("to=1", "from"),
            ("from=1", "to"),
            ("from=-1&to=1", "from"),
            ("from=2&to=1", "to"),
            ("from=0&to=999999", "to"),
            ("from=999999&to=999999", "from"),
            ("from=x&to=1", "from"),
            ("from=%D9%A1&to=1", "from"),
            ("from=0&to=2026-06-01", "to"),
            ("from=0&to=2026-06-01T08:00:00", "to"),
            ("from=0&to=2199-06-01T08:00:00Z", "to"),
            ("from=0&to=" + "9" * 41, "to"),
            ("from=0&to=" + "9" * 40, "to"),
            ("from=0&to=1&limit=0", "limit"),
            ("from=0&to=1&limit=201", "limit"),
            ("from=0&to=1&cursor=bm9uc2Vuc2U", "cursor"),
            ("from=0&to=1&thing_id=x", "thing_id"),
        ],
    )
    def test_that_is_invalid_is_refused(self, studio: PracticeClient, query: str, field: str) -> None:
        answer = studio.client.get(f"/v1/diff?{query}")

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")
        assert answer.json()["errors"][0]["field"] == field


class TestSingleResource:
    def test_can_be_queried_alone(self, changed_practice: PracticeClient) -> None:
        for after in range(0, log_head(changed_practice), 3):
            whole = get_diff(changed_practice, after)
            difference = [get_diff(changed_practice, after, thing_id=resource["id"]) for resource in whole]
            assert difference == [[resource] for resource in whole]

    def test_is_empty_if_unchanged_and_404_if_unknown(
        self, changed_practice: PracticeClient, open_practice: Any
    ) -> None:
        after = log_head(changed_practice)
        changed_practice.add_room()

        assert get_diff(changed_practice, after, thing_id=changed_practice.service) == []
        answers = [
            changed_practice.client.get("/v1/diff", params={"from": 0, "to": after, "thing_id": id_}).json()
            for id_ in (NOBODY, open_practice().service)
        ]
        assert answers[0]["code"] == "not_found"
        assert {**answers[0], "request_id": ""} == {**answers[1], "request_id": ""}


class TestReaders:
    def test_are_owners_and_auditors_only(self, changed_practice: PracticeClient, open_practice: Any) -> None:
        query = {"from": 0, "to": log_head(changed_practice)}
        for role in ("admin", "clinician", "front_desk", "biller", "analyst"):
            assert changed_practice.client_with_role(role).get("/v1/diff", params=query).status_code == 403

        stranger = open_practice()
        theirs = {resource["id"] for resource in get_diff(stranger, 0)}
        assert stranger.service in theirs
        assert not theirs & {resource["id"] for resource in get_diff(changed_practice, 0)}

    def test_see_only_that_an_unreadable_kind_was_changed(self, changed_practice: PracticeClient) -> None:
        auditor = changed_practice.client_with_role("auditor")
        query = {"from": 0, "to": log_head(changed_practice)}

        owners, auditors = (client.get("/v1/diff", params=query) for client in (changed_practice.client, auditor))

        expected = [
            {**each, "changes": None} if each["kind"] == "api_key" else each for each in owners.json()["things"]
        ]
        assert auditors.json()["things"] == expected
        assert "api_key" in {each["kind"] for each in expected}
        assert SECRET in auditors.text
        assert "key_hash" not in owners.text

    def test_see_nothing_personal_of_an_erased_patient(self, changed_practice: PracticeClient) -> None:
        patient = changed_practice.add_patient(given_name="Kanarienvogel")
        changed_practice.client.patch(f"/v1/patients/{patient}", json={"notes": "Kanarienvogel"})
        fields = {"contacts": [{"kind": "family", "name": "Kanarienvogel"}]}
        changed_practice.client.put(f"/v1/patients/{patient}/contacts", json=fields)
        agreed = {"kind": "marketing", "document_version": "1", "how": "paper", "by_whom": "Kanarienvogel"}
        changed_practice.client.post(f"/v1/patients/{patient}/consents", json=agreed)
        wait_until = log_head(changed_practice)
        query = {"from": 0, "to": wait_until, "limit": 200}
        assert changed_practice.client.get("/v1/diff", params=query).text.count("Kanarienvogel") == 5

        with changed_practice.server.at_time(NOW + timedelta(minutes=5)):
            assert changed_practice.client.delete(f"/v1/patients/{patient}").status_code == 200

        for stretch in (query, {**query, "to": log_head(changed_practice)}):
            answer = changed_practice.client.get("/v1/diff", params=stretch)
            assert answer.status_code == 200
            assert "Kanarienvogel" not in answer.text
            [difference] = [each for each in answer.json()["things"] if each["id"] == patient]
            assert changes_of(difference)["erased"] == (None, True)
