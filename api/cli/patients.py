"""`scheduler patient`: erase a patient."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.cli.output import AsJson, print_result
from api.cli.session import PracticeOption, execute, opened, practice_with

if TYPE_CHECKING:
    from domain.patients.patient import Patient

group = typer.Typer(help="Erase a patient.", no_args_is_help=True)


@group.command(epilog="Example: scheduler patient erase 0199c0de-7a1b-7c3d-8e5f-0123456789ab")
def erase(
    patient: Annotated[UUID, typer.Argument(help="The patient's id.")],
    practice: PracticeOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    as_json: AsJson = False,
) -> None:
    """Destroy a patient's key. Personal data becomes permanently unreadable; visits stay.

    This includes name, contact details and notes, also in backups of the log. Places on the wait
    list, offers and calendar feeds of the patient end; coming visits are listed as conflicts.
    """
    with opened() as container:
        from application.patients.erase_patient import ErasePatient
        from domain.patients.patient import Patient

        practice_id = practice_with(container, practice, patient)
        found = container.logs.of(practice_id).load(Patient, patient)
        container.read_models.catch_up(practice_id)
        visits, coming = container.scheduling.calendar.count_visits(
            practice_id, found.family_ids, container.clock.now()
        )
        if not yes:
            typer.confirm(_question(found, visits, coming), abort=True, err=True)
        position = execute(container, practice_id, ErasePatient(patient)).position
    result = {
        "practice_id": practice_id,
        "patient_id": patient,
        "merged_ids": found.merged_ids,
        "visits": visits,
        "coming_visits": coming,
        "erased": True,
        "position": position,
    }
    text = "The patient is erased."
    if coming:
        text += f" Visits to come without a name: {coming}. GET /v1/conflicts lists them: cancel or keep each."
    print_result(as_json, result, text)


def _question(patient: "Patient", visits: int, coming: int) -> str:
    """Return what to confirm: who is erased, under which ids, and the visits that stay."""
    given, family = patient.given_name, patient.family_name
    is_known = not patient.is_erased and isinstance(given, str) and isinstance(family, str)
    name = f"{given} {family}".strip() if is_known else "a patient who was erased before"
    lines = [f"Patient {patient.id}: {name}, {visits} visits, {coming} of them to come."]
    if patient.merged_ids:
        lines.append(f"Merged into this patient and erased too: {', '.join(map(str, patient.merged_ids))}.")
    lines.append("This cannot be undone, not even from a backup of the log. Erase the patient?")
    return "\n".join(lines)
