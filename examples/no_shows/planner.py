"""Plan one append: which rows are booked, when and with whom, and which are refused."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from application.importing.pipeline import Plan
from application.importing.report import RowRefusedError
from application.kernel.ports import PhoneNumbers
from application.patients.phone import region_of, to_e164
from domain.kernel.errors import InvalidValueError
from domain.kernel.zones import zone
from domain.patients.details import PatientDetails
from domain.patients.patient import Patient
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.origin import VisitOrigin
from domain.scheduling.appointments.visit import Visit
from domain.scheduling.errors import PatientBusyError
from domain.scheduling.time_claim import TimeClaim
from no_shows.identities import Identities
from no_shows.mapping import NoShowsMapping, PracticeTemplate, Result
from no_shows.practice_setup import PracticeSetup
from no_shows.reader import PatientText, VisitRow
from no_shows.timetable import Timetable


class VisitPlanner:
    """Plans the batches of one practice, in order; not thread-safe."""

    def __init__(
        self,
        mapping: NoShowsMapping,
        practice_id: UUID,
        setup: PracticeSetup,
        booked: Sequence[TimeClaim],
        patients: Collection[UUID],
        erased: Collection[UUID],
        now: datetime,
        phone_numbers: PhoneNumbers,
    ) -> None:
        """``booked`` are the claims with which rows were booked earlier, ``patients`` the known
        patients of the rows, ``erased`` the patients whose keys were destroyed.
        """
        self._mapping = mapping
        self._phone_numbers = phone_numbers
        self._practice_id = practice_id
        self._terms = setup.service.terms
        self._service_id = setup.service.id
        self._booked = {claim.holder_id for claim in booked}
        self._known = set(patients)
        self._erased = erased
        self._today = now.astimezone(zone(mapping.practice.zone)).date()
        self._timetable = Timetable(setup)
        # A missed visit holds no claim any more, but it took its time when later rows were booked.
        self.add_busy(booked)

    def add_busy(self, claims: Iterable[TimeClaim]) -> None:
        """Add busy time of the clinicians and patients."""
        for claim in claims:
            self._timetable.take(claim)

    def plan(self, rows: Sequence[VisitRow]) -> Plan:
        """Plan the next rows, in their order."""
        plan = Plan()
        for row in rows:
            appointment_id = Identities.appointment(self._practice_id, row.appointment)
            if appointment_id in self._booked:
                plan.tally.made_before += 1
                continue
            try:
                self._book(appointment_id, row, plan)
            except RowRefusedError as refused:
                plan.tally.findings.append(refused.at(row.line, row.appointment))
        return plan

    def _book(self, appointment_id: UUID, row: VisitRow, plan: Plan) -> None:
        columns = self._mapping.columns
        if row.result is not Result.BOOKED and row.on_date >= self._today:
            raise RowRefusedError("not_over_yet", columns.on_date)
        patient_id = Identities.patient(self._practice_id, row.patient)
        if patient_id in self._erased:
            raise RowRefusedError("patient_erased", columns.patient)
        newcomer = None if patient_id in self._known else self._register(patient_id, row)
        free = self._timetable.first_free(row.on_date)
        if free is None:
            raise RowRefusedError("no_free_time", columns.on_date)
        if newcomer:
            self._known.add(patient_id)
            plan.made.append(newcomer)
            plan.newcomers.append(patient_id)
        appointment = Appointment.book(
            id=appointment_id,
            visit=Visit.on_terms(self._terms, free.slot, patient_id, self._service_id, free.clinician_id),
            at=row.booked_at,
            retrospective=True,
            origin=VisitOrigin.IMPORT,
            time_is_assigned=True,
        )
        if others := self._timetable.visits_of(patient_id, free.slot.during, row.on_date):
            # The times of the rows are assigned, so the patient came to both.
            codes, reason = [PatientBusyError.code], "the file has no times"
            appointment.exempt(codes, others, [patient_id], reason, row.booked_at)
        self.add_busy(appointment.claims())
        _close(appointment, row.result, max(free.slot.ends_at, row.booked_at))
        plan.made.append(appointment)
        plan.claims += appointment.claims()
        plan.tally.made[row.result] += 1

    def _register(self, patient_id: UUID, row: VisitRow) -> Patient:
        try:
            details = _details(row.details, self._mapping.practice, self._phone_numbers)
            return Patient.register(id=patient_id, details=details, at=row.booked_at)
        except InvalidValueError as error:
            raise RowRefusedError("not_kept_like_this", error.field) from None


def _details(text: PatientText, practice: PracticeTemplate, numbers: PhoneNumbers) -> PatientDetails:
    return PatientDetails(
        given_name=text.given_name,
        family_name=text.family_name,
        email=text.email or None,
        phone=to_e164(numbers, text.phone, region_of(practice.locale, practice.zone)) if text.phone else None,
        date_of_birth=_parse_date(text.date_of_birth) if text.date_of_birth else None,
        tags=text.tags,
    )


def _parse_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidValueError("date_of_birth", "a date is written 1990-12-31") from None


def _close(appointment: Appointment, result: Result, at: datetime) -> None:
    if result is Result.COMPLETED:
        appointment.complete(at)
    elif result is Result.NO_SHOW:
        appointment.mark_no_show(at)
