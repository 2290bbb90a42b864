"""What limits each figure, as a profile showed it; to be looked at again whenever the code underneath changes.

Taken with perf on one of the server's processes and py-spy (holders of the interpreter lock) on ours.
"""

from typing import Final

LIMITS: Final[dict[str, str]] = {
    "append": (
        "with 32 writers the processors. On the server, of an append that travels with others, 45 % is the two claims (their GiST"
        " exclusion constraint alone a quarter of all), 15 % the event with its three indexes, 15 % the checks, 10 % JSON, 10 % the"
        " commit. In the client it is threads handing the interpreter lock on, then psycopg, JSON and sealing. One writer alone"
        " waits for the disk and for the start of seven statements in the function, which no other append shares."
    ),
    "parts": "see the bars: time claims and sealing; what the chain, command ids and row-level security cost is close to the noise.",
    "gap_oracle": "starting writers anew after each kill, and two cores for 24 writers, the reader and the server.",
    "import_file": "the importing process: rules and sealing in Python; the server waits for it most of the time.",
    "rebuild": (
        "the one Python process, three quarters busy: of what it does, half is the patients (opening what was sealed 30 %, the numbers"
        " that they are found by 18 %), 14 % reading the log, 10 % JSON and sending. The server writes beside it."
    ),
    "slots": (
        "the kernel: subtracting busy times from openings, in plain Python. Over HTTP one round trip to the database and making the"
        " JSON of the answer, which grows with the number of free times; not the size of the log."
    ),
    "booking": (
        "the API's one interpreter lock: a third of it is the web framework, a fifth the command itself, a tenth the answer. The"
        " projectors and PostgreSQL take the other core."
    ),
    "lag": (
        "of the median a third is the append itself, a fifth the hint on its way from process to process, 15 % reading and a fifth"
        " writing the page. The slowest twentieth waits for a core: each event takes half of both for its 5 ms, two thirds of that for"
        " the booking itself. Of the projector's own time 70 % is Python, most of it psycopg's, however few events a message holds."
    ),
}
