"""No command is left out of the scheduling machine unless a reason stands beside it."""

import re
from typing import Final

from tests.support.paths import ROOT

HANDLERS: Final = re.compile(r"^class ([A-Z]\w+Handler|AutoFill)\b", re.MULTILINE)
BASES: Final = {
    "AppointmentChangingHandler", "UpdateHandler", "CourseRosterHandler", "EndpointHandler", "CreateHandler", "PairHandler",
    "PersonHandler", "RosterHandler",
}  # fmt: skip
ELSEWHERE: Final = {
    "OpenPracticeHandler": "the machine's practice is open",
    "OpenLocationHandler": "makes what nothing depends on yet",
    "JoinClinicianHandler": "makes what nothing depends on yet",
    "OfferServiceHandler": "makes what nothing depends on yet",
    "AddResourceHandler": "makes what nothing depends on yet",
    "RegisterPatientHandler": "makes what nothing depends on yet",
    "ChangeLocationHandler": "a zone moves no visit: tests/api/practice/test_working_hours.py",
    "ChangeResourceHandler": "a name",
    "IssueApiKeyHandler": "says who may ask, and no command asks it",
    "RevokeApiKeyHandler": "says who may ask, and no command asks it",
    "AdoptZoneRulesHandler": "goes by rules of zones that are no longer installed: tests/api/scheduling/test_zone_changes.py",
    "ErasePatientHandler": "ends what the folds of all other rules have to open: tests/e2e/test_canary.py",
}


def handlers() -> set[str]:
    return {
        name
        for path in (ROOT / "application").rglob("*.py")
        for name in HANDLERS.findall(path.read_text("utf-8"))
        if name not in BASES
    }


def known() -> str:
    folder = ROOT / "tests/application"
    patterns = ("scheduling/machine/*_rules.py", "scheduling/machine/*_commands.py", "importing/*/*_file.py")
    parts = [path for pattern in patterns for path in folder.glob(pattern)]
    machine = folder / "scheduling/machine/test_scheduling_machine.py"
    return "\n".join(path.read_text("utf-8") for path in (*parts, machine))


def test_carries_out_every_command_or_says_why_not() -> None:
    text = known()

    assert {name for name in handlers() if len(re.findall(rf"\b{name}\b", text)) < 2} == set(ELSEWHERE)
