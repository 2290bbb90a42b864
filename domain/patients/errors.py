"""Why something cannot be done to a patient.

RuleBrokenError
├── PatientErasedError       nothing is known of them any more, and nothing new may be kept
├── PatientMergedError       they were merged into another patient, who stands for them
├── PatientWithdrawnError    their registration was taken back
├── NotMergedError           the two are not one, so they cannot be parted
├── HoldsMergedError         others were merged into them, so they stand for more than themselves
└── ConsentNotGivenError     what was never given, or was withdrawn, cannot be withdrawn
"""

from uuid import UUID

from domain.kernel.errors import RuleBrokenError


class PatientErasedError(RuleBrokenError):
    """The patient was erased: nothing is known of them any more, and nothing new may be kept."""

    code = "patient_erased"

    def __init__(self) -> None:
        super().__init__("the patient was erased")


class PatientMergedError(RuleBrokenError):
    """The patient was merged into another one, ``survivor_id``, who stands for both."""

    code = "patient_merged"

    def __init__(self, survivor_id: UUID) -> None:
        super().__init__(f"this patient was merged into {survivor_id}: use that one, or undo the merge first")
        self.survivor_id = survivor_id


class PatientWithdrawnError(RuleBrokenError):
    """The import that registered the patient was undone: they are nobody's patient until they are imported again."""

    code = "patient_withdrawn"

    def __init__(self) -> None:
        super().__init__(
            "the import that registered this patient was undone: import the file again, or register them anew"
        )


class NotMergedError(RuleBrokenError):
    """Only what was merged can be parted."""

    code = "not_merged"

    def __init__(self) -> None:
        super().__init__("the other patient is not merged into this one")


class HoldsMergedError(RuleBrokenError):
    """A patient who stands for others is not merged away: pointers lead to a survivor in one step."""

    code = "holds_merged"

    def __init__(self) -> None:
        super().__init__("others were merged into that patient: merge the other way round, or undo those merges first")


class ConsentNotGivenError(RuleBrokenError):
    """There is nothing to withdraw."""

    code = "consent_not_given"

    def __init__(self) -> None:
        super().__init__("this consent is not given at the moment, so it cannot be withdrawn")
