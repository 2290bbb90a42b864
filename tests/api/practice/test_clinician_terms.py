"""Clinicians with a length and a price of their own for a service."""

import pytest

from tests.api.practice_client import Json, PracticeClient
from tests.api.scheduling.explanations import explain, reason_events
from tests.api.waitlist.waitlist_requests import join_waitlist, offer_time, post_answer

NINE, TEN, LATE = (f"2026-06-01T{time}:00+02:00" for time in ("09:00", "10:00", "16:00"))
SENIOR: Json = {"amount_minor": 12_000, "currency": "EUR"}
USUAL: Json = {"amount_minor": 8_000, "currency": "EUR"}


@pytest.fixture
def senior(studio: PracticeClient) -> str:
    """A second clinician of ``studio.service``: 80 minutes for 120 euros instead of 50 for 80."""
    clinician = studio.add_clinician()
    own = {"clinician_id": clinician, "duration_minutes": 80, "price": SENIOR}
    studio.service = studio.add_service(clinician_ids=[studio.clinician, clinician], clinician_terms=[own])
    return clinician


def change_service(studio: PracticeClient, **changes: object) -> Json:
    answer = studio.client.patch(f"/v1/services/{studio.service}", json=changes)
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


def get_slots(studio: PracticeClient, **query: str) -> list[Json]:
    asked = {"service_id": studio.service, "from": "2026-06-01", "to": "2026-06-02"} | query
    found: list[Json] = studio.client.get("/v1/slots", params=asked).json()["slots"]
    return found


class TestTerms:
    def test_are_shown_changed_and_taken_away(self, studio: PracticeClient, senior: str) -> None:
        path = f"/v1/services/{studio.service}"
        own = {"clinician_id": senior, "duration_minutes": 80, "price": SENIOR}
        first = studio.client.get(path).json()
        assert first["clinician_terms"] == [own]

        assert change_service(studio, name="Massage")["clinician_terms"] == [own]
        shorter = {"clinician_id": senior, "duration_minutes": 30, "price": None}
        assert change_service(studio, clinician_terms=[shorter])["clinician_terms"] == [shorter]
        assert change_service(studio, clinician_terms=[])["clinician_terms"] == []
        past = studio.client.get(path, params={"version": str(first["version"])}).json()
        assert past["clinician_terms"] == [own]

    def test_that_stay_as_they_are_record_nothing(self, studio: PracticeClient, senior: str) -> None:
        before = studio.client.get(f"/v1/services/{studio.service}").json()

        after = change_service(studio, clinician_terms=before["clinician_terms"])

        assert after["version"] == before["version"]

    def test_end_with_the_service_of_the_clinician(self, studio: PracticeClient, senior: str) -> None:
        assert change_service(studio, clinician_ids=[studio.clinician])["clinician_terms"] == []
        assert change_service(studio, clinician_ids=[studio.clinician, senior])["clinician_terms"] == []

    @pytest.mark.parametrize(
        "wrong",
        [
            {},
            {"duration_minutes": 0},
            {"duration_minutes": 1441},
            {"duration_minutes": "80"},
            {"price": {"amount_minor": -1, "currency": "EUR"}},
            {"price": {"amount_minor": 1, "currency": "euro"}},
            {"duration_minutes": 80, "name": "x"},
            {"duration_minutes": 80, "clinician_id": "01980c5a-0000-7000-8000-000000000002"},
        ],
    )
    def test_that_cannot_be(self, studio: PracticeClient, senior: str, wrong: Json) -> None:
        before = studio.client.get(f"/v1/services/{studio.service}").json()
        own = {"clinician_id": senior} | wrong

        for body in ({"clinician_terms": [own]}, {"name": "x", "clinician_terms": [own]}):
            answer = studio.client.patch(f"/v1/services/{studio.service}", json=body)
            assert answer.status_code == 422, answer.text
        assert studio.client.get(f"/v1/services/{studio.service}").json() == before

    def test_name_each_clinician_once(self, studio: PracticeClient, senior: str) -> None:
        twice = [{"clinician_id": senior, "duration_minutes": minutes} for minutes in (30, 40)]

        answer = studio.client.patch(f"/v1/services/{studio.service}", json={"clinician_terms": twice})

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "clinician_terms")


