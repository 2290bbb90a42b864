"""`scheduler demo`: make the demo practice."""

import typer

from api.commands.output import AsJson, out, print_json
from api.commands.session import opened

commands = typer.Typer()


@commands.command(epilog="Example: scheduler demo")
def demo(as_json: AsJson = False) -> None:
    """Make a small demo practice, or keep a week of visits ahead of it, and print its owner's API key: the same each time."""
    with opened() as world:
        from api.demo.practice import make_demo

        key = make_demo(world)
    if as_json:
        print_json({"practice_id": key.practice_id, "api_key": key.api_key})
    else:
        out.print(f"practice  {key.practice_id}", markup=False)
        out.print(f"API key   {key.api_key}", markup=False)
