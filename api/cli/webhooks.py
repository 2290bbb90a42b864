"""`scheduler webhooks`: list endpoints and deliveries, and replay messages."""

from typing import Annotated
from uuid import UUID

import typer

from api.cli.output import AsJson, print_result
from api.cli.session import PracticeOption, execute, opened, practice_of, practice_with
from domain.webhooks.endpoint import DeliveryStatus

group = typer.Typer(help="List webhook endpoints and their deliveries; replay messages.", no_args_is_help=True)
Endpoint = Annotated[UUID, typer.Argument(help="The endpoint's id, from `scheduler webhooks list`.")]


@group.command("list", epilog="Example: scheduler webhooks list")
def list_(practice: PracticeOption = None, as_json: AsJson = False) -> None:
    """List a practice's endpoints and their progress."""
    with opened() as container:
        from api.webhooks.presenters import present_endpoint_record

        practice_id = practice_of(container, practice)
        container.read_models.catch_up(practice_id)
        found = container.webhooks.queries.endpoints(practice_id)
    lines = []
    for one in found:
        waiting = max(0, one.last_number + 1 - one.next_number)
        state = "active" if one.is_active else f"off ({one.switched_off or 'by the practice'})"
        lines.append(f"{one.endpoint_id}  {state}  sent {one.next_number - 1:,}, waiting {waiting:,}  {one.url}")
        if one.due_at is not None:
            lines.append(f"  the last attempt failed; the next is at {one.due_at:%Y-%m-%d %H:%M:%S} UTC")
    print_result(as_json, [present_endpoint_record(one) for one in found], *lines)


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
    print_result(
        as_json,
        [present_delivery(endpoint, one) for one in found],
        *(
            f"{one.number:>8}  {one.event:<28}  position {one.position}  {one.status:<9}  attempts {one.attempts}"
            f"  {one.response_code or ''} {one.failure or ''}".rstrip()
            for one in found
        ),
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
        from application.webhooks.request_messages import RequestReplay

        practice_id = practice_with(container, practice, endpoint)
        position = execute(container, practice_id, RequestReplay(endpoint, from_position)).position
    result = {"practice_id": practice_id, "endpoint_id": endpoint, "position": position}
    print_result(as_json, result, "The messages will be sent again.")
