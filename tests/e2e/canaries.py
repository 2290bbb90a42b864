"""Canaries: unique synthetic personal data, and a search for it in bytes, in any encoding."""

import base64
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import quote

_EMPTY = re.compile(rb"\0{8,}")
_LATIN = "qxzjkvwy"
_HEBREW = "צסטזדףץק"
_GERMAN = "äöüßqxjy"


@dataclass(frozen=True)
class Canary:
    """The values of all personal fields. Each begins with a stem, which a prefix index holds."""

    latin: str
    hebrew: str
    german: str
    phone: str
    birthday: str

    @classmethod
    def draw(cls, chance: Random) -> "Canary":
        def stem(letters: str) -> str:
            return "".join(chance.choices(letters, k=7))

        return cls(
            latin=stem(_LATIN).capitalize(),
            hebrew=stem(_HEBREW),
            german=stem(_GERMAN).capitalize(),
            phone=f"+49301{chance.randrange(10**6, 10**7)}",
            birthday=f"{chance.randrange(1905, 1920)}-{chance.randrange(10, 13)}-{chance.randrange(10, 29)}",
        )

    @property
    def email(self) -> str:
        return f"{self.latin.lower()}@{self.latin.lower()}.example"

    @property
    def reason(self) -> str:
        return f"{self.german} erzählt, {self.hebrew}, {self.latin}"

    def patient(self, number: int) -> dict[str, object]:
        """Return a patient in one of three scripts."""
        stem = (self.latin, self.hebrew, self.german)[number % 3]
        return {
            "given_name": stem,
            "family_name": f"{stem}-{stem}",
            "email": self.email,
            "phone": self.phone,
            "date_of_birth": self.birthday,
            "tags": [stem],
        }

    def needles(self) -> dict[bytes, str]:
        """Return every form of every stem, each with what to call it."""
        # The number as people at the practice write it is part of the one that is kept.
        stems = (self.latin, self.hebrew, self.german, self.phone[3:], self.birthday)
        return {form: f"{stem} as {name}" for stem in stems for name, form in forms_of(stem)}


def forms_of(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of a text in several encodings, letter cases and normal forms."""
    for variant in sorted({text, text.lower(), text.upper(), text.casefold(), unicodedata.normalize("NFD", text)}):
        utf_8 = variant.encode()
        yield "UTF-8", utf_8
        yield "UTF-16", variant.encode("utf-16-le").strip(b"\0")
        yield "UTF-16", variant.encode("utf-16-be").strip(b"\0")
        yield "hexadecimal", utf_8.hex().encode()
        for before in range(3):
            # Of the characters of base64 only those that no neighbour has a part in.
            encoded = base64.b64encode(b"\0" * before + utf_8 + b"\0")
            certain = encoded[(before * 8 + 5) // 6 : (before + len(utf_8)) * 8 // 6]
            yield "base64", certain
            yield "base64 for addresses", certain.translate(bytes.maketrans(b"+/", b"-_"))
        if not variant.isascii():
            escaped = json.dumps(variant)[1:-1]
            yield "escaped JSON", escaped.encode()
            yield "escaped JSON", escaped.replace("\\u", "\0").upper().replace("\0", "\\u").encode()
            yield "percent-encoded", quote(variant).encode()
            yield "percent-encoded", quote(variant).lower().encode()


def sightings(needles: dict[bytes, str], content: bytes) -> list[str]:
    # Databases keep much room for later; no needle holds so many zeros.
    dense = _EMPTY.sub(b"\0", content)
    return [name for needle, name in needles.items() if needle in dense]


def sightings_in_folder(needles: dict[bytes, str], folder: Path) -> list[str]:
    """Search each file below a folder; a running database may remove files meanwhile."""
    found = []
    for path in sorted(folder.rglob("*")):
        try:
            content = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:
            continue
        found += [f"{path.relative_to(folder)}: {name}" for name in sightings(needles, content)]
    return found
