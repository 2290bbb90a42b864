"""`scheduler demo`: creates the demo practice."""

import typer

from api.cli.output import AsJson, out, print_json
from api.cli.session import opened

commands = typer.Typer()


@commands.command(epilog="Example: scheduler demo")
def demo(as_json: AsJson = False) -> None:
    """Create a small demo practice and print its owner's API key.

    A repeat prints the same key and adds the visits of the coming week.
    """
    with opened() as container:
        from api.demo.practice import make_demo

        key = make_demo(container)
    if as_json:
        print_json({"practice_id": key.practice_id, "api_key": key.api_key})
    else:
        out.print(f"practice  {key.practice_id}", markup=False)
        out.print(f"API key   {key.api_key}", markup=False)
