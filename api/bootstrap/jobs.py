"""The policies that enqueue jobs, and the handler of each job."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from application.kernel.jobs import Job, JobHandler, JobRun, Policies
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLogs
from application.scheduling.end_feeds_and_lines import EndFeedsAndLinesHandler, PatientLinks
from application.scheduling.jobs import EndFeedsAndLines
from application.scheduling.when_patient_erased_end_feeds_and_lines import when_patient_erased_end_feeds_and_lines
from application.scheduling.zone_changes.adopt_zone_rules import AdoptZoneRulesHandler
from application.scheduling.zone_changes.jobs import AdoptZoneRules
from application.scheduling.zone_changes.ports import ZoneSightingStore
from application.waitlist.auto_fill import AutoFill
from application.waitlist.end_waiting import EndWaitingHandler
from application.waitlist.jobs import EndWaiting, OfferFreedTime, OfferToNext
from application.waitlist.ports import WaitingLines
from application.waitlist.when_opening_changed_offer_to_next import when_opening_changed_offer_to_next
from application.waitlist.when_patient_erased_end_waiting import when_patient_erased_end_waiting
from application.waitlist.when_time_freed_offer_to_waitlist import when_time_freed_offer_to_waitlist

POLICIES: Final = Policies(
    [
        when_time_freed_offer_to_waitlist,
        when_opening_changed_offer_to_next,
        when_patient_erased_end_waiting,
        when_patient_erased_end_feeds_and_lines,
    ]
)


def job_handlers(
    logs: PracticeLogs, clock: Clock, lines: WaitingLines, links: PatientLinks, sightings: ZoneSightingStore
) -> Mapping[type[Job], JobHandler[Any]]:
    """Return the handler of each job."""
    auto_fill = AutoFill(logs, clock, lines)
    end_waiting = EndWaitingHandler(logs, clock, lines)
    end_feeds_and_lines = EndFeedsAndLinesHandler(logs, clock, links)
    adopt_zone_rules = AdoptZoneRulesHandler(logs, clock, sightings)
    read_sightings = cache(sightings.read)  # the release does not change while the process runs

    def adopt(job: AdoptZoneRules, run: JobRun) -> None:
        adopt_zone_rules(job.tenant_id, read_sightings(), report=run.report)

    return {
        OfferFreedTime: lambda job, _: auto_fill.offer_freed_time(job.tenant_id, job.holder_id, job.version),
        OfferToNext: lambda job, _: auto_fill.offer_to_next(job.tenant_id, job.opening_id),
        EndWaiting: lambda job, _: end_waiting(job.tenant_id, job.patient_id, job.position),
        EndFeedsAndLines: lambda job, _: end_feeds_and_lines(job.tenant_id, job.patient_id, job.position),
        AdoptZoneRules: adopt,
    }
