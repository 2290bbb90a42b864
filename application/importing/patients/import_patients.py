"""Import the patients of a file: new patients, matches and refusals."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from uuid import UUID

from application.importing.patients.reader import PersonRow
from application.importing.patients.resolver import PersonIndex
from application.importing.pipeline import ImportRun, Plan
from application.importing.ports import comparable_name
from application.importing.report import Finding, ImportReport, RowOutcome, Tally
from domain.patients.contact import Contact
from domain.patients.origin import Origin
from domain.patients.patient import Patient


def import_patients(run: ImportRun, rows: Iterable[PersonRow | Finding], report: Callable[[int], None]) -> ImportReport:
    """Register the patients of ``rows``, which are read lazily, in batches.

    A repeated run, or one after a kill, registers only who is missing. Calls ``report`` with the
    number of rows of each batch, and raises what ``ImportRun.import_rows`` raises.
    """
    tally = Tally()
    run.import_rows(rows, partial(PatientPlanner, run, {}), tally, report)
    return ImportReport(run.id, tally)


class PatientPlanner:
    """Plans the batches of one import, in order; not thread-safe."""

    def __init__(self, run: ImportRun, first_rows: dict[UUID, tuple[int, str]]) -> None:
        """``first_rows`` holds the first row of each patient in the file, as line and name.

        The planners of one run share it and add to it.
        """
        self._run = run
        self._first_rows = first_rows
        self._erased = frozenset(run.ports.keys.erased_subjects(run.log.tenant_id))
        self._persons = PersonIndex(run.ports.directory, run.log.tenant_id)

    def plan(self, rows: Sequence[PersonRow | Finding]) -> Plan:
        """Plan the next rows."""
        plan = Plan()
        run, persons = self._run, [row for row in rows if isinstance(row, PersonRow)]
        ids = [run.identities.patient(row.external_id, row.details) for row in persons]
        origins = run.ports.streams.origins(run.log.tenant_id, list(set(ids)))
        withdrawn_ids = [id_ for id_, origin in origins.items() if origin.is_withdrawn and id_ not in self._erased]
        withdrawn = run.log.load_all(Patient, withdrawn_ids) if withdrawn_ids else {}
        for row, id_ in zip(persons, ids, strict=True):
            self._plan_person(row, id_, origins.get(id_), withdrawn.get(id_), plan)
        plan.tally.findings += [row for row in rows if isinstance(row, Finding)]
        return plan

    def _plan_person(
        self, row: PersonRow, id_: UUID, origin: Origin | None, withdrawn: Patient | None, plan: Plan
    ) -> None:
        """Plan one row; ``origin`` and ``withdrawn`` are what the log has under its id."""
        name = comparable_name(self._run.ports.directory, row.details)
        first_line, first_name = self._first_rows.setdefault(id_, (row.line, name))
        if first_line != row.line and first_name == name:
            _match(plan, row, "repeated_in_the_file", id_)
            self._report_differences(plan, row, id_)
        elif first_line != row.line:
            _remark(plan, row, RowOutcome.REFUSED, "id_of_another_person")
        elif id_ in self._erased:
            _remark(plan, row, RowOutcome.REFUSED, "patient_erased")
        elif origin and not origin.is_withdrawn:
            if origin.import_id == self._run.id:
                plan.tally.made_before += 1
            else:
                plan.tally.already_there += 1
            _report_notes(plan, row, id_)
            self._report_differences(plan, row, id_)
        elif same_id := self._persons.same_person(id_, row.details):
            _match(plan, row, "same_person", same_id)
            self._report_differences(plan, row, same_id)
        else:
            self._register(row, id_, withdrawn, plan)

    def _report_differences(self, plan: Plan, row: PersonRow, patient_id: UUID) -> None:
        """Report the contact details of a row that a registered patient does not have."""
        for name in self._persons.differs(patient_id, row.details):
            _remark(plan, row, RowOutcome.MATCHED, "other_contact_details", name, patient_id)

    def _register(self, row: PersonRow, id_: UUID, patient: Patient | None, plan: Plan) -> None:
        """Register a patient, or reinstate one whose import was undone."""
        _report_notes(plan, row, id_)
        if not (row.details.given_name and row.details.family_name):
            _remark(plan, row, RowOutcome.REGISTERED, "one_name_only", patient_id=id_)
        if possible_id := self._persons.possible_person(id_, row.details):
            _remark(plan, row, RowOutcome.REGISTERED, "perhaps_the_same_person", patient_id=possible_id)
        self._persons.add(id_, row.details)
        now = self._run.ports.clock.now()
        if patient is None:
            plan.newcomers.append(id_)
            patient = Patient.register(id=id_, details=row.details, at=now)
        else:
            patient.reinstate(now)
            patient.change_details(row.details, now)
        contacts = [
            Contact(id=self._run.identities.contact(id_, number), **contact._asdict())
            for number, contact in enumerate(row.contacts)
        ]
        patient.set_contacts(contacts, now)
        patient.change_remarks(row.notes, row.alert, now)
        plan.made.append(patient)
        plan.tally.made[RowOutcome.REGISTERED] += 1


def _remark(
    plan: Plan, row: PersonRow, outcome: RowOutcome, reason: str, column: str = "", patient_id: UUID | None = None
) -> None:
    plan.tally.findings.append(Finding(row.line, outcome, reason, column, patient_id))


def _match(plan: Plan, row: PersonRow, reason: str, patient_id: UUID) -> None:
    plan.tally.matched += 1
    _remark(plan, row, RowOutcome.MATCHED, reason, patient_id=patient_id)


def _report_notes(plan: Plan, row: PersonRow, patient_id: UUID) -> None:
    for column in row.kept_as_notes:
        _remark(plan, row, RowOutcome.REGISTERED, "kept_as_note", column, patient_id)
