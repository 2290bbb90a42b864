"""Rules for the scheduling machine: concurrent notes on visits."""

from collections.abc import Callable, Collection
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from application.scheduling.appointments.change_notes import ChangeNotes
from application.scheduling.appointments.undo_appointment import UndoAppointment
from domain.kernel.logged_event import LoggedEvent
from domain.kernel.personal_data import Unreadable
from domain.scheduling.appointments.appointment import Appointment
from tests.support.commands import executor
from tests.support.container import Container, SettableClock, by_test
from tests.support.seeded_practice import SeededPractice

_ACTS = ["booked", "requested", "confirmed", "cancelled", "rescheduled", "checked_in", "notes_changed"]


class NoteRules:
    """Mixed into the machine, which keeps ``booked``: every appointment that there is."""

    container: Container
    studio: SeededPractice
    clock: SettableClock
    booked: list[UUID]
    run_commands: Callable[[int, Callable[[int], object]], list[object]]
    pick: Callable[[int], UUID]
    folded: Callable[[], Collection[Appointment]]
    events: Callable[[], list[LoggedEvent]]

    @rule(
        notes=st.lists(
            st.tuples(st.integers(0, 30), st.sampled_from([None, "door code 4711", "מביאה את בנה"])),
            min_size=1,
            max_size=4,
        )
    )
    def note(self, notes: list[tuple[int, str | None]]) -> None:
        handler = executor(self.container.logs, self.clock)

        def note(number: int) -> object:
            which, text = notes[number]
            return handler(self.studio.tenant_id, ChangeNotes(self.pick(which), text), by_test())

        self.run_commands(len(notes) if self.booked else 0, note)

    @rule(acts=st.lists(st.tuples(st.integers(0, 30), st.sampled_from(_ACTS)), min_size=1, max_size=4))
    def undo_what_is_named(self, acts: list[tuple[int, str]]) -> None:
        handler = executor(self.container.logs, self.clock)

        def undo(number: int) -> object:
            which, act = acts[number]
            return handler(self.studio.tenant_id, UndoAppointment(self.pick(which), act=act), by_test())

        self.run_commands(len(acts) if self.booked else 0, undo)

    @invariant()
    def notes_are_what_was_noted_last(self) -> None:
        """No move, undo or change of a series loses a visit's notes."""
        recorded: dict[UUID, object] = {}
        for event in self.events():
            if event.event_type == Appointment.NotesChanged.TOPIC:
                personal = event.personal()
                assert not isinstance(personal, Unreadable)
                recorded[event.stream_id] = personal["notes"]

        assert {visit.id: visit.notes for visit in self.folded() if visit.notes} == {
            id_: notes for id_, notes in recorded.items() if notes
        }
