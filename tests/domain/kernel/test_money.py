"""Money in minor units (EC-24, MO2)."""

import pytest

from domain.kernel.errors import InvalidValueError
from domain.kernel.money import MAX_AMOUNT, CurrencyMismatchError, Money, minor_digits


@pytest.mark.parametrize(
    ("currency", "digits"), [("EUR", 2), ("ILS", 2), ("USD", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3)]
)
def test_a_currency_has_its_own_minor_unit(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits


@pytest.mark.parametrize("currency", ["", "eur", "XXX", "XAU", "DEM", "EURO"])
def test_what_is_no_active_currency_is_refused(currency: str) -> None:
    with pytest.raises(InvalidValueError):
        Money(1, currency)


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(8000, "EUR"), "80.00 EUR"),
        (Money(-5, "ILS"), "-0.05 ILS"),
        (Money(80, "JPY"), "80 JPY"),
        (Money(1500, "KWD"), "1.500 KWD"),
    ],
)
def test_it_prints_with_its_digits(money: Money, text: str) -> None:
    assert str(money) == text


def test_it_adds_within_one_currency_only() -> None:
    assert Money(100, "EUR") + Money(50, "EUR") - Money(30, "EUR") == Money(120, "EUR")
    with pytest.raises(CurrencyMismatchError):
        Money(100, "EUR") + Money(100, "ILS")
    with pytest.raises(CurrencyMismatchError):
        Money(100, "EUR") - Money(100, "JPY")


def test_it_has_bounds() -> None:
    assert Money(MAX_AMOUNT, "EUR").amount_minor == MAX_AMOUNT
    for amount in (MAX_AMOUNT + 1, -MAX_AMOUNT - 1):
        with pytest.raises(InvalidValueError):
            Money(amount, "EUR")
