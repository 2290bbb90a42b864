"""`scheduler patient`: erase a patient."""

from typing import Annotated
from uuid import UUID

import typer

from api.cli.output import AsJson, print_result
from api.cli.session import PracticeOption, execute, opened, practice_with

group = typer.Typer(help="Erase a patient.", no_args_is_help=True)


@group.command(epilog="Example: scheduler patient erase 0199c0de-7a1b-7c3d-8e5f-0123456789ab")
def erase(
    patient: Annotated[UUID, typer.Argument(help="The patient's id.")],
    practice: PracticeOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    as_json: AsJson = False,
) -> None:
    """Destroy a patient's key. Personal data becomes permanently unreadable; visits stay.

    This includes name, contact details and notes, also in backups of the log.
    """
    with opened() as container:
        from application.patients.erase_patient import ErasePatient
        from domain.patients.patient import Patient

        practice_id = practice_with(container, practice, patient)
        container.logs.of(practice_id).load(Patient, patient)
        if not yes:
            typer.confirm(
                "This cannot be undone, not even from a backup of the log. Erase the patient?", abort=True, err=True
            )
        position = execute(container, practice_id, ErasePatient(patient)).position
    result = {"practice_id": practice_id, "patient_id": patient, "erased": True, "position": position}
    print_result(as_json, result, "The patient is erased.")
