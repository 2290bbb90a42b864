"""Each visit says how it came to be, in every read and in the reports."""

from uuid import UUID

import psycopg

from tests.api.importing.import_requests import import_visits
from tests.api.practice_client import Json, PracticeClient
from tests.api.waitlist.waitlist_requests import join_waitlist, offer_time, post_answer


def visits_of_each_origin(studio: PracticeClient) -> dict[str, str]:
    """Return an appointment of each origin."""
    requested = studio.book_appointment("2026-06-01T09:00:00+02:00", status="requested")["id"]
    studio.post_action(requested, "confirm")
    [offer] = offer_time(studio, join_waitlist(studio), starts_at="2026-06-01T15:00:00+02:00")
    series = studio.post_series("2026-06-03T10:00:00+02:00", "FREQ=WEEKLY;COUNT=2").json()
    return {
        "request": requested,
        "booked": studio.book_appointment("2026-06-01T11:00:00+02:00")["id"],
        "series": series["occurrences"][0]["appointment_id"],
        "waitlist": post_answer(studio, offer, "accept").json()["appointment_id"],
        "import": str(import_visits(studio)[1][0]),
    }


def read_in_reports(studio: PracticeClient) -> dict[str, tuple[str, bool]]:
    server = studio.server.container.storage.server
    with psycopg.connect(server.conninfo("scheduler_analyst")) as connection:
        connection.execute("select set_config('app.tenant_id', %s, false)", (studio.practice_id,))
        rows = connection.execute("select appointment_id, origin, time_is_assigned from reporting.visit").fetchall()
    return {str(id_): (origin, is_assigned) for id_, origin, is_assigned in rows}


class TestOrigin:
    def test_is_that_of_the_first_event(self, studio: PracticeClient) -> None:
        visits = visits_of_each_origin(studio)
        after = {"after": studio.server.container.logs.of(UUID(studio.practice_id)).reader.position()}

        listed: list[Json] = studio.client.get("/v1/appointments", params=after).json()["appointments"]
        of_list = {one["id"]: (one["origin"], one["time_is_assigned"]) for one in listed}
        of_reports = read_in_reports(studio)
        for origin, id_ in visits.items():
            single = studio.client.get(f"/v1/appointments/{id_}").json()
            first = studio.client.get(f"/v1/appointments/{id_}", params={"version": 1}).json()

            assert (single["origin"], single["time_is_assigned"], first["origin"]) == (origin, False, origin)
            assert of_list[id_] == of_reports[id_] == (origin, False), origin
