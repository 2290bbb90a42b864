"""The work queue as a person at a terminal sees it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from api.bootstrap.container import open_container
from api.bootstrap.open_practice import create_practice
from api.bootstrap.settings import Settings
from application.kernel.jobs import Job
from application.scheduling.zone_changes.jobs import AdoptZoneRules
from application.waitlist.jobs import OfferFreedTime, OfferToNext
from tests.support.scheduler_command import SchedulerCommand

UNKNOWN = "0199c0de-7a1b-7c3d-8e5f-0123456789ab"
DUE = datetime(2031, 1, 1, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SchedulerCommand]:
    """A data folder of its own: the status counts the jobs of all practices."""
    scheduler = SchedulerCommand(tmp_path_factory.mktemp("jobs") / "data")
    yield scheduler
    scheduler.stop_database()


@pytest.fixture(scope="module")
def practice_id(scheduler: SchedulerCommand) -> UUID:
    """A practice with a job that has failed too often, and two that are due in years."""
    with open_container(Settings.model_validate({"data": scheduler.data}), stays_up=True) as container:
        practice_id = create_practice(container, "Praxis", "Europe/Berlin", "EUR", "de-DE").practice_id
        jobs: list[Job] = [
            OfferToNext(practice_id, uuid7()),
            OfferFreedTime(practice_id, uuid7(), 3),
            AdoptZoneRules(practice_id),
        ]
        with container.storage.job_queue() as queue:
            for job in jobs:
                queue.enqueue(job, due_at=DUE)
            leased = queue.take(DUE, [AdoptZoneRules.NAME], [])
            assert leased is not None
            queue.finish(leased, DUE, error="TimeTakenError", attempts=20)
    return practice_id


class TestJobs:
    def test_are_listed_retried_and_cancelled(self, scheduler: SchedulerCommand, practice_id: UUID) -> None:
        own = ("--practice", str(practice_id))
        found = scheduler.json("jobs", "list", *own)
        [dead] = scheduler.json("jobs", "list", *own, "--state", "dead")
        text = scheduler.run("jobs", "list", *own).stdout
        counts = scheduler.json("status", expect=1)["jobs"]
        status = scheduler.run("status", expect=1).stdout

        assert {one["name"] for one in found} == {OfferToNext.NAME, OfferFreedTime.NAME, AdoptZoneRules.NAME}
        assert {one["practice_id"] for one in found} == {str(practice_id)}
        assert (dead["name"], dead["error"], dead["attempts"]) == (AdoptZoneRules.NAME, "TimeTakenError", 20)
        assert "failed 20 times (TimeTakenError)" in text
        assert "due 2031-01-01 09:30:00 UTC" in text
        assert counts == {"waiting": 2, "running": 0, "dead": 1}
        assert "Jobs: 2 waiting, 0 running, 1 dead" in status

        assert scheduler.json("jobs", "retry", dead["id"]) == {"retried": [dead["id"]]}
        assert scheduler.json("jobs", "list", *own, "--state", "dead") == []
        assert scheduler.json("jobs", "retry", dead["id"], expect=1) == {"retried": []}

        ids = [one["id"] for one in found]
        assert sorted(scheduler.json("jobs", "cancel", *ids, UNKNOWN, expect=1)["cancelled"]) == sorted(ids)
        assert scheduler.json("jobs", "list", *own) == []
        assert scheduler.json("status")["jobs"] == {"waiting": 0, "running": 0, "dead": 0}
