"""Finding sealed persons by e-mail, phone and the beginning of the last name, without keeping any of them in clear.

What is searched is first folded, so that writing and searching meet: compatibility forms and marks removed, case folded, in
any script. Then it is turned into a 64-bit number under a key of the practice and the field. Equal values give equal numbers
within a practice, which is what such an index reveals; a row of it goes when its person is erased.
"""

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
_WITHIN_WORDS: Final = "'’ʼ`\"׳״"
"""Apostrophes, geresh and gershayim: O'Brien is one word."""


class Term(NamedTuple):
    """One thing to look up: a field and a folded value."""

    field: str
    value: str


def fold_name(name: str) -> str:
    """Return a name without case, marks and compatibility forms: ``Müller`` and ``MULLER`` are one, with or without niqqud."""
    if name.isascii():
        return name.casefold()
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return unicodedata.normalize(
        "NFC", "".join(sign for sign in parts if unicodedata.category(sign) not in ("Mn", "Cf"))
    )


def fold_email(email: str) -> str:
    return unicodedata.normalize("NFKC", email).strip().casefold()


def fold_phone(phone: str) -> str:
    """Return the last nine digits, which are the same in ``+972 50 123 4567`` and ``050-1234567``."""
    if phone.isascii():
        digits = "".join(filter(str.isdigit, phone))
    else:
        digits = "".join(str(unicodedata.digit(sign)) for sign in phone if unicodedata.category(sign) == "Nd")
    return digits[-_PHONE_DIGITS:]


def terms_of(family_name: str | None = None, email: str | None = None, phone: str | None = None) -> frozenset[Term]:
    """Return under which terms a person is found.

    Each word of the last name gives its beginnings of 2 to 6 signs, so does the name as one word (``Ben-David``: bendav);
    a word of one sign gives itself.
    """
    terms: set[Term] = set()
    if family_name:
        words = words_of(family_name)
        for word in {*words, "".join(words)} - {""}:
            longest = min(LONGEST_PREFIX, len(word))
            terms.update(
                Term(FAMILY_NAME, word[:length]) for length in range(min(SHORTEST_PREFIX, longest), longest + 1)
            )
    if email and (folded := fold_email(email)):
        terms.add(Term(EMAIL, folded))
    if phone and (folded := fold_phone(phone)):
        terms.add(Term(PHONE, folded))
    return frozenset(terms)


def terms_sought(text: str) -> frozenset[Term]:
    """Return the terms that a search text may mean; a match has at least one of them.

    A text with an at sign is an e-mail address, one of four digits or more and no letters a phone number, else each word is
    the beginning of a last name. Of a word only six signs are looked up: check what is found once it is opened.
    """
    if "@" in text:
        return frozenset({Term(EMAIL, fold_email(text))})
    has_letters = any(sign.isalpha() for sign in text)
    if not has_letters and len(folded := fold_phone(text)) >= _FEWEST_PHONE_DIGITS:
        return frozenset({Term(PHONE, folded)})
    return frozenset(Term(FAMILY_NAME, word[:LONGEST_PREFIX]) for word in words_of(text))


class Tokens:
    """Turns folded values into the numbers that they are kept under: HMAC-SHA-256 cut to a signed 64-bit integer.

    Keeps the two hash states that HMAC begins with, which ``hmac.digest`` makes anew for each value at three times the cost.
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
    """Return the words of a name or a search text as they are indexed, each whole."""
    return fold_name(name).translate(_SIGNS).split()


class _Signs(dict[int, str]):
    """What becomes of each sign in a word, by its code point; worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        if sign in _WITHIN_WORDS:
            part = ""
        else:
            # Vowel signs of Indic scripts are marks that take space (Mc): not letters, yet inside a word.
            part = sign if sign.isalnum() or unicodedata.category(sign) == "Mc" else " "
        self[code] = part
        return part


_SIGNS: Final = _Signs()
