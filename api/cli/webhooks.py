"""`scheduler webhooks`: lists endpoints and deliveries, and replays messages."""

from typing import Annotated
from uuid import UUID

import typer

from api.cli.output import AsJson, out, print_json
from api.cli.session import PracticeOption, by_command_line, opened, practice_of, practice_with
from domain.webhooks.endpoint import DeliveryStatus

group = typer.Typer(help="List webhook endpoints and their deliveries; replay messages.", no_args_is_help=True)
Endpoint = Annotated[UUID, typer.Argument(help="The endpoint's id, from `scheduler webhooks list`.")]


@group.command("list", epilog="Example: scheduler webhooks list")
def list_(practice: PracticeOption = None, as_json: AsJson = False) -> None:
    """List a practice's endpoints and their progress."""
    with opened() as container:
        practice_id = practice_of(container, practice)
        container.read_models.catch_up(practice_id)
        found = container.webhooks.queries.endpoints(practice_id)
    if as_json:
        from api.webhooks.presenters import present_endpoint_record

        print_json([present_endpoint_record(one) for one in found])
        return
    for one in found:
        waiting = max(0, one.last_number + 1 - one.next_number)
        state = "active" if one.is_active else f"off ({one.switched_off or 'by the practice'})"
        out.print(
            f"{one.endpoint_id}  {state}  sent {one.next_number - 1:,}, waiting {waiting:,}  {one.url}", markup=False
        )
        if one.due_at is not None:
            out.print(f"  the last attempt failed; the next is at {one.due_at:%Y-%m-%d %H:%M:%S} UTC", markup=False)


@group.command(epilog="Example: scheduler webhooks deliveries 0199c0de-7a1b-7c3d-8e5f-0123456789ab --status pending")
def deliveries(
    endpoint: Endpoint,
    practice: PracticeOption = None,
    status: Annotated[DeliveryStatus | None, typer.Option(help="Only deliveries with this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most, the newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List an endpoint's deliveries, the newest first."""
    with opened() as container:
        from api.webhooks.presenters import present_delivery
        from application.webhooks.endpoints import load_endpoint

        practice_id = practice_with(container, practice, endpoint)
        load_endpoint(container.logs.of(practice_id), endpoint)
        container.read_models.catch_up(practice_id)
        found, _ = container.webhooks.queries.deliveries(practice_id, endpoint, status=status, limit=limit)
    if as_json:
        print_json([present_delivery(endpoint, one) for one in found])
        return
    for one in found:
        why = one.failure or ""
        out.print(
            f"{one.number:>8}  {one.event:<28}  position {one.position}  {one.status:<9}  attempts {one.attempts}"
            f"  {one.response_code or ''} {why}".rstrip(),
            markup=False,
        )


@group.command(epilog="Example: scheduler webhooks replay 0199c0de-7a1b-7c3d-8e5f-0123456789ab --from-position 4711")
def replay(
    endpoint: Endpoint,
    from_position: Annotated[int, typer.Option(min=1, help="A position of the practice's log.")],
    practice: PracticeOption = None,
    as_json: AsJson = False,
) -> None:
    """Send an endpoint its messages from a position on again, in order, under the same ids."""
    with opened() as container:
        from application.kernel.permissions import Actor
        from application.webhooks.request_replay import RequestReplay

        practice_id = practice_with(container, practice, endpoint)
        command = RequestReplay(endpoint, from_position)
        outcome = container.bus.execute(Actor.system(practice_id), command, by_command_line())
        container.read_models.catch_up(practice_id)
    if as_json:
        print_json({"practice_id": practice_id, "endpoint_id": endpoint, "position": outcome.position})
    else:
        out.print("The messages will be sent again.")
