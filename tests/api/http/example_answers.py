"""Write api/http/example_answers.json, the example responses of the API's description.

Run `python -m tests.api.http.example_answers`. The responses are those of `PracticeScenario` on a
running server, with each id and secret replaced by a placeholder.
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
from tests.api.api_server import ApiServer, running_api_server
from tests.api.practice_client import Json
from tests.api.practice_scenario import DESCRIBED_IDS, PracticeScenario, placeholder_id
from tests.support.paths import ROOT
from tests.support.webhook_receiver import running_receiver

FILE: Final = ROOT / "api" / "http" / ANSWERS_FILE

_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_MESSAGE: Final = re.compile(r"(?<=msg_)[0-9a-f]{32}")
_RECEIVER: Final = re.compile(r"http://127\.0\.0\.1:\d+")
_FEED: Final = re.compile(r"(?<=/v1/feeds/)\S+(?=\.ics)")
_OPAQUE: Final = {"key": "sk_...", "secret": "whsec_...", "sealed": "...", "next_cursor": "..."}
"""What is another text each time, by the field that holds it."""


def example_answers(server: ApiServer) -> Json:
    """Live the life and return, by operation and status, what was answered."""
    with running_receiver() as receiver:
        life = PracticeScenario.run(server, receiver)
    placeholders = Placeholders(life.ids)
    example_file = {operation: placeholders.replace_in(answers) for operation, answers in life.answers.items()}
    return dict(sorted(example_file.items()))


class Placeholders:
    """Maps ids to placeholders: those of the example bodies for the same record, else new."""

    def __init__(self, ids: Mapping[str, str]) -> None:
        self._given = {ids[name]: placeholder_id(number) for number, name in enumerate(DESCRIBED_IDS, 1)}
        self._numbers = count(len(self._given) + 1)
        self._digests: dict[str, str] = {}

    def replace_in(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: _OPAQUE[name] if name in _OPAQUE and part is not None else self.replace_in(part)
                for name, part in value.items()
            }
        if isinstance(value, list):
            return [self.replace_in(part) for part in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, value: str) -> str:
        value = _FEED.sub("feed_...", _RECEIVER.sub("https://example.org", value))
        value = _DIGEST.sub(self._of_digest, value)
        value = _MESSAGE.sub(lambda found: UUID(self._of_id(str(UUID(found[0])))).hex, value)
        return _ID.sub(lambda found: self._of_id(found[0]), value)

    def _of_id(self, id_: str) -> str:
        if id_ not in self._given:
            self._given[id_] = placeholder_id(next(self._numbers))
        return self._given[id_]

    def _of_digest(self, found: re.Match[str]) -> str:
        return self._digests.setdefault(found[0], f"{len(self._digests) + 1:064}")


def as_json_text(answers: Json) -> str:
    return json.dumps(answers, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    with TemporaryDirectory() as folder, running_api_server(Path(folder)) as server:
        text = as_json_text(example_answers(server))
    FILE.write_text(text, "utf-8")
    sys.stdout.write(f"{FILE} is written\n")
