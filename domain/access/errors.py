"""Errors of API keys.

RuleBrokenError
└── LastOwnerError    last_owner
"""

from domain.kernel.errors import RuleBrokenError


class LastOwnerError(RuleBrokenError):
    """Without an owner's key nobody could issue another one over the API."""

    code = "last_owner"

    def __init__(self) -> None:
        super().__init__("this is the practice's last key of an owner; issue another one first")
