"""No command is left out of the scheduling machine unless a reason stands beside it."""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
HANDLERS: Final = re.compile(r"^class ([A-Z]\w+Handler|AutoFill)\b", re.MULTILINE)
BASES: Final = {
    "AppointmentChangingHandler", "ChangingHandler", "CourseRosterHandler", "EndpointHandler", "MakingHandler", "PairHandler",
    "PersonHandler", "RosterHandler",
}  # fmt: skip
ELSEWHERE: Final = {
    "ImportAppointmentsHandler": "makes practices of its own",
    "OpenPracticeHandler": "the machine's practice is open",
    "OpenLocationHandler": "makes what nothing depends on yet",
    "JoinClinicianHandler": "makes what nothing depends on yet",
    "OfferServiceHandler": "makes what nothing depends on yet",
    "AddResourceHandler": "makes what nothing depends on yet",
    "RegisterPatientHandler": "makes what nothing depends on yet",
    "ChangeLocationHandler": "a zone moves no visit: tests/api/test_presence.py",
    "ChangeResourceHandler": "a name",
    "IssueApiKeyHandler": "says who may ask, and no command asks it",
    "RevokeApiKeyHandler": "says who may ask, and no command asks it",
    "KeepWallTimesHandler": "goes by rules of zones that are no longer installed: tests/api/test_zone_changes.py",
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
    parts = [*folder.glob("*_rules.py"), *folder.glob("*_commands.py"), folder / "test_scheduling_machine.py"]
    helpers = [*folder.glob("importing/*/*_file.py")]
    return "\n".join(path.read_text("utf-8") for path in (*parts, *helpers))


def test_carries_out_every_command_or_says_why_not() -> None:
    text = known()

    assert {name for name in handlers() if len(re.findall(rf"\b{name}\b", text)) < 2} == set(ELSEWHERE)