class TestSlotsAndBookings:
    def test_have_the_length_and_the_price_of_the_clinician(self, studio: PracticeClient, senior: str) -> None:
        [slot, *_] = get_slots(studio, clinician_id=senior)
        visit = studio.book_appointment(NINE, clinician_id=senior)
        usual = studio.book_appointment(NINE, patient_id=studio.add_patient())

        assert (slot["starts_at"], slot["ends_at"]) == ("2026-06-01T07:00:00Z", "2026-06-01T08:20:00Z")
        assert (visit["ends_at"], visit["price"]) == ("2026-06-01T08:20:00Z", SENIOR)
        assert (usual["ends_at"], usual["price"]) == ("2026-06-01T07:50:00Z", USUAL)

    def test_of_any_clinician_have_those_of_the_chosen_one(self, studio: PracticeClient, senior: str) -> None:
        studio.book_appointment(NINE)
        slots = {slot["starts_at"]: slot for slot in get_slots(studio)}
        at_ten, late = slots["2026-06-01T08:00:00Z"], slots["2026-06-01T14:00:00Z"]

        booked = [studio.book_appointment(each["starts_at"], clinician_id=None) for each in (at_ten, late)]

        # The visits of the senior are too long for the last start of the day.
        assert [each["clinician_id"] for each in (at_ten, late)] == [senior, studio.clinician]
        assert [(each["clinician_id"], each["ends_at"]) for each in booked] == [
            (senior, "2026-06-01T09:20:00Z"),
            (studio.clinician, "2026-06-01T14:50:00Z"),
        ]
        assert [each["price"] for each in booked] == [SENIOR, USUAL]

    def test_need_the_whole_length_and_say_what_they_follow_from(self, studio: PracticeClient, senior: str) -> None:
        clinician, studio.clinician = studio.clinician, senior

        assert explain(studio, LATE)["is_free"] is False
        assert studio.post_booking(LATE).json()["code"] == "outside_hours"
        off_grid = reason_events(explain(studio, "2026-06-01T09:01:00+02:00"))
        assert off_grid == [("not_on_grid", ["practice.service.offered", "practice.service.clinician_terms_set"])]
        studio.clinician = clinician
        assert explain(studio, LATE)["is_free"] is True

    def test_follow_each_other_without_a_gap_as_those_of_the_service(self, studio: PracticeClient, senior: str) -> None:
        own = {"clinician_id": senior, "duration_minutes": 80}
        studio.service = studio.add_service(
            clinician_ids=[studio.clinician, senior], clinician_terms=[own], step_minutes=None, buffer_after_minutes=10
        )

        starts = [slot["starts_at"][11:16] for slot in get_slots(studio, clinician_id=senior)]
        usual = [slot["starts_at"][11:16] for slot in get_slots(studio, clinician_id=studio.clinician)]

        assert starts == ["07:00", "08:30", "10:00", "11:30", "13:00"]
        assert usual[:3] == ["07:00", "08:00", "09:00"]

    def test_of_a_length_of_their_own_have_the_price_of_the_clinician(
        self, studio: PracticeClient, senior: str
    ) -> None:
        visit = studio.book_appointment(NINE, clinician_id=senior, duration_minutes=30)

        assert (visit["ends_at"], visit["price"]) == ("2026-06-01T07:30:00Z", SENIOR)

    def test_hold_the_length_that_is_booked(self, studio: PracticeClient, senior: str) -> None:
        held = {"service_id": studio.service, "clinician_id": senior, "starts_at": NINE, "minutes": 5}
        hold = studio.create("/v1/holds", **held)

        visit = studio.book_appointment(NINE, clinician_id=senior, hold_id=hold["id"])

        assert hold["ends_at"] == visit["ends_at"] == "2026-06-01T08:20:00Z"

    def test_from_the_wait_list_have_them_too(self, studio: PracticeClient, senior: str) -> None:
        studio.clinician = senior
        [offer] = offer_time(studio, join_waitlist(studio))

        accepted = post_answer(studio, offer, "accept").json()
        visit = studio.client.get(f"/v1/appointments/{accepted['appointment_id']}").json()

        assert (accepted["ends_at"], visit["ends_at"]) == ("2026-06-01T08:20:00Z", "2026-06-01T08:20:00Z")
        assert visit["price"] == SENIOR

    def test_of_a_series_have_them_all(self, studio: PracticeClient, senior: str) -> None:
        series = studio.post_series(clinician_id=senior, rrule="FREQ=WEEKLY;COUNT=2").json()
        [first, second] = [
            studio.client.get(f"/v1/appointments/{each['appointment_id']}").json() for each in series["occurrences"]
        ]

        assert (first["ends_at"], second["ends_at"]) == ("2026-06-02T09:20:00Z", "2026-06-09T09:20:00Z")
        assert first["price"] == second["price"] == SENIOR

    @pytest.mark.parametrize("leads", [True, False])
    def test_of_a_session_are_those_of_who_leads(self, studio: PracticeClient, senior: str, leads: bool) -> None:
        staff = [senior, studio.clinician] if leads else [studio.clinician, senior]

        session = studio.create(
            "/v1/sessions", service_id=studio.service, staff_ids=staff, starts_at="2026-06-01T15:40:00+02:00", seats=3
        )

        assert session["ends_at"] == ("2026-06-01T15:00:00Z" if leads else "2026-06-01T14:30:00Z")
        assert session["price"] == (SENIOR if leads else USUAL)


