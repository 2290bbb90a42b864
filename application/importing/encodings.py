"""Find the encoding of a text, or refuse: a wrong guess would garble every name.

A byte order mark, NUL bytes and valid UTF-8 are certain. An 8-bit text is decoded in each code
page of the practice's languages. A reading is plausible if its words could be words of these
languages: only their letters, one script in a word, no capital within a word, no symbol between
letters. The encoding is found if all plausible readings are the same text.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from application.importing.languages import FOREIGN_LETTERS, code_pages_of, own_letters_of
from application.kernel.errors import ApplicationError

UNDECODED: Final = "\N{REPLACEMENT CHARACTER}"
"""What a text contains where its bytes could not be decoded."""
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # Before those of UTF-16, with which they begin.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WORD: Final = re.compile(rb"[A-Za-z'\x80-\xff]*[\x80-\xff][A-Za-z'\x80-\xff]*")
_MAX_WORDS: Final = 20_000
"""How many different words are looked at."""
_MAX_ODD_SHARE: Final = 20
"""At most one character of this many may be implausible: a foreign name in a long list."""
_WITHIN: Final = frozenset("'’ʼ‑־׳״")
_BEFORE: Final = frozenset("«„“‘‚‹¿¡–—\N{NO-BREAK SPACE}\N{SOFT HYPHEN}\N{LEFT-TO-RIGHT MARK}\N{RIGHT-TO-LEFT MARK}")
_AFTER: Final = frozenset("»”“’›…ºª°®™–—״׳،؛؟\N{NO-BREAK SPACE}\N{LEFT-TO-RIGHT MARK}\N{RIGHT-TO-LEFT MARK}")
_ALONE: Final = _BEFORE | _AFTER | frozenset("€£§•©№±²³µ½¼¾·₪")
_CONTRACTION: Final = re.compile(r"(?:\b[A-Za-z]|^)['’][A-Za-z]+$|[A-Za-z]+['’](?:s|t|re|ll|d|m|ve)?$")


class EncodingError(ApplicationError):
    """The encoding of a text was not found; the message says why and what to do."""

    code = "encoding"


class _Reading(NamedTuple):
    encoding: str
    words: tuple[str, ...]

    @property
    def undefined(self) -> int:
        """The number of characters that the code page does not define, or only as a control."""
        return sum(unicodedata.category(char) == "Cc" or char == UNDECODED for char in "".join(self.words))


def is_text_encoding(name: str) -> bool:
    """Return whether there is a codec of this name that encodes text."""
    try:
        "".encode(codecs.lookup(name).name)
    except (LookupError, ValueError):
        return False
    return True


def mark_of(start: bytes) -> str | None:
    """Return the encoding of the byte order mark with which a text begins."""
    return next((encoding for mark, encoding in _MARKS if start.startswith(mark)), None)


def find_encoding(lines: Iterable[bytes], languages: Sequence[str]) -> str:
    """Return the name of the codec of a text without a byte order mark; ``languages`` are BCP 47.

    Raises EncodingError: no reading is plausible, or several are and differ.
    """
    words: dict[bytes, None] = {}
    in_utf8 = not_in_utf8 = offset = 0
    for line in lines:
        if b"\0" in line:
            return _utf16_of(line, offset % 2)
        offset += len(line)
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            in_utf8 += 1
        except UnicodeDecodeError:
            not_in_utf8 += 1
            if len(words) < _MAX_WORDS:
                words.update(dict.fromkeys(_WORD.findall(line)))
    # Text in another encoding is hardly ever valid UTF-8 by chance; a damaged line of UTF-8 is not.
    if in_utf8 >= not_in_utf8:
        return "utf-8"
    return _code_page_of(list(words), languages)


def _utf16_of(line: bytes, odd: int) -> str:
    """``odd`` is 1 if the line starts at an odd offset of the text."""
    # Each ASCII character has a NUL byte: after it in little endian, before it in big endian.
    return "utf-16-le" if line[1 - odd :: 2].count(0) > line[odd::2].count(0) else "utf-16-be"


def _code_page_of(words: Sequence[bytes], languages: Sequence[str]) -> str:
    pages = code_pages_of(languages)
    letters = own_letters_of(languages)
    usual = [word.decode(pages[0], "replace") for word in words]
    # Quotes and dashes are the same in all Windows pages, and no evidence for letters.
    telling = [word for word, text in zip(words, usual, strict=True) if not _is_typography(text)]
    if not telling:
        return pages[0]
    readings = [_Reading(page, tuple(word.decode(page, "replace") for word in telling)) for page in pages]
    plausible = [reading for reading in readings if _is_plausible(reading.words, letters)]
    least = min((reading.undefined for reading in plausible), default=0)
    plausible = [reading for reading in plausible if reading.undefined == least]
    if not plausible:
        raise EncodingError(
            f"it is neither UTF-8 nor text of the practice's languages ({', '.join(languages)}) in {', '.join(pages)};"
            " name its encoding (--encoding), such as cp1255, or save it as UTF-8"
        )
    # The first page of each text.
    texts = {reading.words: reading.encoding for reading in reversed(plausible)}
    if len(texts) > 1:
        raise EncodingError(
            f"it may be {' or '.join(sorted(texts.values()))}, which give different letters;"
            " name its encoding (--encoding), or save it as UTF-8"
        )
    return plausible[0].encoding


def _is_typography(text: str) -> bool:
    if any(char.isalpha() and not char.isascii() for char in text) or UNDECODED in text:
        return False
    return not _odd(text, frozenset())[0] and (_CONTRACTION.search(text) is not None or not set(text) & {"’"})


def _is_plausible(words: Iterable[str], letters: frozenset[str]) -> bool:
    odd = total = 0
    for word in words:
        odd_here, total_here = _odd(word, letters)
        odd += odd_here
        total += total_here
    return odd * _MAX_ODD_SHARE <= total


def _odd(word: str, letters: frozenset[str]) -> tuple[int, int]:
    """Return how many of a word's characters beyond ASCII are implausible, and how many it has."""
    beyond = [position for position, char in enumerate(word) if not char.isascii()]
    alphabetic = sum(map(str.isalpha, word))
    foreign = 2 * sum(word[position].isalpha() for position in beyond) > alphabetic
    latin = any(map(_is_latin, word))
    odd = 0
    for position in beyond:
        char = word[position]
        before = word[position - 1] if position else " "
        after = word[position + 1] if position + 1 < len(word) else " "
        if char.isalpha():
            known = char in letters or (char in FOREIGN_LETTERS and not foreign)
            mixed = latin and not _is_latin(char)
            capital_within = (char.isupper() and before.islower()) or (char.islower() and after.isupper())
            odd += not known or mixed or capital_within
        else:
            odd += not _fits(char, before.isalpha(), after.isalpha())
    return odd, len(beyond)


def _fits(char: str, follows_letter: bool, precedes_letter: bool) -> bool:
    """Return whether a character that is no letter may be at this place of a word."""
    if follows_letter:
        return char in (_WITHIN if precedes_letter else _AFTER)
    return char in (_BEFORE if precedes_letter else _ALONE)


def _is_latin(char: str) -> bool:
    return char.isalpha() and (char.isascii() or unicodedata.name(char, "").startswith("LATIN"))
