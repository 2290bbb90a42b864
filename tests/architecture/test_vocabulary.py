"""Texts use the vocabulary of docs/glossary.md and none of the words that it replaced."""

import re
from pathlib import Path

from tests.architecture.source_tree import ROOT, text_files

REPLACED_NAMES = (
    "AppendJoiner", "ComingAgain", "Consultation", "Contender", "Courier", "Crossing", "CrowdedError", "Diary",
    "Doorkeeper", "Errand", "FactMapper", "FirstFact", "HttpOutside", "Outbox", "PostOffice", "RecordedThings",
    "RecordedVisits", "StandIns", "Surroundings",
)  # fmt: skip
REPLACED_CLASSES = (
    "Earlier", "Envelope", "Gate", "Grounds", "Outside", "Question", "Studio", "Wish", "World",
)  # fmt: skip
"""Ordinary words, which may be used in prose, but name no class."""
REPLACED_WORDS = ("said", "told", "whichever", "whoever", "thing", "errand", "stands for", "is let go", "waiting list")
"""Words for which there is a precise one. A data value may be ``'told'``."""
SUFFIXES = {".py", ".sql", ".md"}
THIS_FILE = Path("tests/architecture/test_vocabulary.py")
HISTORY = Path("docs/adr")

REPLACED = re.compile(
    rf"\b(?:{'|'.join(REPLACED_NAMES)})\b"
    rf"|\bclass (?:{'|'.join(REPLACED_CLASSES)})\b"
    rf"|(?i:(?<![\w'\"`])(?:{'|'.join(REPLACED_WORDS)})(?![\w'\"`]))"
)


def replaced_words(text: str) -> list[str]:
    """Return the replaced words of a text, without repeats."""
    return sorted(set(REPLACED.findall(text)))


class TestVocabulary:
    def test_has_no_replaced_word(self) -> None:
        paths = [
            path
            for path in text_files()
            if path.suffix in SUFFIXES and path != THIS_FILE and HISTORY not in path.parents
        ]

        found = {path: replaced_words((ROOT / path).read_text(encoding="utf-8")) for path in paths}

        assert {path: words for path, words in found.items() if words} == {}

    def test_reports_a_replaced_word(self) -> None:
        assert replaced_words("class Question:  # asked by the Doorkeeper") == ["Doorkeeper", "class Question"]
        assert replaced_words("Whoever asks is told the thing") == ["Whoever", "thing", "told"]
        assert replaced_words("a question, a gate and an outside line; `told`, something") == []
