"""Why the wait list refuses.

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
    """Answered, withdrawn, or its time went to another who accepted first: whoever waits keeps their place."""

    code = "offer_ended"
    message = "this offer has ended; the entry keeps its place on the wait list unless it was served"


class OfferExpiredError(OfferEndedError):
    code = "offer_expired"
    message = "the time to accept this offer is over; the entry keeps its place on the wait list"
