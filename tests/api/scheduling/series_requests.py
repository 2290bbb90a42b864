"""Requests that read and change a series of visits."""

import httpx2

from api.scheduling.series.schemas import SeriesInFull
from tests.api.practice_client import Json, PracticeClient


def post_change(studio: PracticeClient, series: Json, **body: object) -> httpx2.Response:
    return studio.client.post(f"/v1/series/{series['id']}/change", json=body)


def change_series(studio: PracticeClient, series: Json, **body: object) -> Json:
    answer = post_change(studio, series, **body)
    assert answer.status_code == 200, answer.text
    SeriesInFull.model_validate(answer.json())
    shown: Json = answer.json()
    return shown


def appointments_by_index(studio: PracticeClient, series: Json) -> dict[int, Json]:
    """Return the appointments of a series by their index."""
    return {
        each["index"]: studio.client.get(f"/v1/appointments/{each['appointment_id']}").json()
        for each in series["occurrences"]
        if each["appointment_id"]
    }
