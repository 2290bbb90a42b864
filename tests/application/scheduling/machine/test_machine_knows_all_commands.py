"""No command is left out of the scheduling machine unless a reason stands beside it."""

import re
from typing import Final

from application.kernel.commands import Command
from application.registry import all_registrations
from tests.support.paths import ROOT

ELSEWHERE: Final = {
    "OpenPractice": "the machine's practice is open",
    "OpenLocation": "makes what nothing depends on yet",
    "JoinClinician": "makes what nothing depends on yet",
    "OfferService": "makes what nothing depends on yet",
    "AddResource": "makes what nothing depends on yet",
    "RegisterPatient": "makes what nothing depends on yet",
    "ChangeLocation": "a zone moves no visit: tests/api/practice/test_working_hours.py",
    "ChangeResource": "a name",
    "IssueApiKey": "says who may ask, and no command asks it",
    "RevokeApiKey": "says who may ask, and no command asks it",
    "ErasePatient": "ends what the folds of all other rules have to open: tests/e2e/test_canary.py",
}


def commands() -> set[str]:
    return {request.__name__ for request in all_registrations() if issubclass(request, Command)}


def known() -> str:
    folder = ROOT / "tests/application"
    patterns = ("scheduling/machine/*_rules.py", "scheduling/machine/*_commands.py", "importing/*/*_file.py")
    parts = [path for pattern in patterns for path in folder.glob(pattern)]
    machine = folder / "scheduling/machine/test_scheduling_machine.py"
    return "\n".join(path.read_text("utf-8") for path in (*parts, machine))


def test_carries_out_every_command_or_says_why_not() -> None:
    text = known()

    assert {name for name in commands() if len(re.findall(rf"\b{name}\b", text)) < 2} == set(ELSEWHERE)
