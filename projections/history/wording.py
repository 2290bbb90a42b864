"""What happened, in words: one sentence for each kind of event."""

from typing import Final

SENTENCES: Final = {
    "practice.practice.opened": "The practice was opened",
    "practice.practice.settings_changed": "The practice's settings were changed",
    "practice.practice.holidays_set": "The practice's public holidays were set",
    "practice.api_key.issued": "A key was issued",
    "practice.api_key.revoked": "The key was revoked",
    "practice.location.opened": "The location was opened",
    "practice.location.changed": "The location was changed",
    "practice.location.holidays_set": "The location's public holidays were set",
    "practice.resource.added": "The resource was added",
    "practice.resource.changed": "The resource was changed",
    "practice.clinician.joined": "The clinician joined the practice",
    "practice.clinician.details_changed": "The clinician's details were changed",
    "practice.clinician.hours_set": "The clinician's hours were set",
    "practice.clinician.time_off_set": "The clinician's time off was set",
    "practice.clinician.limits_set": "The clinician's limits were set",
    "practice.service.offered": "The service was offered",
    "practice.service.changed": "The service was changed",
    "practice.service.limits_set": "The service's limits were set",
    "patients.patient.registered": "The patient was registered",
    "patients.patient.details_changed": "The patient's details were changed",
    "patients.patient.contacts_set": "The patient's contacts were set",
    "patients.patient.remarks_changed": "The notes or the alert about the patient were changed",
    "patients.patient.merged_into": "The patient was merged into another one",
    "patients.patient.absorbed": "Another patient was merged into this one",
    "patients.patient.parted_from": "The merge into another patient was undone",
    "patients.patient.released": "The merge of another patient into this one was undone",
    "patients.consents.opened": "The patient's consents began to be kept",
    "patients.consents.given": "A consent was given",
    "patients.consents.withdrawn": "A consent was withdrawn",
    "patients.patient.erased": "The patient was erased",
    "scheduling.appointment.booked": "The visit was booked",
    "scheduling.appointment.requested": "The visit was requested",
    "scheduling.appointment.exempted": "The visit was booked against the rules, on purpose",
    "scheduling.appointment.confirmed": "The request was confirmed",
    "scheduling.appointment.declined": "The request was declined",
    "scheduling.appointment.rescheduled": "The visit was moved",
    "scheduling.appointment.reassigned": "The visit was given to another clinician or room",
    "scheduling.appointment.cancelled": "The visit was cancelled",
    "scheduling.appointment.checked_in": "The patient arrived",
    "scheduling.appointment.completed": "The visit was completed",
    "scheduling.appointment.not_attended": "The patient did not come",
    "scheduling.series.planned": "A series of visits was booked",
    "scheduling.series.changed": "Visits of the series were changed",
    "scheduling.series.cancelled": "Visits of the series were cancelled",
    "scheduling.appointment.undone": "The last command was undone",
    "scheduling.hold.placed": "The time was held",
    "scheduling.hold.used": "The held time was booked",
    "scheduling.hold.released": "The held time was given back",
}


def sentence(event_type: str) -> str:
    """Return the sentence of a kind of event; of one that has none yet, its own name made readable."""
    return SENTENCES.get(event_type) or event_type.rpartition(".")[2].replace("_", " ").capitalize()
