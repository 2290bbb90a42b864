"""`scheduler apikey`: issue, list and revoke the keys of a practice."""

from typing import Annotated
from uuid import UUID

import typer

from api.cli.output import AsJson, out, print_json
from api.cli.session import PracticeOption, by_command_line, opened, practice_of, practice_with
from domain.access.api_key import Role

group = typer.Typer(help="Issue, list and revoke the API keys of a practice.", no_args_is_help=True)


@group.command(epilog="Example: scheduler apikey create --role front_desk --label reception")
def create(
    role: Annotated[Role, typer.Option(help="The key's role.")],
    label: Annotated[str, typer.Option(help="The person or program that uses the key.")],
    practice: PracticeOption = None,
    clinician: Annotated[UUID | None, typer.Option(help="The clinician, for a key of the role clinician.")] = None,
    as_json: AsJson = False,
) -> None:
    """Issue a key and print it; it is not shown again."""
    with opened() as container:
        from application.access.issue_api_key import IssueApiKey
        from application.access.secret_keys import KEY_PREFIX, hash_of, new_token
        from application.kernel.permissions import Actor

        practice_id = practice_of(container, practice)
        key = new_token(KEY_PREFIX)
        command = IssueApiKey(role, label, hash_of(key), clinician)
        issued = container.bus.execute(Actor.system(practice_id), command, by_command_line())
        container.read_models.catch_up(practice_id)
    if as_json:
        print_json({"practice_id": practice_id, "key_id": issued.aggregate.id, "api_key": key, "role": role})
        return
    out.print(f"key      {issued.aggregate.id}")
    out.print(f"API key  {key}   [dim](it is kept nowhere, so keep it safe)[/dim]")


@group.command("list", epilog="Example: scheduler apikey list")
def list_(practice: PracticeOption = None, as_json: AsJson = False) -> None:
    """List a practice's keys: ids, roles and labels. The secrets are not stored."""
    with opened() as container:
        practice_id = practice_of(container, practice)
        container.read_models.catch_up(practice_id)
        found, after = container.access.keys_of(practice_id, None, 500)
        while after is not None:
            more, after = container.access.keys_of(practice_id, after, 500)
            found = [*found, *more]
    if as_json:
        print_json(
            [
                {
                    "key_id": key.key_id,
                    "role": key.role,
                    "label": key.label,
                    "issued_at": key.issued_at,
                    "revoked_at": key.revoked_at,
                }
                for key in found
            ]
        )
        return
    for key in found:
        revoked = f"  revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else ""
        out.print(f"{key.key_id}  {key.role:<10}  {key.label}{revoked}", markup=False)


@group.command(epilog="Example: scheduler apikey revoke 0199c0de-7a1b-7c3d-8e5f-0123456789ab")
def revoke(
    key: Annotated[UUID, typer.Argument(help="The key's id, from `scheduler apikey list`.")],
    practice: PracticeOption = None,
    reason: Annotated[str, typer.Option(help="Why, for the history.")] = "revoked from the command line",
    as_json: AsJson = False,
) -> None:
    """Revoke a key: it is refused from the next second on."""
    with opened() as container:
        from application.access.revoke_api_key import RevokeApiKey
        from application.kernel.permissions import Actor

        practice_id = practice_with(container, practice, key)
        container.bus.execute(Actor.system(practice_id), RevokeApiKey(key, reason), by_command_line())
        container.read_models.catch_up(practice_id)
    if as_json:
        print_json({"practice_id": practice_id, "key_id": key, "revoked": True})
    else:
        out.print("The key is revoked.")
