"""Amounts of money in minor units of their currency."""

from dataclasses import dataclass
from typing import Final

from domain.kernel.errors import InvalidValueError, RuleBrokenError

MAX_AMOUNT: Final = 10**15
"""The largest amount in minor units; below 2**53, so that every JSON client reads it exactly."""

# Source: ISO 4217, list one (SIX), active currencies that have a minor unit, read 2026-11.
# Without metals, units of account, bonds and funds codes (BOV CHE CHW CLF COU MXV USN UYI UYW).
_CODES: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC "
        "CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR "
        "JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD "
        "NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN "
        "SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
}
_DIGITS: Final = {code: digits for digits, codes in _CODES.items() for code in codes.split()}


class CurrencyMismatchError(RuleBrokenError):
    """Amounts of two currencies cannot be added."""

    code = "currency_mismatch"


def checked_currency(field: str, value: str) -> str:
    """Return the code of an active ISO 4217 currency unchanged. Raises InvalidValueError."""
    if value not in _DIGITS:
        raise InvalidValueError(field, "a currency is an ISO 4217 code such as EUR")
    return value


def minor_digits(currency: str) -> int:
    """Return a currency's decimal digits: 2 for EUR, 0 for JPY. Raises InvalidValueError."""
    return _DIGITS[checked_currency("currency", currency)]


@dataclass(frozen=True, slots=True)
class Money:
    """``amount_minor`` is in minor units: ``Money(8000, "EUR")`` is 80.00 €.

    Raises InvalidValueError: an unknown currency, or an amount beyond ``MAX_AMOUNT`` in either
    direction.
    """

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        checked_currency("currency", self.currency)
        if not -MAX_AMOUNT <= self.amount_minor <= MAX_AMOUNT:
            raise InvalidValueError("amount_minor", "the amount is out of bounds")

    def __add__(self, other: "Money") -> "Money":
        """Raises CurrencyMismatchError: the currencies differ."""
        if self.currency != other.currency:
            raise CurrencyMismatchError("amounts of two currencies cannot be added")
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount_minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """Raises CurrencyMismatchError: the currencies differ."""
        return self + -other

    def __str__(self) -> str:
        """Return the amount for logs and reports: ``80.00 EUR``, ``80 JPY``."""
        digits = minor_digits(self.currency)
        sign = "-" if self.amount_minor < 0 else ""
        whole, part = divmod(abs(self.amount_minor), 10**digits)
        return f"{sign}{whole}.{part:0{digits}} {self.currency}" if digits else f"{sign}{whole} {self.currency}"
