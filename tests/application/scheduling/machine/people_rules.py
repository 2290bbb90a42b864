"""Rules for the scheduling machine: merges, unmerges and changes of patients."""

from collections.abc import Callable
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from application.kernel.errors import NotFoundError
from application.kernel.practice_log import Outcome
from application.patients.change_patient import ChangePatient
from application.patients.decide_consent import DecideConsent
from application.patients.person import person_of
from application.patients.set_contacts import ContactInput, SetContacts
from application.scheduling.merge_patients import MergePatients, UnmergePatients
from domain.patients.consents import Channel, Consents
from domain.patients.contact import ContactKind
from domain.patients.patient import Patient
from projections.engine.runner import Runner
from tests.support.commands import executor
from tests.support.container import Container, SettableClock, by_test
from tests.support.seeded_practice import SeededPractice

_VERSIONS = st.sampled_from(["2026-05", "2026-06", None])
_ACT = st.tuples(st.sampled_from(["contacts", "tags", "consent", "consent"]), st.integers(0, 2), _VERSIONS)


class PeopleRules:
    """Mixed into the machine. The first patient is never merged: other rules book for them."""

    container: Container
    studio: SeededPractice
    runner: Runner
    clock: SettableClock
    run_commands: Callable[[int, Callable[[int], object]], list[object]]
    has_merged: bool

    @rule(
        pairs=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 2), st.booleans()), min_size=1, max_size=3),
    )
    def merge_or_tell_apart(self, pairs: list[tuple[int, int, bool]]) -> None:
        def pair(number: int) -> object:
            survivor, other, merges = pairs[number]
            handler = executor(self.container.logs, self.clock)
            command = (MergePatients if merges else UnmergePatients)(
                self.studio.patients[survivor], self.studio.patients[other]
            )
            return handler(self.studio.tenant_id, command, by_test())

        self.run_commands(len(pairs), pair)
        self.has_merged = True

    @rule(acts=st.lists(_ACT, min_size=1, max_size=4))
    def note_what_is_known_of_people(self, acts: list[tuple[str, int, str | None]]) -> None:
        before = self._decisions()

        results = self.run_commands(len(acts), lambda number: self._note_of(*acts[number]))

        decided = sum(
            act == "consent" and isinstance(result, Outcome) for (act, _, _), result in zip(acts, results, strict=True)
        )
        assert before <= self._decisions() <= before + decided

    def _note_of(self, act: str, who: int, version: str | None) -> object:
        logs, clock, tenant_id, id_ = self.container.logs, self.clock, self.studio.tenant_id, self.studio.patients[who]
        match act:
            case "contacts":
                mother = ContactInput(
                    kind=ContactKind.EMERGENCY, name="אמא", is_guardian=True, may_book=version is None
                )
                return executor(logs, clock)(tenant_id, SetContacts(id_, (mother,)), by_test())
            case "tags":
                change = ChangePatient(id_, {"tags": (version or "new",), "alert": version})
                return executor(logs, clock)(tenant_id, change, by_test())
            case _:
                command = DecideConsent(
                    patient_id=id_, kind="marketing", document_version=version, how=Channel.IN_PERSON
                )
                return executor(logs, clock)(tenant_id, command, by_test())

    def _decisions(self) -> int:
        found = 0
        for id_ in self.studio.patients:
            try:
                found += len(self.studio.log.load(Consents, Consents.id_of(id_)).history)
            except NotFoundError:
                continue
        return found

    @invariant()
    def whoever_was_merged_stands_behind_one_who_knows(self) -> None:
        people = self.studio.log.load_all(Patient, self.studio.patients).values()
        for one in people:
            for other in people:
                assert (other.merged_into == one.id) == (other.id in one.merged_ids)
            assert one.merged_into is None or not one.merged_ids

    @invariant()
    def the_directory_is_the_fold_of_the_log(self) -> None:
        self.runner.catch_up(self.studio.tenant_id)
        directory = self.container.patients()

        for id_, one in self.studio.log.load_all(Patient, self.studio.patients).items():
            shown = directory.patient(self.studio.tenant_id, id_)
            assert shown is not None
            assert shown.details is not None
            assert (shown.version, shown.merged_into, shown.details.tags, len(shown.contacts)) == (
                one.version,
                one.merged_into,
                tuple(one.details.tags),
                len(one.contacts),
            )

    def family(self, patient_id: UUID) -> set[UUID]:
        """Return all ids under which somebody is known now."""
        return set(person_of(self.studio.log, patient_id).ids)
