"""Cases of other products: our result is equal, or decision record 0029 explains the difference.

The samples were written by hand in the format of the peers' cases. ``SCHEDULER_TEST_PEER_CASES``
names a folder with the real cases.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.peers import calcom_ranges, calcom_schedule, calcom_slots, calcom_window, openemr, ottehr, thunderbird
from tests.peers.booking import Booking
from tests.peers.replay import Case, Verdict
from tests.support.container import Container
from tests.support.paths import DOCS

SAMPLES: Final = Path(__file__).with_name("samples")
FOLDER: Final = os.environ.get("SCHEDULER_TEST_PEER_CASES", "")
RECORD: Final = DOCS / "adr/0029-where-other-products-answer-otherwise.md"

ADAPTERS: Final[Mapping[str, Callable[[Case], Verdict]]] = {
    "calcom-date-ranges": calcom_ranges.replay,
    "calcom-merge-ranges": calcom_ranges.replay,
    "calcom-slots": calcom_slots.replay,
    "calcom-rolling-window": calcom_window.replay,
    "calcom-get-schedule": calcom_schedule.replay,
    "ottehr-cadence": ottehr.replay,
    "openemr-facts": openemr.replay,
}


def cases(folder: Path) -> Iterable[tuple[str, Case]]:
    for peer in (*ADAPTERS, "thunderbird-availability"):
        for case in json.loads((folder / f"{peer}.json").read_text("utf-8")):
            yield peer, case


def replayed(peer: str, case: Case, container: Container) -> Verdict:
    if peer == "thunderbird-availability":
        return thunderbird.replay(case, Booking(container))
    return ADAPTERS[peer](case)


def differing() -> dict[str, str]:
    """Return the decision record's group of each case, by peer and id."""
    groups: dict[str, str] = {}
    group = ""
    for line in RECORD.read_text("utf-8").splitlines():
        if heading := re.match(r"### (D\d+)\.", line):
            group = heading[1]
        elif listed := re.fullmatch(r"- `([a-z-]+)` (.+)", line):
            groups[f"{listed[1]} {listed[2]}"] = group
    return groups


@pytest.mark.parametrize(("peer", "case"), [pytest.param(*each, id=each[1]["id"]) for each in cases(SAMPLES)])
def test_adapter_agrees_with_the_sample(peer: str, case: Case, container: Container) -> None:
    verdict = replayed(peer, case, container)

    assert verdict.ours == verdict.theirs


class TestRecord:
    def test_says_of_each_group_how_many_cases_it_has(self) -> None:
        expected = {
            match[1]: int(match[2])
            for match in re.finditer(r"^\| (D\d+) \|.*\| (\d+) \|$", RECORD.read_text("utf-8"), re.MULTILINE)
        }

        assert dict(Counter(differing().values())) == expected


if FOLDER:  # without a folder there is nothing to replay

    @pytest.mark.parametrize(("peer", "case"), [pytest.param(*each, id=each[1]["id"]) for each in cases(Path(FOLDER))])
    def test_agrees_with_the_peer_or_differs_as_the_record_says(peer: str, case: Case, container: Container) -> None:
        verdict = replayed(peer, case, container)

        if f"{peer} {case['id']}" in differing():
            assert not verdict.is_agreed, "the decision record lists a case that is agreed with"
        else:
            assert verdict.ours == verdict.theirs

    def test_the_record_lists_only_cases_that_there_are() -> None:
        assert set(differing()) <= {f"{peer} {case['id']}" for peer, case in cases(Path(FOLDER))}
