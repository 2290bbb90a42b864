"""Errors of the patient aggregates.

RuleBrokenError
├── PatientErasedError       the patient was erased
├── PatientMergedError       the patient was merged into another patient
├── PatientWithdrawnError    the import that registered the patient was undone
├── NotMergedError           the two patients are not merged
├── HoldsMergedError         other patients were merged into this patient
└── ConsentNotGivenError     there is no such consent to withdraw
"""

from uuid import UUID

from domain.kernel.errors import RuleBrokenError


class PatientErasedError(RuleBrokenError):
    """The patient was erased; nothing new may be recorded about them."""

    code = "patient_erased"
    message = "the patient was erased"


class PatientMergedError(RuleBrokenError):
    """The patient was merged into ``survivor_id``."""

    code = "patient_merged"

    def __init__(self, survivor_id: UUID) -> None:
        super().__init__(f"the patient was merged into {survivor_id}; use that patient or undo the merge first")
        self.survivor_id = survivor_id


class PatientWithdrawnError(RuleBrokenError):
    """The import that registered the patient was undone."""

    code = "patient_withdrawn"
    message = "the import that registered this patient was undone; import the file again or register the patient"


class NotMergedError(RuleBrokenError):
    """Only merged patients can be separated."""

    code = "not_merged"
    message = "the other patient is not merged into this one"


class HoldsMergedError(RuleBrokenError):
    """A patient with merged patients cannot be merged itself, so pointers have one step."""

    code = "holds_merged"
    message = "other patients were merged into that patient; merge the other way round or undo those merges first"


class ConsentNotGivenError(RuleBrokenError):
    """There is no consent to withdraw."""

    code = "consent_not_given"
    message = "there is no such consent to withdraw"
