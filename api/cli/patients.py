"""`scheduler patient`: erase a patient."""

from typing import Annotated
from uuid import UUID

import typer

from api.cli.output import AsJson, out, print_json
from api.cli.session import PracticeOption, by_command_line, opened, practice_with

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
        from application.kernel.permissions import Actor
        from application.patients.erase_patient import ErasePatient
        from domain.patients.patient import Patient

        practice_id = practice_with(container, practice, patient)
        container.logs.of(practice_id).load(Patient, patient)
        if not yes:
            typer.confirm(
                "This cannot be undone, not even from a backup of the log. Erase the patient?", abort=True, err=True
            )
        outcome = container.bus.execute(Actor.system(practice_id), ErasePatient(patient), by_command_line())
        container.read_models.catch_up(practice_id)
    if as_json:
        print_json({"practice_id": practice_id, "patient_id": patient, "erased": True, "position": outcome.position})
    else:
        out.print("The patient is erased.")
