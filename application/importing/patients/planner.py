"""Plan one append of an import of patients: whom to register, who is matched, and which rows are refused."""

from collections.abc import Sequence
from uuid import UUID

from application.importing.identities import SourceIdentities
from application.importing.patients.reader import PersonRow
from application.importing.patients.resolver import PatientResolver, PersonIndex, ResolvedPerson
from application.importing.pipeline import Plan
from application.importing.ports import ImportPorts, comparable_name
from application.importing.report import Finding, RowOutcome, Tally
from application.kernel.practice_log import PracticeLog
from domain.patients.contact import Contact
from domain.patients.patient import Patient


class PatientPlanner:
    """Plans the batches of one import, in order; not thread-safe."""

    def __init__(
        self,
        ports: ImportPorts,
        log: PracticeLog,
        identities: SourceIdentities,
        import_id: UUID,
        first_rows: dict[UUID, tuple[int, str]],
    ) -> None:
        """``first_rows`` holds the first row of each patient in the file, as line and name.

        The planners of one run share it and add to it.
        """
        self._directory = ports.directory
        self._clock = ports.clock
        self._identities = identities
        self._import_id = import_id
        self._first_rows = first_rows
        self._resolver = PatientResolver(ports, log, identities)
        self._persons = PersonIndex(ports.directory, log.tenant_id)

    def plan(self, rows: Sequence[PersonRow | Finding]) -> Plan[Tally]:
        """Plan the next rows."""
        plan = Plan(Tally())
        persons = self._resolver.resolve([row for row in rows if isinstance(row, PersonRow)])
        for person in persons:
            self._plan_person(person, plan)
        plan.tally.findings += [row for row in rows if isinstance(row, Finding)]
        return plan

    def _plan_person(self, person: ResolvedPerson, plan: Plan[Tally]) -> None:
        row, id_, origin = person.row, person.patient_id, person.origin
        name = comparable_name(self._directory, row.details)
        first_line, first_name = self._first_rows.setdefault(id_, (row.line, name))
        if first_line != row.line and first_name == name:
            _match(plan, row, "repeated_in_the_file", id_)
        elif first_line != row.line:
            _refuse(plan, row, "id_of_another_person")
        elif person.is_erased:
            _refuse(plan, row, "patient_erased")
        elif origin and not origin.is_withdrawn:
            if origin.import_id == self._import_id:
                plan.tally.made_before += 1
            else:
                plan.tally.already_there += 1
            _report_notes(plan, row, id_)
        elif same_id := self._persons.same_person(id_, row.details):
            _match(plan, row, "same_person", same_id)
        else:
            self._register(person, plan)

    def _register(self, person: ResolvedPerson, plan: Plan[Tally]) -> None:
        row, id_, patient = person.row, person.patient_id, person.withdrawn
        _report_notes(plan, row, id_)
        if possible_id := self._persons.possible_person(id_, row.details):
            _remark(plan, row, RowOutcome.REGISTERED, "perhaps_the_same_person", patient_id=possible_id)
        self._persons.add(id_, row.details)
        now = self._clock.now()
        if patient is None:
            plan.newcomers.append(id_)
            patient = Patient.register(id=id_, details=row.details, at=now)
        else:
            patient.reinstate(now)
            patient.change_details(row.details, now)
        patient.set_contacts(
            [
                Contact(
                    id=self._identities.contact(id_, number),
                    kind=contact.kind,
                    name=contact.name,
                    relation=contact.relation,
                    phone=contact.phone,
                    email=contact.email,
                    is_guardian=contact.is_guardian,
                )
                for number, contact in enumerate(row.contacts)
            ],
            now,
        )
        patient.change_remarks(row.notes, row.alert, now)
        plan.made.append(patient)
        plan.tally.made[RowOutcome.REGISTERED] += 1


def _remark(
    plan: Plan[Tally],
    row: PersonRow,
    outcome: RowOutcome,
    reason: str,
    column: str = "",
    patient_id: UUID | None = None,
) -> None:
    plan.tally.findings.append(Finding(row.line, outcome, reason, column, patient_id))


def _refuse(plan: Plan[Tally], row: PersonRow, reason: str) -> None:
    _remark(plan, row, RowOutcome.REFUSED, reason)


def _match(plan: Plan[Tally], row: PersonRow, reason: str, patient_id: UUID) -> None:
    plan.tally.matched += 1
    _remark(plan, row, RowOutcome.MATCHED, reason, patient_id=patient_id)


def _report_notes(plan: Plan[Tally], row: PersonRow, patient_id: UUID) -> None:
    for column in row.kept_as_notes:
        _remark(plan, row, RowOutcome.REGISTERED, "kept_as_note", column, patient_id)
