"""Stored and searched values have the same folded form, in any script."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_store.keys.blind_index import (
    EMAIL,
    FAMILY_NAME,
    PHONE,
    Term,
    Tokens,
    fold_name,
    search_terms,
    terms_of,
)


def names(*values: str) -> set[Term]:
    return {Term(FAMILY_NAME, value) for value in values}


class TestTermsOf:
    def test_returns_the_prefixes_of_a_last_name(self) -> None:
        assert terms_of("Müller-Lüdenscheidt") == names(
            "mu", "mul", "mull", "mulle", "muller", "lu", "lud", "lude", "luden", "ludens"
        )

    def test_also_joins_a_compound_name(self) -> None:
        assert terms_of("Ben-David") >= names("be", "ben", "da", "david", "bend", "bendav")

    def test_keeps_an_apostrophe_inside_its_word(self) -> None:
        assert terms_of("O’Brien") == terms_of("O'Brien") == terms_of("OBRIEN")

    def test_reads_hebrew_with_and_without_niqqud(self) -> None:
        assert terms_of("כֹּהֵן") == terms_of("כהן") == names("כה", "כהן")

    @pytest.mark.parametrize("name", ["李", "X"])
    def test_returns_a_name_of_one_character(self, name: str) -> None:
        assert terms_of(name) == names(name.casefold())

    def test_ignores_marks_of_direction(self) -> None:
        assert terms_of("\u202eכהן\u200f") == terms_of("כהן")

    def test_returns_e_mail_and_phone_as_a_whole(self) -> None:
        terms = terms_of(email=" Sara.Cohen@Example.COM", phone="+972 50-123-4567")

        assert terms == {Term(EMAIL, "sara.cohen@example.com"), Term(PHONE, "501234567")}

    @pytest.mark.parametrize("empty", [None, "", " ", "--", "\u0301"])
    def test_returns_no_terms_without_values(self, empty: str | None) -> None:
        assert terms_of(empty, empty and empty.strip("-\u0301 "), "") == frozenset()


class TestSearchTerms:
    @given(st.text(st.characters(categories=["L", "M", "Zs", "Pd", "Po"], exclude_characters="@"), max_size=20))
    def test_finds_stored_names(self, name: str) -> None:
        written = terms_of(name)

        assert not written or search_terms(name) & written

    @pytest.mark.parametrize("text", ["Straße", "STRASSE", "strass", "Str"])
    def test_folds_as_the_written_name_was_folded(self, text: str) -> None:
        assert search_terms(text) <= terms_of("Straße")

    @pytest.mark.parametrize("text", ["+972501234567", "050-123 4567", "00972 (50) 1234567", "٠٥٠١٢٣٤٥٦٧"])
    def test_finds_a_phone_number_in_any_notation(self, text: str) -> None:
        assert search_terms(text) == terms_of(phone="+972 50 123 4567")

    def test_treats_each_word_as_a_prefix_of_a_last_name(self) -> None:
        assert search_terms("Sara Bendavid") == names("sara", "bendav")

    def test_recognises_an_e_mail_address(self) -> None:
        assert search_terms("SARA@example.com") == terms_of(email="sara@example.com")


class TestFoldName:
    @given(st.text(max_size=30))
    def test_is_idempotent(self, name: str) -> None:
        assert fold_name(fold_name(name)) == fold_name(name)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Żółć", "Zolc"),
            ("ŁUKASZ", "Lukasz"),
            ("Müller", "Mueller"),
            ("Müller", "MULLER"),
            ("Schröder", "Schroeder"),
            ("Søren Kjær", "Soren Kjaer"),
            ("Weiß", "Weiss"),
            ("Işık", "isik"),
            ("Đorđević", "Dordevic"),
            ("Þór", "Thor"),
            ("Ångström", "angstrom"),
            ("İnci", "inci"),
            ("김", "김"),
            ("ﬁsch", "FISCH"),
            ("Ｍａｘ", "max"),
        ],
    )
    def test_unifies_spellings(self, one: str, other: str) -> None:
        assert fold_name(one) == fold_name(other)

    @pytest.mark.parametrize(("one", "other"), [("Michal", "Michael"), ("Rafał", "Rafael")])
    def test_keeps_different_names_apart(self, one: str, other: str) -> None:
        assert fold_name(one) != fold_name(other)

    @given(st.text("aeouüœæłß", max_size=12), st.integers(0, 12))
    def test_of_a_beginning_is_a_beginning(self, name: str, length: int) -> None:
        assert fold_name(name).startswith(fold_name(name[:length]))


class TestTokens:
    @given(st.text(max_size=30))
    def test_are_signed_64_bit_numbers_that_depend_on_the_key(self, value: str) -> None:
        assert -(2**63) <= Tokens(b"k" * 32)(value) < 2**63
        assert Tokens(b"k" * 32)(value) != Tokens(b"l" * 32)(value)

    @given(st.binary(min_size=32, max_size=32), st.text(max_size=30))
    def test_are_truncated_hmac_sha_256(self, key: bytes, value: str) -> None:
        expected = hmac.digest(key, value.encode(), "sha256")[:8]

        assert Tokens(key)(value) == int.from_bytes(expected, "big", signed=True)
