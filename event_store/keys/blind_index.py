"""A blind index: finds sealed persons by e-mail, phone and prefix of the last name.

A value is folded (case, marks and compatibility forms removed, in any script), and turned into a
64-bit token by a key of the practice and the field. The index reveals which values within a
practice are equal. A person's tokens are deleted when the person is erased.
"""

import re
import unicodedata
from hashlib import sha256
from typing import Final, NamedTuple

EMAIL: Final = "email"
PHONE: Final = "phone"
FAMILY_NAME: Final = "family_name"
SHORTEST_PREFIX: Final = 2
LONGEST_PREFIX: Final = 6
_PHONE_DIGITS: Final = 9
_FEWEST_PHONE_DIGITS: Final = 4
_WITHOUT_STROKES: Final = str.maketrans(
    {"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t", "ŋ": "n", "ı": "i"}
)
"""Letters that Unicode does not decompose; casefold writes ß as ss."""
_UMLAUT_E: Final = re.compile("([uo])e+")
_WITHIN_WORDS: Final = "'’ʼ`\"׳״"
"""Apostrophes, geresh and gershayim: O'Brien is one word."""


class Term(NamedTuple):
    """A field and a folded value of it."""

    field: str
    value: str


def fold_name(name: str) -> str:
    """Fold case, marks (niqqud too), compatibility forms and spellings without diacritics.

    ``Müller`` and ``Mueller`` become ``muller``, ``Żółć`` becomes ``zolc``. ``ae``
    stays, since Michal and Michael are two names.
    """
    if name.isascii():
        return _UMLAUT_E.sub(r"\1", name.casefold())
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    kept = "".join(char for char in parts if unicodedata.category(char) not in ("Mn", "Cf"))
    return _UMLAUT_E.sub(r"\1", unicodedata.normalize("NFC", kept.translate(_WITHOUT_STROKES)))


def fold_email(email: str) -> str:
    return unicodedata.normalize("NFKC", email).strip().casefold()


def fold_phone(phone: str) -> str:
    """Return the last nine digits, which ``+972 50 123 4567`` and ``050-1234567`` share."""
    if phone.isascii():
        digits = "".join(filter(str.isdigit, phone))
    else:
        digits = "".join(str(unicodedata.digit(char)) for char in phone if unicodedata.category(char) == "Nd")
    return digits[-_PHONE_DIGITS:]


def terms_of(family_name: str | None = None, email: str | None = None, phone: str | None = None) -> frozenset[Term]:
    """Return the terms under which a person is indexed.

    For each word of the last name, and all of them joined (``Ben-David``: bendav), the prefixes of
    2 to 6 characters; a single character for itself.
    """
    terms: set[Term] = set()
    if family_name:
        words = words_of(family_name)
        for word in {*words, "".join(words)} - {""}:
            longest = min(LONGEST_PREFIX, len(word))
            lengths = range(min(SHORTEST_PREFIX, longest), longest + 1)
            terms.update(Term(FAMILY_NAME, word[:length]) for length in lengths)
    if email and (folded := fold_email(email)):
        terms.add(Term(EMAIL, folded))
    if phone and (folded := fold_phone(phone)):
        terms.add(Term(PHONE, folded))
    return frozenset(terms)


def search_terms(text: str) -> frozenset[Term]:
    """Return the terms of a search text; a match has at least one of them.

    A text with an at sign is an e-mail address, one with four digits or more and no letters a phone
    number; otherwise each word is a prefix of a last name. Only six characters of a word are
    compared, so check the matches after decryption.
    """
    if "@" in text:
        return frozenset({Term(EMAIL, fold_email(text))})
    has_letters = any(char.isalpha() for char in text)
    if not has_letters and len(folded := fold_phone(text)) >= _FEWEST_PHONE_DIGITS:
        return frozenset({Term(PHONE, folded)})
    return frozenset(Term(FAMILY_NAME, word[:LONGEST_PREFIX]) for word in words_of(text))


class Tokens:
    """Turns folded values into tokens: HMAC-SHA-256, truncated to a signed 64-bit integer.

    Stores the initial hash states of HMAC; ``hmac.digest`` computes them each time, at triple cost.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("an index key has 32 bytes")
        block = key.ljust(64, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in block))

    def __call__(self, value: str) -> int:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(value.encode())
        outer.update(inner.digest())
        return int.from_bytes(outer.digest()[:8], "big", signed=True)


def words_of(name: str) -> list[str]:
    """Return the folded words of a name or a search text."""
    return fold_name(name).translate(_TRANSLATION).split()


class _Translation(dict[int, str]):
    """The replacement of each character by its code point, computed on first use."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        # Vowel signs of Indic scripts are spacing marks (Mc): not letters, but part of a word.
        kept = char if char.isalnum() or unicodedata.category(char) == "Mc" else " "
        self[code] = "" if char in _WITHIN_WORDS else kept
        return self[code]


_TRANSLATION: Final = _Translation()
