"""Notes on a visit: what staff should know of it, before and after. Not what was found or done, which is clinical documentation."""

from typing import Final

from domain.kernel.text import clean_paragraphs

MOST: Final = 5_000
"""Characters, as of the notes about a patient: a page of text."""


def clean_notes(notes: str | None) -> str | None:
    """Return notes as they are kept, line by line; None where nothing is said, which takes them away.

    Raises InvalidValueError: as ``clean_paragraphs``, or over 5000 characters.
    """
    return clean_paragraphs("notes", notes, MOST) if notes and not notes.isspace() else None
