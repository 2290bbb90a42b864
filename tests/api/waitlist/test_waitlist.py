"""The wait list: offers in order of joining; the log records who was passed over (DM-05)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest

from api.waitlist.schemas import EntryPage, OfferPage, OpeningPage
from application.kernel.practice_log import PracticeLog
from application.patients.person import Person, person_of
from tests.api.practice_client import Json, PracticeClient, codes
from tests.api.waitlist.waitlist_requests import (
    NINE,
    TEN,
    get_json,
    join_waitlist,
    offer_time,
    post_answer,
    post_opening,
    waiting_entry_ids,
)
from tests.support.concurrency import map_concurrently


@contextmanager
def time_later(studio: PracticeClient, **time: float) -> Iterator[None]:
    with studio.server.at_time(studio.server.clock.now() + timedelta(**time)):
        yield


class TestEntry:
    def test_says_who_waits_for_what(self, studio: PracticeClient) -> None:
        window = {"from": "2026-06-01", "to": "2026-06-02T13:00:00+02:00"}

        made = join_waitlist(
            studio, studio.patient, clinician_id=studio.clinician, windows=[window], notice_minutes=120
        )

        shown = get_json(studio, "waitlist", made["id"])
        assert shown["windows"] == [{"from": "2026-05-31T22:00:00Z", "to": "2026-06-02T11:00:00Z"}]
        assert (shown["status"], shown["patient_id"], shown["clinician_id"], shown["notice_minutes"]) == (
            "waiting",
            studio.patient,
            studio.clinician,
            120,
        )

    def test_keeps_its_place_when_it_changes(self, studio: PracticeClient) -> None:
        first, second = join_waitlist(studio, clinician_id=studio.clinician), join_waitlist(studio)

        changed = studio.client.patch(f"/v1/waitlist/{first['id']}", json={"clinician_id": None, "notice_minutes": 5})

        assert changed.status_code == 200, changed.text
        assert (changed.json()["clinician_id"], changed.json()["notice_minutes"]) == (None, 5)
        assert waiting_entry_ids(studio, changed.json()["position"]) == [first["id"], second["id"]]

    def test_has_weekly_times_that_are_shown_changed_and_taken_away(self, studio: PracticeClient) -> None:
        evening = {"weekday": "tue", "from": "17:00", "to": "20:00"}
        early = {"weekday": "thu", "from": "07:00", "to": "09:00", "every_weeks": 2, "from_date": "2026-06-04"}
        entry = join_waitlist(studio, weekly=[early, evening])
        path = f"/v1/waitlist/{entry['id']}"

        assert entry["weekly"] == [evening, early]
        assert studio.client.patch(path, json={"notice_minutes": 5}).json()["weekly"] == [evening, early]
        changed = studio.client.patch(path, json={"weekly": [early]}).json()
        [listed] = studio.client.get("/v1/waitlist", params={"after": changed["position"]}).json()["entries"]
        assert changed["weekly"] == listed["weekly"] == [early]
        emptied = studio.client.patch(path, json={"weekly": []}).json()
        [listed] = studio.client.get("/v1/waitlist", params={"after": emptied["position"]}).json()["entries"]
        assert emptied["weekly"] == listed["weekly"] == []
        past = studio.client.get(path, params={"version": str(entry["version"])}).json()
        assert past["weekly"] == [evening, early]

    @pytest.mark.parametrize(
        "weekly",
        [
            [{"weekday": "tue", "from": "17:00", "to": "17:00"}],
            [{"weekday": "tuesday", "from": "17:00", "to": "18:00"}],
            [{"weekday": "tue", "from": "17:00", "to": "18:00"}, {"weekday": "tue", "from": "17:30", "to": "19:00"}],
            [{"weekday": "tue", "from": "17:00", "to": "18:00", "every_weeks": 2}],
            [{"weekday": "tue", "from": f"{hour:02}:00", "to": f"{hour:02}:10"} for hour in range(24)] * 3,
        ],
    )
    def test_has_no_weekly_times_that_cannot_be(self, studio: PracticeClient, weekly: list[Json]) -> None:
        body = {"patient_id": studio.patient, "service_id": studio.service, "weekly": weekly}

        answer = studio.client.post("/v1/waitlist", json=body)

        assert (answer.status_code, answer.json()["errors"][0]["field"].split(".")[0]) == (422, "weekly")

    def test_that_was_withdrawn_is_not_in_line(self, studio: PracticeClient) -> None:
        first, second = join_waitlist(studio), join_waitlist(studio)

        gone = studio.client.delete(f"/v1/waitlist/{first['id']}").json()

        assert gone["status"] == "withdrawn"
        assert waiting_entry_ids(studio, gone["position"]) == [second["id"]]
        assert studio.client.delete(f"/v1/waitlist/{first['id']}").json()["version"] == gone["version"]
        refused = studio.client.patch(f"/v1/waitlist/{first['id']}", json={"notice_minutes": 5})
        assert (refused.status_code, refused.json()["code"]) == (409, "no_longer_waiting")

    def test_is_found_by_whom_and_what_it_is_for(self, studio: PracticeClient) -> None:
        other_service, other = studio.add_service(), studio.add_patient()
        entries = [
            join_waitlist(studio, studio.patient, clinician_id=studio.clinician),
            join_waitlist(studio, other),
            join_waitlist(studio, other, service_id=other_service),
        ]
        ids, last = [entry["id"] for entry in entries], entries[-1]["position"]

        assert waiting_entry_ids(studio, last) == ids
        assert waiting_entry_ids(studio, last, patient_id=other) == ids[1:]
        assert waiting_entry_ids(studio, last, service_id=other_service) == ids[2:]
        assert waiting_entry_ids(studio, last, clinician_id=studio.clinician) == ids[:1]
        first = studio.client.get("/v1/waitlist", params={"after": last, "limit": 2}).json()
        EntryPage.model_validate(first)
        rest = studio.client.get("/v1/waitlist", params={"after": last, "cursor": first["next_cursor"]}).json()
        assert [entry["id"] for entry in first["entries"] + rest["entries"]] == ids

    def test_of_a_merged_patient_is_found_under_the_survivor(self, studio: PracticeClient) -> None:
        twin = studio.add_patient()
        entry = join_waitlist(studio, twin)
        studio.client.post(f"/v1/patients/{studio.patient}/merge", json={"other_id": twin})

        assert waiting_entry_ids(studio, entry["position"], patient_id=studio.patient) == [entry["id"]]
        assert (
            studio.client.post("/v1/waitlist", json={"patient_id": twin, "service_id": studio.service}).json()["code"]
            == "patient_merged"
        )

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("windows", [{"from": "2026-06-02", "to": "2026-06-01"}]),
            ("windows", [{"from": "tomorrow", "to": "2026-06-01"}]),
            ("windows", [{"from": "2020-06-01", "to": "2020-06-02"}]),
            ("windows", [{"from": "2026-06-01", "to": "2026-06-02"}] * 21),
            ("notice_minutes", -1),
            ("notice_minutes", 43_201),
            ("notice_minutes", "60"),
        ],
    )
    def test_that_cannot_be(self, studio: PracticeClient, field: str, value: object) -> None:
        body = {"patient_id": studio.patient, "service_id": studio.service, field: value}

        refused = studio.client.post("/v1/waitlist", json=body)

        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_value")
        assert refused.json()["errors"][0]["field"].split(".")[0] == field

    def test_waits_for_nobody_who_does_not_give_the_service(self, studio: PracticeClient) -> None:
        body = {"patient_id": studio.patient, "service_id": studio.service, "clinician_id": studio.add_clinician()}

        assert studio.client.post("/v1/waitlist", json=body).json()["code"] == "clinician_not_offering"


class TestOffer:
    def test_keeps_the_time_until_it_is_answered(self, studio: PracticeClient) -> None:
        [made] = offer_time(studio, join_waitlist(studio))

        assert studio.post_booking().json()["code"] == "time_taken"
        assert NINE not in studio.slots("2026-06-01", "2026-06-02")
        assert post_answer(studio, made, "decline").json()["status"] == "declined"
        assert studio.post_booking().status_code == 201

    def test_ends_by_the_clock_at_the_very_second(self, studio: PracticeClient) -> None:
        entry = join_waitlist(studio)
        [made] = offer_time(studio, entry, minutes=30)

        with time_later(studio, minutes=29, seconds=59):
            assert studio.post_booking().json()["code"] == "time_taken"
        with time_later(studio, minutes=30):
            assert get_json(studio, "offers", made)["status"] == "expired"
            assert post_answer(studio, made, "accept").json()["code"] == "offer_expired"
            assert post_answer(studio, made, "decline").json()["code"] == "offer_expired"
            assert studio.post_booking().status_code == 201
        assert get_json(studio, "waitlist", entry["id"])["status"] == "waiting"

    def test_ends_at_the_start_of_its_visit_at_the_latest(self, studio: PracticeClient) -> None:
        with studio.server.at_time(studio.server.clock.now().replace(month=6, day=1, hour=6, minute=30)):
            [made] = offer_time(studio, join_waitlist(studio), minutes=600)

            assert get_json(studio, "offers", made)["expires_at"] == NINE

    def test_that_is_accepted_is_a_visit(self, studio: PracticeClient) -> None:
        entry = join_waitlist(studio, studio.patient)
        [made] = offer_time(studio, entry)

        accepted = post_answer(studio, made, "accept").json()

        visit = get_json(studio, "appointments", accepted["appointment_id"])
        assert (visit["status"], visit["starts_at"], visit["patient_id"]) == ("booked", NINE, studio.patient)
        served = get_json(studio, "waitlist", entry["id"])
        assert (served["status"], served["appointment_id"]) == ("served", visit["id"])
        wait_for_opening = get_json(studio, "openings", accepted["opening_id"])
        assert (wait_for_opening["status"], wait_for_opening["appointment_id"]) == ("filled", visit["id"])
        assert studio.post_booking().json()["code"] == "time_taken"
        assert post_answer(studio, made, "accept").json()["code"] == "offer_ended"
        assert studio.client.delete(f"/v1/waitlist/{entry['id']}").json()["code"] == "no_longer_waiting"

    def test_accepted_again_under_its_key_is_answered_as_the_first_time(self, studio: PracticeClient) -> None:
        [made] = offer_time(studio, join_waitlist(studio))
        first = post_answer(studio, made, "accept", **{"Idempotency-Key": "yes"})

        again = post_answer(studio, made, "accept", **{"Idempotency-Key": "yes"})

        assert (again.status_code, again.json()) == (200, first.json())

    def test_is_accepted_in_the_version_that_was_seen(self, studio: PracticeClient) -> None:
        [made] = offer_time(studio, join_waitlist(studio))

        assert post_answer(studio, made, "accept", **{"If-Match": '"7"'}).status_code == 412
        assert post_answer(studio, made, "accept", **{"If-Match": '"1"'}).status_code == 200

    def test_in_time_is_accepted_in_time(self, studio: PracticeClient) -> None:
        studio.service = studio.add_service(minimum_notice_minutes=60)
        with studio.server.at_time(studio.server.clock.now().replace(month=6, day=1, hour=5, minute=55)):
            [made] = offer_time(studio, join_waitlist(studio))
            with time_later(studio, minutes=30):
                assert studio.post_booking().json()["code"] != "time_taken"
                assert post_answer(studio, made, "accept").status_code == 200

    def test_keeps_its_room_too(self, studio: PracticeClient) -> None:
        room = studio.add_room()
        studio.service = studio.add_service(requires=[{"kind": "room"}])
        [made] = offer_time(studio, join_waitlist(studio))

        accepted = post_answer(studio, made, "accept").json()

        assert get_json(studio, "appointments", accepted["appointment_id"])["resource_ids"] == [room]

    def test_that_staff_take_back_frees_the_time(self, studio: PracticeClient) -> None:
        [made] = offer_time(studio, join_waitlist(studio))

        taken = studio.client.delete(f"/v1/offers/{made}").json()

        assert (taken["status"], taken["because"]) == ("withdrawn", "by_staff")
        assert studio.post_booking().status_code == 201
        assert post_answer(studio, made, "accept").json()["code"] == "offer_ended"

    def test_of_one_who_leaves_the_list_goes_back(self, studio: PracticeClient) -> None:
        entry = join_waitlist(studio)
        [made] = offer_time(studio, entry)

        studio.client.delete(f"/v1/waitlist/{entry['id']}")

        assert (get_json(studio, "offers", made)["status"], get_json(studio, "offers", made)["because"]) == (
            "withdrawn",
            "left",
        )
        assert studio.post_booking().status_code == 201

    def test_to_an_erased_patient_cannot_be_accepted(self, studio: PracticeClient) -> None:
        entry = join_waitlist(studio, studio.patient)
        [made] = offer_time(studio, entry)
        studio.client.delete(f"/v1/patients/{studio.patient}")

        # 409: the worker has withdrawn it already.
        assert post_answer(studio, made, "accept").status_code in (404, 409)
        assert post_opening(studio, entry, starts_at=TEN).status_code in (404, 409)

    def test_to_a_merged_patient_books_for_the_survivor(self, studio: PracticeClient) -> None:
        twin = studio.add_patient()
        [made] = offer_time(studio, join_waitlist(studio, twin))
        studio.client.post(f"/v1/patients/{studio.patient}/merge", json={"other_id": twin})

        visit = post_answer(studio, made, "accept").json()["appointment_id"]

        assert get_json(studio, "appointments", visit)["patient_id"] == studio.patient

    def test_does_not_outlive_what_makes_a_time_bookable(self, studio: PracticeClient) -> None:
        entry = join_waitlist(studio)
        [made] = offer_time(studio, entry)
        studio.client.put(
            f"/v1/clinicians/{studio.clinician}/time-off",
            json={"ranges": [{"first_date": "2026-06-01", "last_date": "2026-06-01"}]},
        )

        assert post_answer(studio, made, "accept").json()["code"] == "outside_hours"
        assert get_json(studio, "waitlist", entry["id"])["status"] == "waiting"


class TestSharedOffer:
    def test_is_one_visit_and_two_stay_queued_in_order(self, studio: PracticeClient) -> None:
        entries = [join_waitlist(studio) for _ in range(3)]
        offers = offer_time(studio, *entries)

        answers = map_concurrently(3, lambda number: post_answer(studio, offers[number], "accept"))

        assert codes(answers) == [(200, None), (409, "offer_ended"), (409, "offer_ended")]
        winner = next(number for number, each in enumerate(answers) if each.status_code == 200)
        waiting = [entry["id"] for number, entry in enumerate(entries) if number != winner]
        assert waiting_entry_ids(studio, answers[winner].json()["position"]) == waiting
        visits = studio.client.get("/v1/appointments", params={"after": answers[winner].json()["position"]}).json()
        assert [visit["id"] for visit in visits["appointments"]] == [answers[winner].json()["appointment_id"]]
        statuses = [get_json(studio, "offers", id_)["status"] for id_ in offers]
        assert sorted(statuses) == ["accepted", "withdrawn", "withdrawn"]

    def test_is_free_again_once_the_last_has_declined(self, studio: PracticeClient) -> None:
        offers = offer_time(studio, *[join_waitlist(studio) for _ in range(3)])

        answers = map_concurrently(3, lambda number: post_answer(studio, offers[number], "decline"))

        assert codes(answers) == [(200, None)] * 3
        assert studio.post_booking().status_code == 201

    def test_stays_kept_while_one_may_still_accept(self, studio: PracticeClient) -> None:
        offers = offer_time(studio, *[join_waitlist(studio) for _ in range(2)])
        post_answer(studio, offers[0], "decline")

        assert studio.post_booking().json()["code"] == "time_taken"
        assert post_answer(studio, offers[1], "accept").status_code == 200


class TestSeveralOffersToOnePerson:
    def test_who_accepts_gives_the_other_offers_back(self, studio: PracticeClient) -> None:
        entry = join_waitlist(studio)
        [first], [second] = offer_time(studio, entry), offer_time(studio, entry, starts_at=TEN)

        post_answer(studio, first, "accept")

        other = get_json(studio, "offers", second)
        assert (other["status"], other["because"]) == ("withdrawn", "accepted_another")
        assert studio.post_booking(TEN).status_code == 201

    def test_gives_them_back_through_any_entry_and_id(self, studio: PracticeClient) -> None:
        twin = studio.add_patient()
        entries = [join_waitlist(studio, twin), join_waitlist(studio, studio.patient)]
        [first], [second] = offer_time(studio, entries[0]), offer_time(studio, entries[1], starts_at=TEN)
        merged = studio.client.post(f"/v1/patients/{studio.patient}/merge", json={"other_id": twin}).json()
        waiting_entry_ids(studio, merged["position"])

        post_answer(studio, first, "accept")

        assert get_json(studio, "offers", second)["because"] == "accepted_another"
        assert get_json(studio, "waitlist", entries[1]["id"])["status"] == "waiting"

    def test_who_accepts_two_at_once_has_one(self, studio: PracticeClient) -> None:
        entry = join_waitlist(studio)
        offers = [offer_time(studio, entry)[0], offer_time(studio, entry, starts_at=TEN)[0]]

        answers = map_concurrently(2, lambda number: post_answer(studio, offers[number], "accept"))

        assert codes(answers) == [(200, None), (409, "offer_ended")]
        assert len(studio.slots("2026-06-01", "2026-06-02")) > 0

    def test_who_accepts_one_while_another_is_looked_at_is_told_that_it_has_ended(
        self, studio: PracticeClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        entry = join_waitlist(studio)
        first, second = offer_time(studio, entry)[0], offer_time(studio, entry, starts_at=TEN)[0]
        accepting = iter([first])

        def person_meanwhile(log: PracticeLog, patient_id: UUID) -> Person:
            """The offer has been read, and the entry has not."""
            for offer_id in accepting:
                assert post_answer(studio, offer_id, "accept").status_code == 200
            return person_of(log, patient_id)

        monkeypatch.setattr("application.waitlist.accept_offer.person_of", person_meanwhile)
        refused = post_answer(studio, second, "accept")

        assert (refused.status_code, refused.json()["code"]) == (409, "offer_ended")


class TestManualOffer:
    def test_records_who_was_passed_over_and_why(self, studio: PracticeClient) -> None:
        morning = {"from": "2026-06-02T08:00:00+02:00", "to": "2026-06-02T12:00:00+02:00"}
        passed = [
            join_waitlist(studio),
            join_waitlist(studio, windows=[morning]),
            join_waitlist(studio, notice_minutes=43_200),
            join_waitlist(studio, service_id=studio.add_service(name="Long", duration_minutes=600)),
        ]
        chosen, behind = join_waitlist(studio), join_waitlist(studio)
        waiting_entry_ids(studio, behind["position"])

        wait_for_opening = post_opening(studio, chosen).json()

        [made] = wait_for_opening["rounds"]
        assert made["passed_over"] == [
            {"entry_id": entry["id"], "because": because}
            for entry, because in zip(
                passed, ("chosen_by_staff", "outside_windows", "too_little_notice", "outside_hours"), strict=True
            )
        ]
        assert behind["position"] <= made["as_of"]
        listed = studio.client.get("/v1/openings", params={"after": wait_for_opening["position"]}).json()
        OpeningPage.model_validate(listed)
        assert [each["rounds"][0]["passed_over"] for each in listed["openings"]] == [made["passed_over"]]
        offers = studio.client.get(
            "/v1/offers", params={"opening_id": wait_for_opening["id"], "after": wait_for_opening["position"]}
        ).json()
        OfferPage.model_validate(offers)
        assert [each["entry_id"] for each in offers["offers"]] == [chosen["id"]]

    def test_is_refused_as_a_booking_is(self, studio: PracticeClient) -> None:
        entry, gone = join_waitlist(studio), join_waitlist(studio)
        studio.client.delete(f"/v1/waitlist/{gone['id']}")
        studio.book_appointment()

        assert post_opening(studio, entry).json()["code"] == "time_taken"
        assert post_opening(studio, entry, starts_at="2026-06-01T03:00:00+02:00").json()["code"] == "outside_hours"
        assert post_opening(studio, entry, gone, starts_at=TEN).json()["code"] == "no_longer_waiting"
        assert post_opening(studio, entry, entry, starts_at=TEN).json()["errors"][0]["field"] == "entry_ids"
        other = join_waitlist(studio, service_id=studio.add_service())
        assert post_opening(studio, entry, other, starts_at=TEN).json()["errors"][0]["field"] == "entry_ids"

    def test_of_one_time_by_ten_at_once_is_one_opening(self, studio: PracticeClient) -> None:
        entries = [join_waitlist(studio) for _ in range(10)]

        answers = map_concurrently(10, lambda number: post_opening(studio, entries[number]))

        assert codes(answers) == [(201, None)] + [(409, "time_taken")] * 9


class TestReach:
    def test_a_bound_clinician_keeps_their_own_list_alone(self, studio: PracticeClient) -> None:
        other = studio.add_clinician()
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other])
        entry = join_waitlist(studio, clinician_id=studio.clinician)
        [made] = offer_time(studio, entry)
        bound = studio.client_with_role("clinician", clinician_id=other)
        who = {"patient_id": studio.patient, "service_id": studio.service}

        assert bound.post("/v1/waitlist", json=who).json()["clinician_id"] == other
        assert bound.post("/v1/waitlist", json=who | {"clinician_id": studio.clinician}).status_code == 404
        assert bound.patch(f"/v1/waitlist/{entry['id']}", json={"notice_minutes": 5}).status_code == 404
        assert bound.delete(f"/v1/waitlist/{entry['id']}").status_code == 404
        assert bound.post(f"/v1/offers/{made}/accept").status_code == 404
        assert bound.post(f"/v1/offers/{made}/decline").status_code == 404
        assert bound.delete(f"/v1/offers/{made}").status_code == 404
        body = {"entry_ids": [entry["id"]], "clinician_id": studio.clinician, "starts_at": TEN, "minutes": 5}
        assert bound.post("/v1/openings", json=body).status_code == 404
