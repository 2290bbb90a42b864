"""A calendar projector that fails on certain events."""

from collections.abc import Sequence

from domain.kernel.logged_event import LoggedEvent
from projections.engine.rows import Projector, Write
from projections.scheduling.calendar.projector import CalendarProjector
from tests.support.container import Container


class FailingCalendarProjector(CalendarProjector):
    """Fails on the events at certain positions."""

    def __init__(self, *positions: int) -> None:
        self.positions = set(positions)

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        if self.positions.intersection(event.position for event in events):
            raise ValueError("Noa Cohen cannot be projected")
        return super().project(events)


def with_failing_projector(container: Container, faulty: FailingCalendarProjector) -> tuple[Projector, ...]:
    """Return the projectors, with this one for the calendar."""
    return tuple(faulty if projector.name == faulty.name else projector for projector in container.projectors())
