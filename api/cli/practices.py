"""`scheduler practice`: create and list practices."""

from typing import Annotated

import typer

from api.cli.output import AsJson, print_result
from api.cli.session import opened

group = typer.Typer(help="Open practices and list them.", no_args_is_help=True)


@group.command(epilog='Example: scheduler practice create --name "Studio Levi" --zone Asia/Jerusalem --currency ILS')
def create(
    name: Annotated[str, typer.Option(help="The name of the practice, in any script.")],
    zone: Annotated[str, typer.Option(help="Its time zone by IANA name, such as Europe/Berlin.")],
    currency: Annotated[str, typer.Option(help="The currency of its prices, such as EUR.")],
    locale: Annotated[str, typer.Option(help="Its language and country, such as de-DE.")] = "en",
    as_json: AsJson = False,
) -> None:
    """Open a practice and print its owner's API key, which is not shown again."""
    with opened() as container:
        from api.bootstrap.open_practice import create_practice

        created = create_practice(container, name, zone, currency, locale)
    print_result(
        as_json,
        {"practice_id": created.practice_id, "api_key": created.api_key},
        f"practice  {created.practice_id}",
        f"API key   {created.api_key}   (the owner's; only its hash is stored: keep it safe)",
    )


@group.command("list", epilog="Example: scheduler practice list --json")
def list_(as_json: AsJson = False) -> None:
    """List all practices."""
    with opened() as container:
        from domain.practice.practice import Practice

        found = [
            (id_, practice)
            for id_ in container.storage.practices()
            for practice in container.logs.of(id_).catalogue().all(Practice)
        ]  # fmt: skip
    print_result(
        as_json,
        [{"practice_id": id_, "name": one.name, "zone": one.zone, "currency": one.currency} for id_, one in found],
        *(f"{id_}  {one.name}  {one.zone} {one.currency}" for id_, one in found),
        *([] if found else ["There is no practice yet; see `scheduler practice create --help`."]),
    )
