"""`scheduler demo`: make the demo practice."""

import typer

from api.cli.output import AsJson, out, print_json
from api.cli.session import opened

commands = typer.Typer()


@commands.command(epilog="Example: scheduler demo")
def demo(as_json: AsJson = False) -> None:
    """Make a small demo practice, or keep a week of visits ahead of it, and print its owner's API key: the same each time."""
    with opened() as container:
        from api.demo.practice import make_demo

        key = make_demo(container)
    if as_json:
        print_json({"practice_id": key.practice_id, "api_key": key.api_key})
    else:
        out.print(f"practice  {key.practice_id}", markup=False)
        out.print(f"API key   {key.api_key}", markup=False)
