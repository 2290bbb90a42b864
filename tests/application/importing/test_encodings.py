"""A text is read in the encoding that it has, or refused: never garbled."""

from collections.abc import Sequence
from itertools import product

import pytest

from application.importing.encodings import EncodingError, find_encoding, mark_of
from application.importing.languages import languages_of

NAMES = {
    "en": ["Zoë Brontë", "José Núñez", "Siân O’Connor", "Chloé Smith", "Renée Doe"],
    "he": ["דנה כהן", "יוסי לוי", "נועה בן־דוד", "שרה מזרחי", "אברהם פרץ"],
    "de": ["Jürgen Müller", "Käthe Weiß", "Björn Schröder", "Änne Groß", "Zoë Öztürk"],
    "pl": ["Zofia Żółć", "Łukasz Wiśniewski", "Małgorzata Dąbrowska", "Grażyna Źdźbło", "Święcik Ćma"],
    "ar": ["محمد أحمد", "فاطمة الزهراء", "يوسف خالد", "عائشة منصور", "طارق ظافر"],
}
PRACTICES = {
    "en": languages_of("en-GB", ["GB"]),
    "he": languages_of("he-IL", ["IL"]),
    "de": languages_of("de-DE", ["DE"]),
    "pl": languages_of("pl-PL", ["PL"]),
    "ar": languages_of("ar-JO", ["JO"]),
}
CODE_PAGES = [
    "cp1250", "cp1252", "cp1255", "cp1256", "iso8859-2", "iso8859-6", "iso8859-8", "iso8859-15", "cp850", "cp852",
    "cp862", "cp720", "mac_roman",
]  # fmt: skip
UNICODE = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]


def text_of(names: Sequence[str], encoding: str = "utf-8") -> str:
    """Return a table of the names, those that the encoding has."""
    return "name,number\r\n" + "".join(f"{name},{n}\r\n" for n, name in enumerate(names) if can_write(name, encoding))


def can_write(name: str, encoding: str) -> bool:
    try:
        return name.encode(encoding).decode(encoding) == name
    except UnicodeEncodeError:
        return False


def read(octets: bytes, languages: Sequence[str]) -> str:
    encoding = mark_of(octets) or find_encoding(octets.splitlines(keepends=True), languages)
    return octets.decode(encoding)


@pytest.mark.parametrize("names", NAMES)
class TestNames:
    @pytest.mark.parametrize("encoding", UNICODE)
    def test_in_unicode_are_read_in_every_practice(self, names: str, encoding: str) -> None:
        text = text_of(NAMES[names])

        assert {read(text.encode(encoding), languages) for languages in PRACTICES.values()} == {text}

    @pytest.mark.parametrize("encoding", CODE_PAGES)
    def test_in_a_code_page_are_read_right_or_refused_in_every_practice(self, names: str, encoding: str) -> None:
        text = text_of(NAMES[names], encoding)

        for practice, languages in PRACTICES.items():
            try:
                assert read(text.encode(encoding), languages) == text, (practice, languages)
            except EncodingError:
                assert practice != names


def test_a_text_in_letters_of_no_language_of_the_practice_is_refused() -> None:
    with pytest.raises(EncodingError, match=r"languages \(en\).*--encoding"):
        find_encoding(["דנה כהן\n".encode("cp1255")], PRACTICES["en"])


def test_a_text_that_two_code_pages_read_differently_is_refused() -> None:
    with pytest.raises(EncodingError, match="cp1252 or cp850"):
        find_encoding(["Sánchez\n".encode("cp1252")], PRACTICES["de"])


def test_a_damaged_line_of_utf_8_is_not_taken_for_another_encoding() -> None:
    assert find_encoding(["Müller\n".encode(), b"M\xfcller\n"], PRACTICES["de"]) == "utf-8"


def test_typographic_quotes_alone_are_those_of_windows() -> None:
    assert find_encoding(["Don’t call – “O’Brien”\n".encode("cp1252")], PRACTICES["en"]) == "cp1252"


def test_utf_16_without_a_mark_is_found_also_if_only_a_later_line_has_ascii_letters() -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        assert read("שם\nDana\n".encode(encoding), PRACTICES["en"]) == "שם\nDana\n"


def test_one_name_alone_in_a_code_page_is_read_right_or_refused() -> None:
    wrong = []
    for practice, encoding in product(("en", "de", "he", "ar", "pl"), CODE_PAGES):
        for name in NAMES[practice]:
            if can_write(name, encoding):
                text = text_of([name])
                try:
                    if read(text.encode(encoding), PRACTICES[practice]) != text:
                        wrong.append((practice, encoding, name))
                except EncodingError:
                    pass
    assert wrong == []
