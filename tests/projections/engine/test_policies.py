"""The jobs that policies enqueue, for any page size."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from application.waitlist.jobs import OfferFreedTime
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.undo import GRACE
from domain.waitlist.opening import Opening
from tests.support.container import Container, by_test
from tests.support.jobs import policies, stored_jobs
from tests.support.random_history import NOW, RandomHistory


def project(container: Container, tenant_id: UUID, page: int = 250) -> list[tuple[Any, ...]]:
    container.runner(of=(policies(),), page=page).catch_up(tenant_id)
    return stored_jobs(container, tenant_id)


@pytest.mark.parametrize("page", [1, 7])
def test_are_the_same_for_any_page_size(container: Container, history: RandomHistory, page: int) -> None:
    history.append_events(150, batch_size=10)
    for number in range(12):
        freed_by = (uuid7(), 2) if number % 3 else None
        opening = Opening.open(
            id=uuid7(), clinician_id=uuid7(), during=TimeRange(NOW, NOW + timedelta(hours=1)), at=NOW, freed_by=freed_by
        )
        history.log.record(opening, by=by_test())
        if number % 2:
            opening.close("nobody_fits", 7, [], NOW)
            history.log.record(opening, by=by_test())
    whole = project(container, history.tenant_id)
    assert len(whole) > 4

    with container.projector_transaction(history.tenant_id) as cursor:
        cursor.execute("delete from jobs.job")
        cursor.execute("update projection.cursor set position = 0 where projector = 'policies'")

    assert project(container, history.tenant_id, page) == whole


def test_are_due_after_the_grace_period(container: Container, history: RandomHistory) -> None:
    history.register()
    visit: Appointment = history.book()
    history.log.record(history.patients[0], visit, by=by_test())
    visit.cancel("ill", NOW)
    history.log.record(visit, by=by_test())

    assert project(container, history.tenant_id) == [(OfferFreedTime.NAME, f"{visit.id}:2", NOW + GRACE)]
