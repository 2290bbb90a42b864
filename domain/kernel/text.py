"""Cleaning and checking of text input, in any script."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from domain.kernel.errors import InvalidValueError

MAX_MARKS: Final = 8
"""Combining marks kept on one letter; cantillation or a Tibetan stack needs up to six."""
MAX_NOTES: Final = 5_000
"""Characters of notes about a patient or a visit: about a page."""

_RAW_LIMIT: Final = 100_000
_JOINERS: Final = "\u200c\u200d"
_E_MAIL_LOCAL: Final = re.compile(r"[^\s@\"(),:;<>\[\\\]]{1,64}")
_HOST_LABEL: Final = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_LOCALE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")


def clean_text(field: str, value: str, max_length: int) -> str:
    """Return one line of text in NFC, without invisible characters.

    Removes format characters: bidi controls, which can reverse a line, zero-width spaces, tags. A
    joiner (U+200C, U+200D) stays only between two characters from U+0600 upwards, where it shapes
    Arabic, Persian and Indic words and joins emoji; in Latin, Greek, Cyrillic and Hebrew text it
    would only make equal names differ. Collapses white space, and drops marks beyond ``MAX_MARKS``
    on one letter.
    Raises InvalidValueError: control characters, lone surrogates, no visible text, or a result of
    more than ``max_length`` characters.
    """
    _refuse_controls(field, value, allowed="\t\r\n")
    return _bounded(field, " ".join(_visible(value).split()), max_length)


def clean_paragraphs(field: str, value: str, max_length: int) -> str:
    """Clean free text line by line as ``clean_text`` does; keep at most two line breaks in a row.

    Raises InvalidValueError: as ``clean_text``.
    """
    _refuse_controls(field, value, allowed="\t\r\n")
    lines = (" ".join(line.split()) for line in _visible(value).splitlines())
    return _bounded(field, re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(), max_length)


def clean_notes(notes: str | None) -> str | None:
    """Return cleaned notes for staff; None for blank ones.

    Notes are not clinical documentation. Raises InvalidValueError: as ``clean_paragraphs``.
    """
    return clean_paragraphs("notes", notes, MAX_NOTES) if notes and not notes.isspace() else None


def clean_reason(field: str, reason: str) -> str:
    """Return a cleaned reason of at most 1000 characters. Raises InvalidValueError."""
    return clean_paragraphs(field, reason, 1_000)


def clean_tags(field: str, values: Iterable[str]) -> tuple[str, ...]:
    """Return cleaned tags in order, without repeats that differ only in case.

    Raises InvalidValueError: as ``clean_text``, a tag over 50 characters, or more than 50 tags.
    """
    tags: dict[str, str] = {}
    for value in values:
        tag = clean_text(field, value, 50)
        tags.setdefault(tag.casefold(), tag)
        if len(tags) > 50:
            raise InvalidValueError(field, "there may be at most 50 tags")
    return tuple(tags.values())


def clean_email(field: str, value: str) -> str:
    """Return an e-mail address, also an international one, in NFC with a lower-case host.

    Checks only the syntax, with the limits of RFC 5321 (64 characters before the @, 254 in total).
    Raises InvalidValueError: malformed, a quoted local part, or invisible characters.
    """
    address = unicodedata.normalize("NFC", value.strip())
    local, at, host = address.rpartition("@")
    well_formed = (
        at
        and len(address.encode(errors="replace")) <= 254
        and not any(unicodedata.category(character) in ("Cc", "Cf", "Cs") for character in address)
        and _E_MAIL_LOCAL.fullmatch(local)
        and not (local.startswith(".") or local.endswith(".") or ".." in local)
        and "." in host
        and all(_HOST_LABEL.fullmatch(label) for label in host.split("."))
    )
    if not well_formed:
        raise InvalidValueError(field, "this is not an e-mail address")
    return f"{local}@{host.lower()}"


def checked_phone(field: str, value: str) -> str:
    """Return the number unchanged if it is in E.164 form (``+4930123456``).

    Raises InvalidValueError: another form.
    """
    if not _PHONE.fullmatch(value):
        raise InvalidValueError(field, "a phone number has the form +<country><number>, 7 to 15 digits")
    return value


def checked_locale(field: str, value: str) -> str:
    """Return a BCP 47 language[-Script][-REGION] unchanged: ``de``, ``zh-Hant-TW``.

    Raises InvalidValueError: another form.
    """
    if not _LOCALE.fullmatch(value):
        raise InvalidValueError(field, "a locale has the form en, de-AT or zh-Hant-TW")
    return value


def _refuse_controls(field: str, value: str, allowed: str) -> None:
    if len(value) > _RAW_LIMIT:
        raise InvalidValueError(field, "the text is too long")
    for character in value:
        if character not in allowed and unicodedata.category(character) in ("Cc", "Cs"):
            raise InvalidValueError(field, "the text contains a control character")


def _visible(value: str) -> str:
    if value.isascii():
        return value
    kept: list[str] = []
    for position, character in enumerate(value):
        if unicodedata.category(character) == "Cf":
            after = value[position + 1 : position + 2]
            if not (
                character in _JOINERS
                and kept
                and kept[-1] >= "\u0600"
                and kept[-1] not in _JOINERS
                and after >= "\u0600"
            ):
                continue
        kept.append(character)
    marks = 0
    shown: list[str] = []
    for character in unicodedata.normalize("NFC", "".join(kept)):
        marks = marks + 1 if unicodedata.category(character)[0] == "M" else 0
        if marks <= MAX_MARKS:
            shown.append(character)
    return "".join(shown)


def _bounded(field: str, value: str, max_length: int) -> str:
    if not any(unicodedata.category(character)[0] not in "MZC" for character in value):
        raise InvalidValueError(field, "the text is empty")
    if len(value) > max_length:
        raise InvalidValueError(field, f"the text is longer than {max_length} characters")
    return value
