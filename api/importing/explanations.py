"""What the reasons in the report of an import mean, in the words of a clinic manager."""

from typing import Final

from application.importing.report import Finding, RowOutcome

LEFT_OUT: Final = {
    "ambiguous_local_time": "the clocks showed this time twice that night; write it with its offset",
    "empty": "a value that is needed is missing",
    "ends_before_it_starts": "the visit ends before it starts",
    "id_of_another_person": "the patient number belongs to a person with another name",
    "longer_than_a_day": "the visit lasts longer than a day",
    "nonexistent_local_time": "the clocks skipped this time that night",
    "not_a_length": "the length is not a number of minutes",
    "not_a_price": "the price is not an amount in the practice's currency",
    "not_a_time": "the time is not written as the format says",
    "not_decoded": "letters could not be read in the encoding of the file",
    "not_kept_like_this": "a value is too long or has characters that cannot be stored",
    "not_over_yet": "the visit has a result, but it is still to come",
    "patient_erased": "the patient was erased from this practice for good",
    "patient_withdrawn": "the import that brought the patient was undone",
    "repeated_in_the_file": "an earlier row is the same visit",
    "several_of_this_name": "several have this name; tell which one is meant",
    "unknown_patient": "the patient is not in this practice; import the patients first",
    "unknown_status": "the format does not know this status",
    "which_location": "there are several locations, and the file names none",
    "wrong_number_of_cells": "the row has more or fewer cells than the header",
}
REMARKS: Final = {
    "kept_as_note": "a value did not fit its field and is in the notes",
    "one_name_only": "the person has a first or a last name only; is the other one missing?",
    "other_contact_details": "the patient is known with another phone or e-mail, which was kept",
    "perhaps_the_same_person": "another patient may be the same person",
    "repeated_in_the_file": "an earlier row is the same person",
    "same_person": "the patient was there already",
}


def explanation_of(finding: Finding) -> str:
    """Return what a finding means; a loader's own reasons speak for themselves."""
    words = LEFT_OUT if finding.outcome is RowOutcome.REFUSED else REMARKS
    return words.get(finding.reason, finding.reason.replace("_", " "))
