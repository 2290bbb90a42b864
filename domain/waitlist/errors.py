"""Errors of the wait list.

SchedulingError
├── NoLongerWaitingError     no_longer_waiting
├── OfferEndedError          offer_ended
└── OfferExpiredError        offer_expired
"""

from domain.scheduling.errors import SchedulingError


class NoLongerWaitingError(SchedulingError):
    code = "no_longer_waiting"
    message = "this entry has left the wait list; join again"


class OfferEndedError(SchedulingError):
    """The offer was answered or withdrawn, or another patient accepted the time first."""

    code = "offer_ended"
    message = "this offer has ended; the entry keeps its place on the wait list unless it was served"


class OfferExpiredError(OfferEndedError):
    code = "offer_expired"
    message = "this offer has expired; the entry keeps its place on the wait list"
