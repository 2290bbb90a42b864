"""Nobody is offered, or gets, a time at which they have another visit."""

import pytest

from tests.api.practice_client import Json, PracticeClient
from tests.api.waitlist.waitlist_requests import (
    GRACE,
    NINE_SAID,
    join_waitlist,
    offer_time,
    post_answer,
    post_opening,
    time_later,
    wait_for_opening,
)


@pytest.fixture
def elsewhere(studio: PracticeClient) -> Json:
    """The service and clinician of visits at the same time."""
    clinician = studio.add_clinician()
    return {"clinician_id": clinician, "service_id": studio.add_service(clinician_ids=[clinician])}


class TestBusyPatient:
    def test_is_passed_over_with_a_reason(self, studio: PracticeClient, elsewhere: Json) -> None:
        visit = studio.book_appointment(patient_id=studio.add_patient())
        busy, free = join_waitlist(studio, studio.patient), join_waitlist(studio)
        studio.book_appointment(NINE_SAID, **elsewhere)
        studio.post_action(visit["id"], "cancel", reason="ill")

        with time_later(studio, **GRACE):
            made = wait_for_opening(studio)

        [round_] = made["rounds"]
        assert [each["entry_id"] for each in round_["offers"]] == [free["id"]]
        assert [(each["entry_id"], each["because"]) for each in round_["passed_over"]] == [(busy["id"], "patient_busy")]

    def test_is_not_offered_a_time_by_hand(self, studio: PracticeClient, elsewhere: Json) -> None:
        entry = join_waitlist(studio, studio.patient)
        studio.book_appointment(NINE_SAID, **elsewhere)

        assert post_opening(studio, entry).json()["code"] == "patient_busy"

    def test_cannot_accept(self, studio: PracticeClient, elsewhere: Json) -> None:
        [offer] = offer_time(studio, join_waitlist(studio, studio.patient))
        visit = studio.book_appointment(NINE_SAID, **elsewhere)

        refused = post_answer(studio, offer, "accept")

        assert (refused.status_code, refused.json()["code"]) == (409, "patient_busy")
        studio.post_action(visit["id"], "cancel", reason="ill")
        assert post_answer(studio, offer, "accept").status_code == 200
