"""Resources and the calendar as of an instant of recorded time, or at a version."""

from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.http.schemas import Versioned
from tests.api.api_server import NOW
from tests.api.practice_client import Json, PracticeClient
from tests.api.sample_changes import CHANGES, iso_text, minutes_after_opening
from tests.api.sample_ids import ids_of

SLOW = settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
DAY = {"from": "2026-06-01", "to": "2026-06-02"}


def get_as_of(studio: PracticeClient, number: float, path: str, **query: Any) -> Json:
    """Ask for a thing as of a minute; it must be there."""
    answer = request_as_of(studio, number, path, **query)
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


def request_as_of(studio: PracticeClient, number: float, path: str, **query: Any) -> httpx2.Response:
    # Before the offers that a practice has end, which its worker would record at that very time.
    with studio.server.at_time(minutes_after_opening(500)):
        return studio.client.get(path, params={"as_of": iso_text(minutes_after_opening(number)), **query})


def without_position(thing: Json) -> Json:
    return {name: value for name, value in thing.items() if name != "position"}


def is_single_resource(spec: Json, operation: Json) -> bool:
    # A calendar file is no thing.
    schema = operation["responses"]["200"]["content"].get("application/json", {}).get("schema", {})
    shown: Json = spec["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {})
    return set(Versioned.model_fields) <= set(shown.get("properties", {}))


class TestEachResource:
    def test_that_is_answered_can_be_asked_for_at_another_moment(self, studio: PracticeClient) -> None:
        """Take ``Showing`` in the route, return ``call.show``, and add a line to ``CHANGES``."""
        spec = studio.server.app.openapi()
        single = {
            path: {parameter["name"] for parameter in verbs["get"]["parameters"]}
            for path, verbs in spec["paths"].items()
            if "get" in verbs and is_single_resource(spec, verbs["get"])
        }

        assert [path for path, asked_for in single.items() if not {"as_of", "version"} <= asked_for] == []
        assert single.keys() == CHANGES.keys()

    def test_is_shown_as_it_was(self, studio: PracticeClient) -> None:
        ids = ids_of(studio)
        for number, (template, (verb, where, said)) in enumerate(CHANGES.items(), 1):
            path = template.format(**ids)
            body = {name: ids[name] if value == "" else value for name, value in said.items()}
            before = studio.client.get(path).json()
            with studio.server.at_time(minutes_after_opening(number)):
                changed = studio.client.request(verb.upper(), where.format(**ids), json=body or None)
            assert changed.status_code == 200, changed.text
            after = studio.client.get(path).json()
            assert before != after, path

            assert without_position(get_as_of(studio, number - 0.5, path)) == before, path
            assert without_position(get_as_of(studio, number, path)) == after, path
            new = studio.client.get(path, params={"version": after["version"]})
            assert (without_position(new.json()), new.json()["position"]) == (after, changed.json()["position"])
            assert "etag" not in new.headers
            if before["version"]:  # Who has not decided anything has no version to ask for.
                old = studio.client.get(path, params={"version": before["version"]})
                assert without_position(old.json()) == before


class TestRoster:
    def test_is_as_it_was_with_the_names_of_then(self, studio: PracticeClient) -> None:
        yoga, analyst = studio.add_service(name="יוגה", seats=1), studio.client_with_role("analyst")
        session = studio.create(
            "/v1/sessions", service_id=yoga, staff_ids=[studio.clinician], starts_at="2026-06-01T09:00:00+02:00"
        )
        path, others = f"/v1/sessions/{session['id']}", [studio.add_patient(family_name=name) for name in ("Li", "Noa")]
        rosters = [without_position(studio.client.get(f"{path}/roster").json())]
        acts: list[tuple[str, str, Json]] = [
            ("post", f"{path}/enrol", {"patient_id": others[0]}),
            ("post", f"{path}/enrol", {"patient_id": others[1], "if_full": "wait"}),
            ("patch", f"/v1/patients/{others[0]}", {"family_name": "Lee"}),
            ("post", f"{path}/withdraw", {"patient_id": others[0]}),
        ]
        for number, (verb, where, said) in enumerate(acts, 1):
            with studio.server.at_time(minutes_after_opening(number)):
                done = studio.client.request(verb.upper(), where, json=said).json()
            now = studio.client.get(f"{path}/roster", params={"after": done["position"]}).json()
            rosters.append(without_position(now))

        for number, roster in enumerate(rosters):
            assert without_position(get_as_of(studio, number, f"{path}/roster")) == roster
            assert without_position(get_as_of(studio, number + 0.5, f"{path}/roster")) == roster
        assert [line["patient"]["family_name"] for line in rosters[2]["roster"]] == ["Li", "Noa"]
        old = studio.client.get(f"{path}/roster", params={"version": 3})
        assert (without_position(old.json()), "etag" in old.headers) == (rosters[2], False)
        assert "Li" not in analyst.get(f"{path}/roster", params={"version": 3}).text
        both: Json = {"version": 2, "as_of": iso_text(minutes_after_opening(1))}
        assert studio.client.get(f"{path}/roster", params=both).status_code == 422
        assert studio.client.get(f"{path}/roster", params={"version": 9}).status_code == 404
        with studio.server.at_time(minutes_after_opening(9)):
            studio.client.delete(f"/v1/patients/{others[0]}")
        assert [line["patient"] for line in get_as_of(studio, 1, f"{path}/roster")["roster"]] == [None]


class TestSingleResource:
    @SLOW
    @given(minutes=st.lists(st.integers(0, 50), min_size=1, max_size=8))
    def test_at_every_version_and_instant_is_the_fold_of_the_events_before(
        self, studio: PracticeClient, minutes: list[int]
    ) -> None:
        """Clocks may go back: what counts is the last position that was recorded by then."""
        path = f"/v1/patients/{studio.add_patient(given_name='v1')}"
        shown = [studio.client.get(path).json()]
        recorded = [0]
        for number, when in enumerate(minutes, 2):
            with studio.server.at_time(minutes_after_opening(when)):
                studio.client.patch(path, json={"given_name": f"v{number}"})
            shown.append(studio.client.get(path).json())
            recorded.append(when)

        for version, expected in enumerate(shown, 1):
            assert without_position(studio.client.get(path, params={"version": version}).json()) == expected
        for when in {*minutes, 0, 25, 60}:
            last = max(place for place, said in enumerate(recorded) if said <= when)
            assert without_position(get_as_of(studio, when, path)) == shown[last]

    def test_that_did_not_exist_then_is_not_there_yet(self, studio: PracticeClient) -> None:
        with studio.server.at_time(minutes_after_opening(5)):
            patient = studio.add_patient()

        for query in ({"as_of": iso_text(minutes_after_opening(4))}, {"version": 2}):
            with studio.server.at_time(minutes_after_opening(10)):
                answer = studio.client.get(f"/v1/patients/{patient}", params=query)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_yet")
            assert "later" in answer.json()["detail"]

    @pytest.mark.parametrize("query", [{"version": 1}, {"as_of": "2026-05-04T08:00:00Z"}])
    def test_is_unknown_if_missing_foreign_or_of_another_kind(
        self, studio: PracticeClient, open_practice: Any, query: Json
    ) -> None:
        others = (open_practice().patient, studio.location, "01980c5a-0000-7000-8000-000000000000")

        answers = [studio.client.get(f"/v1/patients/{id_}", params=query).json() for id_ in others]

        assert [{**answer, "request_id": ""} for answer in answers] == [
            {**answers[0], "code": "not_found", "request_id": ""}
        ] * 3

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("as_of=2026-05-04T08:00:00Z&version=1", "version"),
            ("as_of=yesterday", "as_of"),
            ("as_of=2026-05-04", "as_of"),
            ("as_of=2026-05-04T08:00:00", "as_of"),
            ("as_of=2027-05-04T08:00:00Z", "as_of"),
            ("as_of=" + "9" * 50, "as_of"),
            ("as_of=", "as_of"),
            ("version=0", "version"),
            ("version=-1", "version"),
            ("version=99999999999", "version"),
            ("version=x", "version"),
        ],
    )
    def test_at_a_moment_that_cannot_be_is_refused(self, studio: PracticeClient, query: str, field: str) -> None:
        answer = studio.client.get(f"/v1/patients/{studio.patient}?{query}")

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")
        assert answer.json()["errors"][0]["field"] == field

    def test_reads_an_offset_whose_plus_sign_was_not_escaped(self, studio: PracticeClient) -> None:
        answer = studio.client.get(f"/v1/patients/{studio.patient}?as_of=2026-05-04T10:00:00+02:00")

        assert answer.status_code == 200

    def test_of_one_who_was_erased_since_reads_as_erased(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()["id"]
        studio.post_action(visit, "cancel", reason="Rückenschmerzen")
        with studio.server.at_time(minutes_after_opening(5)):
            studio.client.delete(f"/v1/patients/{studio.patient}")

        patient = get_as_of(studio, 1, f"/v1/patients/{studio.patient}")
        cancelled = get_as_of(studio, 1, f"/v1/appointments/{visit}")

        assert (patient["version"], patient["erased"], patient["given_name"], patient["tags"]) == (1, True, None, [])
        assert (cancelled["status"], cancelled["cancellation_reason"]) == ("cancelled", None)

    def test_is_shown_to_nobody_who_may_not_see_it_now(self, studio: PracticeClient) -> None:
        analyst = studio.client_with_role("analyst")

        assert analyst.get(f"/v1/patients/{studio.patient}?version=1").status_code == 403

    def test_a_visit_is_shown_with_its_patients_standing_of_its_time(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()["id"]
        survivor = studio.add_patient(given_name="Adele")
        path = f"/v1/appointments/{visit}"
        with studio.server.at_time(minutes_after_opening(1)):
            studio.client.patch(f"/v1/patients/{studio.patient}", json={"alert": "Latex"})
        with studio.server.at_time(minutes_after_opening(2)):
            studio.client.patch(f"/v1/patients/{survivor}", json={"alert": "Penicillin"})
        with studio.server.at_time(minutes_after_opening(3)):
            merged = studio.client.post(f"/v1/patients/{survivor}/merge", json={"other_id": studio.patient})
        with studio.server.at_time(minutes_after_opening(4)):
            studio.client.patch(f"/v1/patients/{survivor}", json={"alert": None})

        looked = [get_as_of(studio, when, path) for when in (0, 1, 2, 3, 4)]

        assert merged.status_code == 200
        assert [(each["patient_id"], each["alerts"]) for each in looked] == [
            (studio.patient, []),
            (studio.patient, ["Latex"]),
            (studio.patient, ["Latex"]),
            (survivor, ["Penicillin", "Latex"]),
            (survivor, ["Latex"]),
        ]
        assert studio.client.get(path).json()["alerts"] == ["Latex"]

    def test_at_a_version_is_shown_beside_what_its_command_did_besides(self, studio: PracticeClient) -> None:
        """A booking against the rules is two facts, and a series is booked with its visits."""
        first = studio.book_appointment()
        visit = studio.book_appointment(override={"reason": "in pain"})
        series = studio.post_series().json()

        shown = studio.client.get(f"/v1/appointments/{visit['id']}", params={"version": 1}).json()
        planned = studio.client.get(f"/v1/series/{series['id']}", params={"version": 1}).json()

        assert (shown["version"], shown["override"], visit["override"]["overlaps"]) == (1, None, [first["id"]])
        assert planned == series

    def test_of_one_who_was_erased_since_holds_nothing_personal_at_any_version(self, studio: PracticeClient) -> None:
        path = f"/v1/patients/{studio.patient}"
        said = {"contacts": [{"kind": "family", "name": "Miriam Cohen"}]}
        agreed = {"kind": "marketing", "document_version": "1", "how": "paper", "by_whom": "Miriam Cohen, mother"}
        studio.client.patch(path, json={"notes": "Miriam Cohen rang", "alert": "Cohen"})
        studio.client.put(f"{path}/contacts", json=said)
        studio.client.post(f"{path}/consents", json=agreed)
        assert "Cohen" in studio.client.get(path).text
        with studio.server.at_time(minutes_after_opening(5)):
            studio.client.delete(path)

        told = [
            studio.client.get(f"{path}{part}", params={"version": version})
            for part in ("", "/contacts", "/consents")
            for version in (1, 2)
        ]

        assert {answer.status_code for answer in told} == {200}
        assert not [answer.text for answer in told if "Cohen" in answer.text or "Ada" in answer.text]

    def test_a_visit_is_shown_on_the_clocks_of_its_time(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()
        with studio.server.at_time(minutes_after_opening(5)):
            studio.client.patch(f"/v1/locations/{studio.location}", json={"zone": "Asia/Jerusalem"})
        assert studio.client.get("/v1/locations").json()["locations"][0]["zone"] == "Asia/Jerusalem"

        assert get_as_of(studio, 1, f"/v1/appointments/{visit['id']}")["display"] == visit["display"]
        assert studio.client.get(f"/v1/appointments/{visit['id']}").json()["display"] != visit["display"]


class TestCalendar:
    def test_of_a_day_is_as_it_was_at_eight(self, studio: PracticeClient) -> None:
        first = studio.book_appointment()
        with studio.server.at_time(minutes_after_opening(5)):
            second = studio.book_appointment("2026-06-01T11:00:00+02:00")
        with studio.server.at_time(minutes_after_opening(10)):
            studio.post_action(first["id"], "reschedule", starts_at="2026-06-02T09:00:00+02:00")
            last = studio.post_action(second["id"], "cancel", reason="ill").json()

        def looked(number: int, **window: str) -> list[tuple[str, str]]:
            shown = get_as_of(studio, number, "/v1/calendar", **(DAY | window))["appointments"]
            return [(each["id"], each["status"]) for each in shown]

        assert looked(4) == [(first["id"], "booked")]
        assert looked(5) == [(first["id"], "booked"), (second["id"], "booked")]
        assert looked(10) == [(second["id"], "cancelled")]
        assert looked(5, **{"from": "2026-06-02", "to": "2026-06-03"}) == []
        assert get_as_of(studio, 10, "/v1/calendar", **DAY)["position"] == last["position"]
        assert looked(-10) == []

    def test_is_the_whole_answer_of_its_time(self, studio: PracticeClient) -> None:
        visits = [studio.book_appointment(f"2026-06-01T{hour}:00:00+02:00") for hour in ("09", "11", "13")]
        then = studio.client.get("/v1/calendar", params=DAY | {"after": visits[-1]["position"]}).json()
        with studio.server.at_time(minutes_after_opening(5)):
            for visit in visits[:2]:
                studio.post_action(visit["id"], "cancel", reason="ill")
            studio.client.patch(f"/v1/patients/{studio.patient}", json={"family_name": "Klein", "zone": "UTC"})
            studio.client.patch(f"/v1/locations/{studio.location}", json={"zone": "Asia/Jerusalem"})

        assert get_as_of(studio, 1, "/v1/calendar", **DAY) == then

    def test_shows_whose_a_visit_was_before_a_merge_and_after(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()
        survivor = studio.add_patient(given_name="Adele")
        with studio.server.at_time(minutes_after_opening(1)):
            studio.client.patch(f"/v1/patients/{studio.patient}", json={"alert": "Latex"})
        with studio.server.at_time(minutes_after_opening(2)):
            studio.client.post(f"/v1/patients/{survivor}/merge", json={"other_id": studio.patient})
        with studio.server.at_time(minutes_after_opening(3)):
            studio.client.patch(f"/v1/patients/{survivor}", json={"given_name": "Adela", "alert": "Penicillin"})
        with studio.server.at_time(minutes_after_opening(4)):
            last = studio.client.post(f"/v1/patients/{survivor}/unmerge", json={"other_id": studio.patient})

        looked = [get_as_of(studio, when, "/v1/calendar", **DAY)["appointments"] for when in (0, 1, 2, 3, 4)]
        now = studio.client.get("/v1/calendar", params=DAY | {"after": visit["position"]}).json()["appointments"]

        assert last.status_code == 200
        assert [(one["patient_id"], one["patient"]["given_name"], one["alerts"]) for [one] in looked] == [
            (studio.patient, "Ada", []),
            (studio.patient, "Ada", ["Latex"]),
            (survivor, "Adele", ["Latex"]),
            (survivor, "Adela", ["Penicillin", "Latex"]),
            (studio.patient, "Ada", ["Latex"]),
        ]
        assert looked[-1] == now

    def test_shows_a_session_where_it_was_and_with_the_seats_that_were_taken(self, studio: PracticeClient) -> None:
        session = studio.create(
            "/v1/sessions",
            service_id=studio.service,
            staff_ids=[studio.clinician],
            resource_ids=[],
            starts_at="2026-06-01T13:00:00+02:00",
            seats=3,
        )
        path = f"/v1/sessions/{session['id']}"
        with studio.server.at_time(minutes_after_opening(1)):
            studio.client.post(f"{path}/enrol", json={"patient_id": studio.patient})
        with studio.server.at_time(minutes_after_opening(2)):
            moved = studio.client.patch(path, json={"starts_at": "2026-06-03T13:00:00+02:00"})
        assert moved.status_code == 200, moved.text

        looked = [get_as_of(studio, when, "/v1/calendar", **DAY)["sessions"] for when in (0, 1, 2)]
        later = get_as_of(studio, 2, "/v1/calendar", **{"from": "2026-06-03", "to": "2026-06-04"})["sessions"]

        assert [[(one["id"], one["taken"]) for one in each] for each in (*looked, later)] == [
            [(session["id"], 0)],
            [(session["id"], 1)],
            [],
            [(session["id"], 1)],
        ]

    def test_shows_no_name_of_one_who_was_erased_since(self, studio: PracticeClient) -> None:
        studio.book_appointment()
        with studio.server.at_time(minutes_after_opening(5)):
            studio.client.patch(f"/v1/patients/{studio.patient}", json={"given_name": "Eva"})
            studio.client.delete(f"/v1/patients/{studio.patient}")

        [shown] = get_as_of(studio, 1, "/v1/calendar", **DAY)["appointments"]

        assert (shown["status"], shown["patient"]) == ("booked", None)

    def test_goes_on_page_by_page_as_it_began(self, studio: PracticeClient) -> None:
        visits = [studio.book_appointment(f"2026-06-01T{hour}:00:00+02:00")["id"] for hour in ("09", "10", "11", "12")]
        seen: list[str] = []
        cursor = None
        while cursor or not seen:
            more: Json = {"cursor": cursor} if cursor else {}
            page = get_as_of(studio, 1, "/v1/calendar", **DAY, limit=1, **more)
            seen += [each["id"] for each in page["appointments"]]
            cursor = page["next_cursor"]
            if len(seen) < 4:
                with studio.server.at_time(minutes_after_opening(5)):
                    studio.post_action(visits[len(seen)], "cancel", reason="ill")

        assert seen == visits

    def test_counts_without_names_for_those_who_see_no_patients(self, studio: PracticeClient) -> None:
        studio.book_appointment()
        analyst = studio.client_with_role("analyst")

        shown = analyst.get("/v1/calendar", params=DAY | {"as_of": iso_text(NOW)}).json()

        assert [each["patient"] for each in shown["appointments"]] == [None]

    @pytest.mark.parametrize("as_of", ["2026-06-01", "x", "2099-01-01T00:00:00Z"])
    def test_of_no_instant_is_refused(self, studio: PracticeClient, as_of: str) -> None:
        answer = studio.client.get("/v1/calendar", params=DAY | {"as_of": as_of})

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "as_of")

    def test_is_of_recorded_time_and_not_of_the_time_of_visits(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()
        with studio.server.at_time(datetime(2026, 6, 1, 7, 30, tzinfo=UTC)):
            studio.post_action(visit["id"], "check-in")
            before = studio.client.get("/v1/calendar", params=DAY | {"as_of": "2026-06-01T07:29:59Z"}).json()
            since = studio.client.get("/v1/calendar", params=DAY | {"as_of": "2026-06-01T07:30:00Z"}).json()

        assert [each["status"] for each in (*before["appointments"], *since["appointments"])] == [
            "booked",
            "checked_in",
        ]
