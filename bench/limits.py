"""What limits each figure, as a profile showed it; to be looked at again whenever the code underneath changes."""

from typing import Final

LIMITS: Final[dict[str, str]] = {
    "append": "",
    "parts": "",
    "gap_oracle": "",
    "booking": "",
    "slots": "",
    "lag": "",
    "rebuild": "",
    "import_file": "",
}
