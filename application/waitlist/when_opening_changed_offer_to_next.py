"""Offer an opening to the next patient whenever its offers have ended."""

from datetime import datetime

from application.kernel.jobs import JobQueue, policy
from application.waitlist.jobs import OfferToNext
from domain.kernel.logged_event import LoggedEvent
from domain.waitlist.opening import Opening


@policy(Opening.Opened, Opening.Offered, Opening.Ended, Opening.Filled, Opening.Closed)
def when_opening_changed_offer_to_next(event: LoggedEvent, queue: JobQueue) -> None:
    job = OfferToNext(event.tenant_id, event.stream_id)
    if event.event_type in (Opening.Filled.TOPIC, Opening.Closed.TOPIC):
        queue.cancel(job)
    elif event.event_type == Opening.Offered.TOPIC:
        queue.enqueue(job, due_at=datetime.fromisoformat(str(event.body["expires_at"])))
    else:
        queue.enqueue(job, due_at=event.effective_at)
