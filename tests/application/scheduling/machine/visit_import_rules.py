"""Rules for the scheduling machine: imports of visits and their undo; changed ones are kept."""

from datetime import timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule

from application.importing.errors import ImportInUseError
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status
from event_store.read.stream_lookup import VisitLookup
from tests.application.importing.visits.visit_file import VisitImports, visit
from tests.support.container import Container, SettableClock
from tests.support.seeded_practice import MONDAY, SeededPractice


class VisitImportRules:
    """Mixed into the machine, which keeps ``booked``: every appointment that there is."""

    container: Container
    studio: SeededPractice
    clock: SettableClock
    booked: list[UUID]

    @rule(
        steps=st.lists(st.integers(0, 7), min_size=1, max_size=3),
        needs_room=st.booleans(),
        status=st.sampled_from(["Booked", "Cancelled"]),
        what_can_be=st.booleans(),
        undoes=st.booleans(),
    )
    def import_visits_and_undo(
        self, steps: list[int], needs_room: bool, status: str, what_can_be: bool, undoes: bool
    ) -> None:
        visit_imports = VisitImports(self.container, self.studio, self.clock)
        service = "Massage" if needs_room else "Talk"
        # The second clinician has no limits: imported visits are not asked whether they keep them.
        rows = [
            visit(f"{MONDAY + timedelta(hours=2, minutes=30 * step):%Y-%m-%d %H:%M}", Staff_Member_Name="Avi", Status=status,
                  Treatment_Name=service)
            for step in steps
        ]  # fmt: skip
        report = visit_imports.import_rows(rows)
        known = VisitLookup(self.container.store.pool)
        standing, _ = known.made_by(self.studio.tenant_id, report.import_id)
        self.booked += [id_ for id_ in standing if id_ not in self.booked]
        assert report.tally.made_in_all + report.tally.matched + len(report.tally.refusals) == len(rows)
        assert report.tally.made_in_all == len(standing)
        if not undoes:
            return
        changed = set(known.changed_since(self.studio.tenant_id, report.import_id, standing))
        try:
            kept = set(visit_imports.undo(report.import_id, what_can_be=what_can_be).kept)
        except ImportInUseError as refused:
            assert not what_can_be
            kept = set(refused.kept)
        else:
            gone = [self.studio.log.load(Appointment, id_) for id_ in standing if id_ not in kept]
            assert {one.status for one in gone} <= {Status.ARCHIVED}
        assert kept == changed
