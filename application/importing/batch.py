"""Plans one append: which rows are booked, when and with whom, and which are refused."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from application.importing.identities import Identities
from application.importing.mapping import ImportMapping, Result
from application.importing.patient_details import details_of
from application.importing.practice_setup import PracticeSetup
from application.importing.report import Done
from application.importing.rows import Refusal, RequestedVisit, RowRefusedError
from application.importing.timetable import Timetable
from application.kernel.ports import PhoneNumbers
from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.kernel.zones import zone
from domain.patients.patient import Patient
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.visit import Visit
from domain.scheduling.time_claim import TimeClaim


@dataclass(slots=True)
class Batch:
    """What one append will record, and what is to be told of its rows once it has."""

    patients: list[Patient] = field(default_factory=list)
    appointments: list[Appointment] = field(default_factory=list)
    claims: list[TimeClaim] = field(default_factory=list)
    done: Done = field(default_factory=Done)


class BatchPlanner:
    """Plans the batches of one practice, one after the other; not thread-safe.

    It takes for granted that what it planned gets recorded; where that fails a new planner must look at the log again.
    """

    def __init__(
        self,
        mapping: ImportMapping,
        practice_id: UUID,
        setup: PracticeSetup,
        booked: Sequence[TimeClaim],
        patients: Collection[UUID],
        erased: Collection[UUID],
        now: datetime,
        phone_numbers: PhoneNumbers,
    ) -> None:
        """``booked`` are the claims with which rows were booked earlier, ``patients`` those of the rows who are known already,
        ``erased`` patients whose key was destroyed.
        """
        self._mapping = mapping
        self._practice_id = practice_id
        self._terms = setup.service.terms
        self._service_id = setup.service.id
        self._booked = {claim.holder_id for claim in booked}
        self._known = set(patients)
        self._erased = erased
        self._phone_numbers = phone_numbers
        self._today = now.astimezone(zone(mapping.practice.zone)).date()
        self._timetable = Timetable(setup)
        # A visit that was not attended holds no claim any more, but it was in the way when later rows were booked.
        self.note(booked)

    def note(self, busy: Iterable[TimeClaim]) -> None:
        """Note what the clinicians are busy with already."""
        for claim in busy:
            self._timetable.take(claim)

    def plan(self, visits: Sequence[RequestedVisit]) -> Batch:
        """Plan the next rows, in their order."""
        batch = Batch()
        for visit in visits:
            appointment_id = Identities.appointment(self._practice_id, visit.appointment)
            if appointment_id in self._booked:
                batch.done.already_there += 1
                continue
            try:
                self._book(appointment_id, visit, batch)
            except RowRefusedError as refused:
                batch.done.refusals.append(Refusal(visit.line, visit.appointment, refused.reason, refused.column))
        return batch

    def _book(self, appointment_id: UUID, visit: RequestedVisit, batch: Batch) -> None:
        if visit.result is not Result.BOOKED and visit.on_date >= self._today:
            raise RowRefusedError("not_over_yet", self._mapping.columns.on_date)
        patient_id, newcomer = self._patient(visit)
        free = self._timetable.first_free(visit.on_date)
        if free is None:
            raise RowRefusedError("no_free_time", self._mapping.columns.on_date)
        if newcomer:
            self._known.add(patient_id)
            batch.patients.append(newcomer)
        during = TimeRange(free.slot.starts_at, free.slot.ends_at)
        appointment = Appointment.book(
            id=appointment_id,
            visit=Visit(
                patient_id=patient_id,
                service_id=self._service_id,
                clinician_id=free.clinician_id,
                location_id=free.slot.location_id,
                resource_ids=free.slot.resource_ids,
                during=during,
                price=self._terms.price,
                mode=self._terms.mode,
                buffer_before_minutes=self._terms.buffer_before_minutes,
                buffer_after_minutes=self._terms.buffer_after_minutes,
            ),
            at=visit.booked_at,
            retrospective=True,
        )
        self.note(appointment.claims())
        _close(appointment, visit.result, max(during.ends_at, visit.booked_at))
        batch.appointments.append(appointment)
        batch.claims += appointment.claims()
        batch.done.booked[visit.result] += 1

    def _patient(self, visit: RequestedVisit) -> tuple[UUID, Patient | None]:
        """Return the patient's id, and the patient if they are not known yet."""
        patient_id = Identities.patient(self._practice_id, visit.patient)
        if patient_id in self._erased:
            raise RowRefusedError("patient_erased", self._mapping.columns.patient)
        if patient_id in self._known:
            return patient_id, None
        details = details_of(visit.details, self._mapping.practice, self._phone_numbers)
        try:
            return patient_id, Patient.register(id=patient_id, details=details, at=visit.booked_at)
        except InvalidValueError as error:
            raise RowRefusedError("not_kept_like_this", error.field) from None


def _close(appointment: Appointment, result: Result, at: datetime) -> None:
    if result is Result.COMPLETED:
        appointment.complete(at)
    elif result is Result.NO_SHOW:
        appointment.mark_no_show(at)
