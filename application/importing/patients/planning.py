"""Plans one append of an import: who of the next rows is registered, who is there already, and who is refused."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from application.importing.patients.identities import PatientIdentities
from application.importing.patients.matching import KnownPeople
from application.importing.patients.ports import PatientImportPorts
from application.importing.patients.reading import PersonRow
from application.importing.patients.report import Finding, RowOutcome, Tally
from application.kernel.practice_log import PracticeLog
from domain.patients.contact import Contact
from domain.patients.patient import Patient


@dataclass(slots=True)
class PatientBatch:
    """What one append will record, and what is to be told of its rows once it has.

    ``newcomers`` need a key; ``met`` are the ids that the file has in these rows for the first time, each with a name.
    """

    patients: list[Patient] = field(default_factory=list)
    newcomers: list[UUID] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    findings: list[Finding] = field(default_factory=list)
    met: dict[UUID, str] = field(default_factory=dict)

    def end(
        self, row: PersonRow, outcome: RowOutcome, reason: str, column: str = "", other: UUID | None = None
    ) -> None:
        """Note that a row ended without a patient of its own."""
        if outcome is RowOutcome.REFUSED:
            self.tally.refused += 1
        else:
            self.tally.matched += 1
        self.remark(row, outcome, reason, column, other)

    def remark(
        self, row: PersonRow, outcome: RowOutcome, reason: str, column: str = "", other: UUID | None = None
    ) -> None:
        self.tally.reasons[reason] += 1
        self.findings.append(Finding(row.line, outcome, reason, column, other))


class PatientPlanner:
    """Plans the batches of one import, one after the other; not thread-safe.

    It takes for granted that what it planned gets recorded; where that fails a new planner must look at the log again.
    """

    def __init__(
        self,
        ports: PatientImportPorts,
        log: PracticeLog,
        identities: PatientIdentities,
        import_id: UUID,
        met: Mapping[UUID, str],
        now: datetime,
    ) -> None:
        """``met`` are the ids that earlier batches met in the file, each with a name; they grow from batch to batch."""
        self._ports = ports
        self._log = log
        self._identities = identities
        self._import_id = import_id
        self._met = met
        self._now = now
        self._people = KnownPeople(ports.directory, log.tenant_id)
        self._erased: Collection[UUID] = frozenset(ports.keys.erased_subjects(log.tenant_id))

    def plan(self, rows: Sequence[PersonRow | Finding]) -> PatientBatch:
        """Plan the next rows, in their order."""
        batch = PatientBatch()
        ids = {row.line: self._identities.patient(row) for row in rows if isinstance(row, PersonRow)}
        origins = self._ports.facts.origins(self._log.tenant_id, list(set(ids.values())))
        gone = [id_ for id_, origin in origins.items() if origin.is_withdrawn and id_ not in self._erased]
        withdrawn = self._log.load_all(Patient, gone) if gone else {}
        for row in rows:
            if isinstance(row, Finding):
                batch.tally.refused += 1
                batch.tally.reasons[row.reason] += 1
                batch.findings.append(row)
                continue
            id_ = ids[row.line]
            origin = origins.get(id_)
            name = self._people.name_of(row.details)
            earlier = self._met.get(id_) or batch.met.get(id_)
            if earlier == name:
                batch.end(row, RowOutcome.MATCHED, "repeated_in_the_file", other=id_)
            elif earlier is not None:
                batch.end(row, RowOutcome.REFUSED, "id_of_another_person")
            elif id_ in self._erased:
                batch.end(row, RowOutcome.REFUSED, "patient_erased")
            elif origin and not origin.is_withdrawn:
                if origin.import_id == self._import_id:
                    batch.tally.registered_before += 1
                else:
                    batch.tally.already_there += 1
                self._tell_of_notes(row, id_, batch)
            else:
                self._register_unless_known(row, id_, withdrawn.get(id_), batch)
            batch.met.setdefault(id_, name)
        return batch

    def _register_unless_known(self, row: PersonRow, id_: UUID, withdrawn: Patient | None, batch: PatientBatch) -> None:
        same = self._people.same(id_, row.details)
        if same is not None:
            batch.end(row, RowOutcome.MATCHED, "same_person", other=same)
            return
        self._tell_of_notes(row, id_, batch)
        perhaps = self._people.perhaps(id_, row.details)
        if perhaps is not None:
            batch.remark(row, RowOutcome.REGISTERED, "perhaps_the_same_person", other=perhaps)
        self._people.add(id_, row.details)
        batch.patients.append(self._patient(row, id_, withdrawn, batch))
        batch.tally.registered += 1

    def _patient(self, row: PersonRow, id_: UUID, patient: Patient | None, batch: PatientBatch) -> Patient:
        if patient is None:
            batch.newcomers.append(id_)
            patient = Patient.register(id=id_, details=row.details, at=self._now)
        else:
            patient.reinstate(self._now)
            patient.change_details(row.details, self._now)
        patient.set_contacts(
            [
                Contact(
                    id=self._identities.contact(id_, number),
                    kind=said.kind,
                    name=said.name,
                    relation=said.relation,
                    phone=said.phone,
                    email=said.email,
                    is_guardian=said.is_guardian,
                )
                for number, said in enumerate(row.contacts)
            ],
            self._now,
        )
        patient.change_remarks(row.notes, row.alert, self._now)
        return patient

    @staticmethod
    def _tell_of_notes(row: PersonRow, id_: UUID, batch: PatientBatch) -> None:
        for column in row.kept_as_notes:
            batch.remark(row, RowOutcome.REGISTERED, "kept_as_note", column, id_)
