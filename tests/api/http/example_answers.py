"""Writes api/http/example_answers.json, what the API's description shows as answers: `python -m tests.api.http.example_answers`.

They are those of a practice's life on the running program, each id and secret replaced by a stand-in: the same id by the same one.
"""

import json
import re
import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID

from api.http.openapi import ANSWERS_FILE
from tests.api.practice_scenario import DESCRIBED_IDS, PracticeScenario, stand_in
from tests.api.serving import Program, running_program
from tests.api.studio import Json
from tests.api.webhooks.receiver import receiving
from tests.support.paths import ROOT

FILE: Final = ROOT / "api" / "http" / ANSWERS_FILE

_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_MESSAGE: Final = re.compile(r"(?<=msg_)[0-9a-f]{32}")
_RECEIVER: Final = re.compile(r"http://127\.0\.0\.1:\d+")
_FEED: Final = re.compile(r"(?<=/v1/feeds/)\S+(?=\.ics)")
_OPAQUE: Final = {"key": "sk_...", "secret": "whsec_...", "sealed": "...", "next_cursor": "..."}
"""What is another text each time, by the field that holds it."""


def example_answers(program: Program) -> Json:
    """Live the life and return, by operation and status, what was answered."""
    with receiving() as receiver:
        life = PracticeScenario.lived(program, receiver)
    stand_ins = StandIns(life.ids)
    shown = {operation: stand_ins.put_into(answers) for operation, answers in life.answers.items()}
    return dict(sorted(shown.items()))


class StandIns:
    """Gives ids their stand-ins: those of the examples of bodies where they name the same thing, and else the next one."""

    def __init__(self, ids: Mapping[str, str]) -> None:
        self._given = {ids[name]: stand_in(number) for number, name in enumerate(DESCRIBED_IDS, 1)}
        self._numbers = count(len(self._given) + 1)
        self._digests: dict[str, str] = {}

    def put_into(self, said: Any) -> Any:
        if isinstance(said, dict):
            return {
                name: _OPAQUE[name] if name in _OPAQUE and part is not None else self.put_into(part)
                for name, part in said.items()
            }
        if isinstance(said, list):
            return [self.put_into(part) for part in said]
        return self._text(said) if isinstance(said, str) else said

    def _text(self, said: str) -> str:
        said = _FEED.sub("feed_...", _RECEIVER.sub("https://example.org", said))
        said = _DIGEST.sub(self._of_digest, said)
        said = _MESSAGE.sub(lambda found: UUID(self._of_id(str(UUID(found[0])))).hex, said)
        return _ID.sub(lambda found: self._of_id(found[0]), said)

    def _of_id(self, id_: str) -> str:
        if id_ not in self._given:
            self._given[id_] = stand_in(next(self._numbers))
        return self._given[id_]

    def _of_digest(self, found: re.Match[str]) -> str:
        return self._digests.setdefault(found[0], f"{len(self._digests) + 1:064}")


def written(answers: Json) -> str:
    return json.dumps(answers, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    with TemporaryDirectory() as folder, running_program(Path(folder)) as program:
        text = written(example_answers(program))
    FILE.write_text(text, "utf-8")
    sys.stdout.write(f"{FILE} is written\n")
