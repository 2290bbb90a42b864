"""What several people note on visits at once: the part of the scheduling machine that is about it."""

from collections.abc import Callable, Iterator
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from application.scheduling.appointments.change_notes import ChangeNotes
from application.scheduling.appointments.undo_appointment import UndoAppointment
from domain.kernel.logged_event import LoggedEvent
from domain.kernel.personal_data import Erased
from domain.scheduling.appointments.appointment import Appointment
from tests.application.studio import FrozenClock, Studio
from tests.support.commands import executor
from tests.support.container import Container, by_test

_ACTS = ["booked", "requested", "confirmed", "cancelled", "rescheduled", "checked_in", "notes_changed"]


class NoteRules:
    """Mixed into the machine, which keeps ``booked``: every appointment that there is."""

    container: Container
    studio: Studio
    clock: FrozenClock
    booked: list[UUID]
    volley: Callable[[int, Callable[[int], object]], list[object]]
    one: Callable[[int], UUID]
    folded: Callable[[], Iterator[Appointment]]
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
            return handler(self.studio.tenant_id, ChangeNotes(self.one(which), text), by_test())

        self.volley(len(notes) if self.booked else 0, note)

    @rule(acts=st.lists(st.tuples(st.integers(0, 30), st.sampled_from(_ACTS)), min_size=1, max_size=4))
    def undo_what_is_named(self, acts: list[tuple[int, str]]) -> None:
        handler = executor(self.container.logs, self.clock)

        def undo(number: int) -> object:
            which, act = acts[number]
            return handler(self.studio.tenant_id, UndoAppointment(self.one(which), act=act), by_test())

        self.volley(len(acts) if self.booked else 0, undo)

    @invariant()
    def notes_are_what_was_noted_last(self) -> None:
        """Whatever else has become of the visit: no move, no undo and no series loses what somebody wrote."""
        told: dict[UUID, object] = {}
        for event in self.events():
            if event.event_type == Appointment.NotesChanged.TOPIC:
                said = event.personal()
                assert not isinstance(said, Erased)
                told[event.stream_id] = said["notes"]

        assert {visit.id: visit.notes for visit in self.folded() if visit.notes} == {
            id_: notes for id_, notes in told.items() if notes
        }
