"""What was given to a colleague in part is no longer within the reach of the giver's key."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.api.practice_client import Json, PracticeClient

FIRST = {"local": "2026-10-19T18:00", "zone": "Europe/Berlin"}
REASON = {"reason": "the studio moves"}


@pytest.fixture
def colleague(studio: PracticeClient) -> str:
    """A second clinician, who gives the studio's service too."""
    colleague = studio.add_clinician("09:00", "21:00")
    studio.set_hours(studio.clinician, [{"weekday": "mon", "from": "09:00", "to": "21:00"}])
    studio.service = studio.add_service(clinician_ids=[studio.clinician, colleague], duration_minutes=60, seats=8)
    return colleague


@pytest.fixture
def mine(studio: PracticeClient) -> httpx2.Client:
    return studio.client_with_role("clinician", clinician_id=studio.clinician)


@pytest.fixture
def theirs(studio: PracticeClient, colleague: str) -> httpx2.Client:
    return studio.client_with_role("clinician", clinician_id=colleague)


def statuses(answers: Iterator[httpx2.Response]) -> set[int]:
    return {answer.status_code for answer in answers}


class TestSeries:
    """Eight visits on Mondays, of which the last went to the colleague."""

    @pytest.fixture
    def path(self, studio: PracticeClient, colleague: str) -> str:
        made = studio.post_series("2026-06-01T10:00:00+02:00").json()
        given = {"from_occurrence": 8, "scope": "this", "clinician_id": colleague}
        assert studio.client.post(f"/v1/series/{made['id']}/change", json=given).status_code == 200
        return f"/v1/series/{made['id']}/change"

    def test_is_not_changed_with_the_visit_that_is_anothers(self, mine: httpx2.Client, path: str) -> None:
        whole = {"from_occurrence": 1, "scope": "all"}
        end = {"from_occurrence": 7, "scope": "following"}
        changes: list[Json] = [{"cancel": REASON}, {"notes": "x"}, {"starts_at": "2026-06-01T11:00:00+02:00"}]

        assert statuses(mine.post(path, json=change | part) for change in changes for part in (whole, end)) == {404}
        assert mine.post(path, json={"from_occurrence": 8, "scope": "this", "notes": "x"}).status_code == 404
        assert mine.post(path, json={"from_occurrence": 7, "scope": "this", "notes": "x"}).status_code == 200

    def test_is_not_the_colleagues_for_one_visit(self, theirs: httpx2.Client, path: str) -> None:
        visit = {"from_occurrence": 8, "scope": "this"}

        assert theirs.post(path, json=visit | {"notes": "x"}).status_code == 404
        assert theirs.post(path, json=visit | {"cancel": REASON}).status_code == 404


class TestCourse:
    """Four sessions, of which the third went to the colleague."""

    @pytest.fixture
    def course(self, studio: PracticeClient, colleague: str) -> Json:
        body = {"service_id": studio.service, "staff_ids": [studio.clinician], "starts_at": FIRST}
        made = studio.create("/v1/courses", **body, rrule="FREQ=WEEKLY;COUNT=4")
        give_session(studio, made["occurrences"][2]["session_id"], colleague)
        return made

    def test_is_not_changed_with_the_session_that_is_anothers(
        self, studio: PracticeClient, mine: httpx2.Client, course: Json
    ) -> None:
        path, later = f"/v1/courses/{course['id']}", {"starts_at": "2026-10-19T17:00:00+02:00"}
        patient = {"patient_id": studio.patient}

        for scope, first in (("all", 1), ("following", 2), ("this", 3)):
            part = {"from_occurrence": first, "scope": scope}
            assert mine.post(f"{path}/change", json=later | part).status_code == 404
            assert mine.post(f"{path}/cancel", json=REASON | part).status_code == 404
        for verb in ("enrol", "withdraw"):
            assert mine.post(f"{path}/{verb}", json=patient | {"from_occurrence": 2}).status_code == 404
            assert mine.post(f"{path}/{verb}", json=patient | {"from_occurrence": 4}).status_code == 200
        assert mine.post(f"{path}/change", json=later | {"from_occurrence": 1, "scope": "this"}).status_code == 200

    def test_is_not_the_colleagues_for_one_session(self, theirs: httpx2.Client, course: Json) -> None:
        body = REASON | {"from_occurrence": 3, "scope": "this"}

        assert theirs.post(f"/v1/courses/{course['id']}/cancel", json=body).status_code == 404


class TestSession:
    @pytest.fixture
    def path(self, studio: PracticeClient, colleague: str) -> str:
        body = {"service_id": studio.service, "staff_ids": [studio.clinician], "starts_at": "2026-06-01T18:00:00+02:00"}
        return f"/v1/sessions/{studio.create('/v1/sessions', **body)['id']}"

    def test_is_given_away_by_no_bound_key(
        self, studio: PracticeClient, mine: httpx2.Client, path: str, colleague: str
    ) -> None:
        for staff in ([colleague], [studio.clinician, colleague]):
            assert mine.patch(path, json={"staff_ids": staff}).status_code == 404
        assert studio.client.get(path).json()["version"] == 1

    def test_that_was_given_away_is_the_colleagues_alone(
        self, studio: PracticeClient, mine: httpx2.Client, theirs: httpx2.Client, path: str, colleague: str
    ) -> None:
        patient = {"patient_id": studio.patient}
        assert mine.post(f"{path}/enrol", json=patient).status_code == 200
        given = give_session(studio, path.rpartition("/")[2], colleague)

        def acts(client: httpx2.Client) -> Iterator[httpx2.Response]:
            yield client.patch(path, json={"seats": 7})
            yield client.post(f"{path}/withdraw", json=patient)
            yield client.post(f"{path}/enrol", json=patient)
            yield client.post(f"{path}/cancel", json=REASON)

        assert mine.post(f"{path}/undo", json={"version": given["version"]}).status_code == 404
        assert statuses(acts(mine)) == {404}
        assert statuses(acts(theirs)) == {200}


def give_session(studio: PracticeClient, session_id: str, clinician: str) -> Json:
    answer = studio.client.patch(f"/v1/sessions/{session_id}", json={"staff_ids": [clinician]})
    assert answer.status_code == 200, answer.text
    given: Json = answer.json()
    return given
