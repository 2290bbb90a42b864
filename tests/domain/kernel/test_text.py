"""Text in any script: what people mean stays, what only deceives goes (BK12)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import InvalidValueError
from domain.kernel.text import (
    MAX_MARKS,
    checked_locale,
    checked_phone,
    clean_email,
    clean_paragraphs,
    clean_tags,
    clean_text,
)

SCRIPTS = [
    "O'Brien-Smith",
    "D’Angelo",
    "Müller-Lüdenscheidt",
    "GROẞ",
    "von der Leyen",
    "João d'Ávila",
    "Nguyễn Thị Minh",
    "李小龍",
    "אבן-גבירול",
    "בן־דוד",
    "ד״ר רונית בן ארי",
    "שְׁלֹמֹה",
    "محمد بن سلمان",
    "İpek",
    "X Æ A-12",
    "Null",
    "=cmd|' /C calc'!A0",
    "🙂 Emoji",
    "علی‌رضا",
    "👩‍⚕️",
]


class TestCleanText:
    @pytest.mark.parametrize("name", SCRIPTS)
    def test_keeps_names_as_they_are_but_for_their_normal_form(self, name: str) -> None:
        assert clean_text("name", name, 200) == unicodedata.normalize("NFC", name)

    @pytest.mark.parametrize(
        ("raw", "clean"),
        [
            ("Zoe\u0308", "Zoë"),
            ("‏משה‎", "משה"),
            ("Anna\u202egro.live", "Annagro.live"),
            ("\u2067אבי\u2069 Levi", "אבי Levi"),
            ("An\u200bna\ufeff", "Anna"),
            ("An\u200dna \u200c", "Anna"),
            ("מש\u200dה", "משה"),
            ("a\u00adb", "ab"),
            ("  Trailing \t\n Space\u00a0\u2003 ", "Trailing Space"),
            ("e\u200b\u0301", "é"),
        ],
    )
    def test_takes_away_what_cannot_be_seen(self, raw: str, clean: str) -> None:
        assert clean_text("name", raw, 200) == clean

    def test_caps_the_marks_on_one_letter(self) -> None:
        assert clean_text("name", "a" + "\u0317" * 10_000 + "b", 200) == "a" + "\u0317" * MAX_MARKS + "b"

    @pytest.mark.parametrize(
        "raw", ["", " ", "\u202e\u200b", "\u0301", "a\x00b", "\x1b[31mred", "a\x7f", "\ud800", "a" * 201]
    )
    def test_refuses(self, raw: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            clean_text("family_name", raw, 200)

        assert refused.value.field == "family_name"
        assert not raw.strip() or raw.strip() not in str(refused.value)

    @given(st.text(max_size=60))
    def test_cleaning_twice_changes_nothing(self, raw: str) -> None:
        try:
            once = clean_text("name", raw, 200)
        except InvalidValueError:
            return

        assert clean_text("name", once, 200) == once
        assert unicodedata.is_normalized("NFC", once)
        assert once.encode()


class TestCleanParagraphs:
    def test_keeps_line_breaks_of_any_kind_and_at_most_one_empty_line(self) -> None:
        assert clean_paragraphs("reason", " ill \r\nagain\n\n\n\n\nsorry\u202e ", 100) == "ill\nagain\n\nsorry"


class TestCleanTags:
    def test_keeps_the_order_and_drops_repeats_that_differ_by_case(self) -> None:
        assert clean_tags("tags", ["VIP", " vip ", "Straße", "STRASSE"]) == ("VIP", "Straße")

    def test_refuses_too_many(self) -> None:
        with pytest.raises(InvalidValueError):
            clean_tags("tags", [str(n) for n in range(51)])


class TestCleanEmail:
    @pytest.mark.parametrize(
        ("raw", "clean"),
        [
            (" Noa.Levi+x@Example.COM ", "Noa.Levi+x@example.com"),
            ("jürgen@müller.de", "jürgen@müller.de"),
            ("דנה@דוגמה.ישראל", "דנה@דוגמה.ישראל"),
        ],
    )
    def test_takes_addresses(self, raw: str, clean: str) -> None:
        assert clean_email("email", raw) == clean

    @pytest.mark.parametrize(
        "raw",
        ["", "a", "@b.de", "a@", "a@b", "a b@c.de", "a@b..de", ".a@b.de", "a..b@c.de", "a@-b.de", "a@b.de\u202e", "a\x00@b.de",
         "a@b.de\nBcc: c@d.de", "<a@b.de>", f"{'a' * 65}@b.de", f"a@{'b' * 64}.de", "a@b_.de", "a@b.de,c@d.de"],
    )  # fmt: skip
    def test_refuses_what_is_none(self, raw: str) -> None:
        with pytest.raises(InvalidValueError):
            clean_email("email", raw)


def test_a_phone_number_has_the_form_of_e164() -> None:
    assert checked_phone("phone", "+972501234567") == "+972501234567"
    for wrong in ("050-123", "+0123456789", "+49 30 123456", "+1234567890123456", "+49301234٥٦", "+4930123456\n"):
        with pytest.raises(InvalidValueError):
            checked_phone("phone", wrong)


def test_a_locale_has_the_form_of_bcp47() -> None:
    assert [checked_locale("locale", good) for good in ("en", "he-IL", "zh-Hant-TW", "es-419")]
    for wrong in ("", "EN", "de_DE", "deutsch", "en-us", "../en"):
        with pytest.raises(InvalidValueError):
            checked_locale("locale", wrong)
