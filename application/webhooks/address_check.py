"""Refuses addresses that will never be reached when they are given, rather than at each attempt."""

from application.webhooks.ports import OutboundHttp
from domain.kernel.errors import InvalidValueError


def require_reachable(outbound: OutboundHttp, url: str) -> None:
    """Raises InvalidValueError: requests to this address are refused, whatever it may lead to."""
    if refusal := outbound.refusal(url):
        raise InvalidValueError("url", refusal)
