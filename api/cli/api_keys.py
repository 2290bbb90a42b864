"""`scheduler apikey`: issue, list and revoke the keys of a practice."""

from typing import Annotated
from uuid import UUID

import typer

from api.cli.output import AsJson, print_result
from api.cli.session import PracticeOption, execute, opened, practice_of, practice_with
from domain.access.api_key import Role

group = typer.Typer(help="Issue, list and revoke the API keys of a practice.", no_args_is_help=True)
_MAX_KEYS = 1_000_000


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

        practice_id = practice_of(container, practice)
        key = new_token(KEY_PREFIX)
        key_id = execute(container, practice_id, IssueApiKey(role, label, hash_of(key), clinician)).aggregate.id
    print_result(
        as_json,
        {"practice_id": practice_id, "key_id": key_id, "api_key": key, "role": role},
        f"key      {key_id}",
        f"API key  {key}   (only its hash is stored: keep it safe)",
    )


@group.command("list", epilog="Example: scheduler apikey list")
def list_(practice: PracticeOption = None, as_json: AsJson = False) -> None:
    """List a practice's keys: ids, roles and labels. The secrets are not stored."""
    with opened() as container:
        practice_id = practice_of(container, practice)
        container.read_models.catch_up(practice_id)
        keys, _ = container.access.keys_of(practice_id, None, _MAX_KEYS)
    fields = ("key_id", "role", "label", "issued_at", "revoked_at")
    print_result(
        as_json,
        [{field: getattr(key, field) for field in fields} for key in keys],
        *(
            f"{key.key_id}  {key.role:<10}  {key.label}"
            + (f"  revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else "")
            for key in keys
        ),
    )


@group.command(epilog="Example: scheduler apikey revoke 0199c0de-7a1b-7c3d-8e5f-0123456789ab")
def revoke(
    key: Annotated[UUID, typer.Argument(help="The key's id, from `scheduler apikey list`.")],
    practice: PracticeOption = None,
    reason: Annotated[str, typer.Option(help="Why, for the history.")] = "revoked from the command line",
    as_json: AsJson = False,
) -> None:
    """Revoke a key: it is refused from the next second on. An owner's last key is kept."""
    with opened() as container:
        from application.access.revoke_api_key import RevokeApiKey

        practice_id = practice_with(container, practice, key)
        container.read_models.catch_up(practice_id)
        execute(container, practice_id, RevokeApiKey(key, reason))
    print_result(as_json, {"practice_id": practice_id, "key_id": key, "revoked": True}, "The key is revoked.")