class TestBookedVisits:
    def test_keep_length_and_price_when_the_terms_change(self, studio: PracticeClient, senior: str) -> None:
        visit = studio.book_appointment(NINE, clinician_id=senior)

        changed = change_service(studio, clinician_terms=[{"clinician_id": senior, "duration_minutes": 20}])

        shown = studio.client.get(f"/v1/appointments/{visit['id']}").json()
        assert (shown["ends_at"], shown["price"], shown["version"]) == (visit["ends_at"], SENIOR, visit["version"])
        query = {"from": "2026-06-01", "to": "2026-06-02", "after": changed["position"]}
        [listed] = studio.client.get("/v1/appointments", params=query).json()["appointments"]
        assert (listed["ends_at"], listed["price"]) == (visit["ends_at"], SENIOR)
        past = studio.client.get(f"/v1/appointments/{visit['id']}", params={"version": "1"}).json()
        assert past["price"] == SENIOR

    def test_keep_them_with_another_clinician(self, studio: PracticeClient, senior: str) -> None:
        visit = studio.book_appointment(NINE)

        moved = studio.post_action(visit["id"], "reschedule", clinician_id=senior, starts_at=TEN).json()
        given = studio.post_action(visit["id"], "reassign", clinician_id=studio.clinician).json()

        assert (moved["clinician_id"], moved["ends_at"], moved["price"]) == (senior, "2026-06-01T08:50:00Z", USUAL)
        assert (given["clinician_id"], given["ends_at"], given["price"]) == (
            studio.clinician,
            "2026-06-01T08:50:00Z",
            USUAL,
        )

    def test_take_the_length_and_price_that_the_move_names(self, studio: PracticeClient, senior: str) -> None:
        visit = studio.book_appointment(NINE)

        moved = studio.post_action(
            visit["id"], "reschedule", clinician_id=senior, starts_at=TEN, duration_minutes=80, price=SENIOR
        ).json()
        query = {"from": "2026-06-01", "to": "2026-06-02", "after": moved["position"]}
        [listed] = studio.client.get("/v1/appointments", params=query).json()["appointments"]

        for shown in (moved, listed):
            assert (shown["clinician_id"], shown["ends_at"], shown["price"]) == (senior, "2026-06-01T09:20:00Z", SENIOR)
        past = studio.client.get(f"/v1/appointments/{visit['id']}", params={"version": "1"}).json()
        assert (past["ends_at"], past["price"]) == ("2026-06-01T07:50:00Z", USUAL)
        undone = studio.post_action(visit["id"], "undo").json()
        [listed] = studio.client.get("/v1/appointments", params=query | {"after": undone["position"]}).json()[
            "appointments"
        ]
        for shown in (undone, listed):
            assert (shown["clinician_id"], shown["ends_at"]) == (studio.clinician, "2026-06-01T07:50:00Z")
            assert shown["price"] == USUAL

    def test_take_a_price_at_their_own_place(self, studio: PracticeClient, senior: str) -> None:
        visit = studio.book_appointment(NINE)

        repriced = studio.post_action(visit["id"], "reschedule", price=SENIOR).json()

        assert (repriced["price"], repriced["version"]) == (SENIOR, visit["version"] + 1)
        again = studio.post_action(visit["id"], "reschedule", price=SENIOR).json()
        assert again["version"] == repriced["version"]
        cancelled = studio.post_action(visit["id"], "cancel", reason="ill").json()
        assert cancelled["price"] == SENIOR
        assert studio.post_action(visit["id"], "undo").json()["price"] == SENIOR
        negative = {"amount_minor": -1, "currency": "EUR"}
        assert studio.post_action(visit["id"], "reschedule", price=negative).status_code == 422

    def test_are_offered_to_move_with_their_own_length(self, studio: PracticeClient, senior: str) -> None:
        visit = studio.book_appointment(NINE)

        slots = get_slots(studio, clinician_id=senior, moving=visit["id"])

        assert slots[-1]["starts_at"] == "2026-06-01T14:10:00Z"
        assert slots[-1]["ends_at"] == "2026-06-01T15:00:00Z"

    def test_that_conflict_may_go_to_a_colleague_whose_own_visits_are_longer(
        self, studio: PracticeClient, senior: str
    ) -> None:
        visit = studio.book_appointment(LATE)
        off = {"ranges": [{"first_date": "2026-06-01", "last_date": "2026-06-01"}]}
        away = studio.client.put(f"/v1/clinicians/{studio.clinician}/time-off", json=off).json()

        [found] = studio.client.get("/v1/conflicts", params={"after": away["position"]}).json()["conflicts"]

        assert {"action": "reassign", "clinician_ids": [senior]} in found["remedies"]
        given = studio.post_action(visit["id"], "reassign", clinician_id=senior)
        assert given.status_code == 200, given.text
