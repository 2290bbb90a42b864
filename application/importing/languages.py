"""The languages of a practice: their letters beyond a-z, and the 8-bit code pages that write them.

Source of the alphabets: the main exemplar characters of Unicode CLDR 47; of the code pages:
https://encoding.spec.whatwg.org (Windows, ISO, KOI8, Mac) and Microsoft's list of OEM code pages.
"""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple


class CodePages(NamedTuple):
    """The code pages of one script, most frequent first, and the languages written in them."""

    languages: frozenset[str]
    pages: tuple[str, ...]


_WESTERN: Final = CodePages(
    frozenset(
        [
            "ca",
            "da",
            "de",
            "en",
            "es",
            "et",
            "eu",
            "fi",
            "fr",
            "ga",
            "gl",
            "is",
            "it",
            "nb",
            "nl",
            "nn",
            "no",
            "pt",
            "sv",
        ]
    ),
    ("cp1252", "iso8859-15", "cp850", "mac_roman"),
)
_CODE_PAGES: Final = (
    _WESTERN,
    CodePages(
        frozenset(["bs", "cs", "hr", "hu", "pl", "ro", "sk", "sl", "sq"]),
        ("cp1250", "iso8859-2", "cp852", "mac_latin2"),
    ),
    CodePages(
        frozenset(["be", "bg", "mk", "ru", "sr", "uk"]), ("cp1251", "koi8-u", "iso8859-5", "cp866", "mac_cyrillic")
    ),
    CodePages(frozenset(["el"]), ("cp1253", "iso8859-7", "cp737", "mac_greek")),
    CodePages(frozenset(["tr"]), ("cp1254", "cp857", "mac_turkish")),
    CodePages(frozenset(["he", "yi"]), ("cp1255", "iso8859-8", "cp862")),
    CodePages(frozenset(["ar", "fa", "ur"]), ("cp1256", "iso8859-6", "cp720")),
    CodePages(frozenset(["et", "lt", "lv"]), ("cp1257", "iso8859-13", "cp775")),
)

_RUSSIAN: Final = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
_ARABIC: Final = "ءآأؤإئابةتثجحخدذرزسشصضطظعغـفقكلمنهوىي"
_ALPHABETS: Final = {
    "ar": _ARABIC,
    "be": f"{_RUSSIAN}ёіў",
    "bg": _RUSSIAN,
    "bs": "čćđšž",
    "ca": "àçéèíïóòúü",
    "cs": "áčďéěíňóřšťúůýž",
    "da": "åæéø",
    "de": "äöüß",
    "el": "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",
    "es": "áéíñóúü",
    "et": "äõöšüž",
    "fa": f"{_ARABIC}پچژکگیہھ",
    "fi": "äåö",
    "fr": "àâæçéèêëîïôœùûüÿ",
    "hr": "čćđšž",
    "hu": "áéíóöőúüű",
    "is": "áæéíðóöþúý",
    "it": "àèéìòù",
    "lt": "ąčęėįšųūž",
    "lv": "āčēģīķļņšūž",
    "he": "אבגדהוזחטיךכלםמןנסעףפץצקרשת",
    "mk": f"{_RUSSIAN}ѓѕјљњќџ",
    "nb": "åæéøòôó",
    "nl": "éëïöü",
    "pl": "ąćęłńóśźż",
    "pt": "áâãàçéêíóôõú",
    "ro": "ăâîşţ",
    "ru": f"{_RUSSIAN}ё",
    "sk": "áäčďéíĺľňóôŕšťúýž",
    "sl": "čšž",
    "sq": "çë",
    "sr": "абвгдежзијклмнопрстуфхцчшђћљњџ",
    "sv": "äåéö",
    "tr": "âçğıîöşüİ",
    "uk": f"{_RUSSIAN}ґєії",
    "ur": f"{_ARABIC}ٹپچڈڑژںکگیےہھ",
    "yi": "אבגדהוזחטיךכלםמןנסעףפץצקרשתװױײ",
}
_SAME_ALPHABET: Final = {"nn": "nb", "no": "nb", "eu": "es", "gl": "es", "ga": "es"}
_LATIN_LOANS: Final = "áàâäåãçéèêëíïñóôöúü"
"""Letters of names that occur in every country with Latin script."""
_COUNTRIES: Final = {
    "ar": "AE BH DZ EG IL IQ JO KW LB LY MA OM PS QA SA SD SY TN YE",
    "be": "BY",
    "bg": "BG",
    "bs": "BA",
    "ca": "AD",
    "cs": "CZ",
    "da": "DK",
    "de": "AT BE CH DE LI LU",
    "el": "CY GR",
    "es": "AR BO CL CO CR CU DO EC ES GT HN MX NI PA PE PR PY SV US UY VE",
    "et": "EE",
    "fa": "AF IR",
    "fi": "FI",
    "fr": "BE CA CH FR LU MC",
    "he": "IL",
    "hr": "HR",
    "hu": "HU",
    "is": "IS",
    "it": "CH IT SM",
    "lt": "LT",
    "lv": "LV",
    "mk": "MK",
    "nb": "NO",
    "nl": "BE NL SR",
    "pl": "PL",
    "pt": "AO BR MZ PT",
    "ro": "MD RO",
    "ru": "BY KG KZ RU",
    "sk": "SK",
    "sl": "SI",
    "sq": "AL XK",
    "sr": "ME RS",
    "sv": "FI SE",
    "tr": "CY TR",
    "uk": "UA",
    "ur": "PK",
}


def languages_of(locale: str, countries: Collection[str | None]) -> list[str]:
    """Return the languages in which a practice's files are expected, its own first.

    ``locale`` is a BCP 47 tag, ``countries`` are ISO 3166 codes. English is always among them.
    """
    own = locale.partition("-")[0].lower()
    spoken = [language for language, where in _COUNTRIES.items() if not set(where.split()).isdisjoint(countries)]
    return list(dict.fromkeys([own, *spoken, "en"]))


def code_pages_of(languages: Sequence[str]) -> list[str]:
    """Return the code pages of the languages: the Windows pages first, then the next of each."""
    groups = [group for language in languages for group in _CODE_PAGES if language in group.languages]
    ordered = list(dict.fromkeys(groups))
    longest = max((len(group.pages) for group in ordered), default=0)
    return [group.pages[rank] for rank in range(longest) for group in ordered if rank < len(group.pages)]


def own_letters_of(languages: Sequence[str]) -> frozenset[str]:
    """Return the letters beyond a-z of the languages, in both cases."""
    letters = "".join(_ALPHABETS.get(_SAME_ALPHABET.get(language, language), "") for language in languages)
    return frozenset({*letters, *(upper for each in letters if len(upper := each.upper()) == 1)})


FOREIGN_LETTERS: Final = frozenset(_LATIN_LOANS + _LATIN_LOANS.upper())
"""Letters of foreign names that are expected in every Latin script."""
