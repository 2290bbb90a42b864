"""What the wait list is to be asked about: the same, however the log is cut into pages."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from domain.scheduling.appointment import Appointment
from domain.scheduling.opening import Opening
from domain.scheduling.undoing import GRACE
from domain.time_range import TimeRange
from projections.auto_fill.projector import AutoFillProjector
from tests.support.happenings import NOW, Happenings
from tests.support.world import World, by_test


def tasks(world: World, tenant_id: UUID) -> list[tuple[Any, ...]]:
    with world.projector_transaction(tenant_id) as cursor:
        return cursor.execute("select thing_id, version, due_at from auto_fill.task order by 1, 2").fetchall()


def project(world: World, tenant_id: UUID, page: int = 250) -> list[tuple[Any, ...]]:
    world.runner(of=(AutoFillProjector(),), page=page).catch_up(tenant_id)
    return tasks(world, tenant_id)


@pytest.mark.parametrize("page", [1, 7])
def test_are_the_same_however_the_log_is_cut(world: World, life: Happenings, page: int) -> None:
    life.happen(150, at_once=10)
    for number in range(12):
        freed_by = (uuid7(), 2) if number % 3 else None
        opening = Opening.open(
            id=uuid7(), clinician_id=uuid7(), during=TimeRange(NOW, NOW + timedelta(hours=1)), at=NOW, freed_by=freed_by
        )
        life.log.record(opening, by=by_test())
        if number % 2:
            opening.close("nobody_fits", 7, [], NOW)
            life.log.record(opening, by=by_test())
    whole = project(world, life.tenant_id)
    assert len(whole) > 4

    with world.projector_transaction(life.tenant_id) as cursor:
        cursor.execute("delete from auto_fill.task")
        cursor.execute("update projection.cursor set position = 0 where projector = 'auto_fill'")

    assert project(world, life.tenant_id, page) == whole


def test_are_due_when_what_was_done_cannot_be_undone_in_silence(world: World, life: Happenings) -> None:
    life.register()
    visit: Appointment = life.book()
    life.log.record(life.patients[0], visit, by=by_test())
    visit.cancel("ill", NOW)
    life.log.record(visit, by=by_test())

    assert project(world, life.tenant_id) == [(visit.id, 2, NOW + GRACE)]
