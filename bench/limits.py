"""What limits each figure, from profiles; to be updated when the measured code changes.

Taken with perf on a PostgreSQL process and with py-spy (holders of the GIL) on the program.
"""

from typing import Final

LIMITS: Final[dict[str, str]] = {
    "append": (
        "with 32 writers the two cores, of which the client takes as much as the server: threads that hand on the interpreter lock,"
        " sealing, digests and rows there; here, of a batch of four, a fifth is the claims, a sixth the events with their three"
        " indexes, a seventh the heads' locks and the chain, the rest reading the rows, the call and the commit."
        " One writer alone: a third of its time is its own and the call's, a third the head's lock and the commit with its write to the"
        " disk, a fifth the claims, an eighth the events."
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
    "practices": (
        "Python, in one thread at a time: of anyone's free times two thirds are telling who is free and who is chosen (each room's busy"
        " times are laid out anew for each clinician), a twelfth making claims of what the database sent, the rest the answer's JSON and"
        " the way through the web server. The database finds the claims through one index, however many others have."
    ),
    "neighbours": (
        "the interpreter, which all practices of a process share: who comes while another's request is being decided divides it with that"
        " one, and with two more at most. A second process is the remedy; what is shared is in the database."
    ),
    "abuse": (
        "refusals: what goes beyond the budget waits a second for its 429, so each connection costs one request a second. Sending 4 MB"
        " that nobody reads costs the sender's core as much as the server's."
    ),
    "costly": (
        "the core on which the processes calculate, beside PostgreSQL and the projectors; in the program itself reading the claims of a"
        " wide window, and passing on answers of up to 17 MB."
    ),
    "booking": (
        "both cores: a booking takes 0.9 ms of the API's process, 1.1 of PostgreSQL, 0.2 of the projectors. In the API, of what holds"
        " the interpreter lock, 40 % is the web server and its event loop (half of that the system call that sends the answer), 15 %"
        " reading and checking the request and writing the answer, 12 % the log's client, 8 % deciding, the rest passing from thread to"
        " thread. A quarter of its time was moving from core to core, until it was given one of its own (ADR 0037)."
    ),
    "past": "opening the patients' names and making the JSON of a page of up to 1,000 visits, as without an instant.",
    "lag": (
        "of the median a third is the append itself, a fifth the hint on its way from process to process, 15 % reading and a fifth"
        " writing the page. The slowest twentieth waits for a core: each event takes half of both for its 5 ms, two thirds of that for"
        " the booking itself. Of the projector's own time 70 % is Python, most of it psycopg's, however few events a message holds."
    ),
    "series": (
        "Python: deciding each visit, then making and hashing its event; each about as much as one of the two round trips, of which one"
        " reads the busy times around every visit and the other appends."
    ),
    "class": (
        "the API's one process: those who come to one session take turns, and each reads it whole before they append."
    ),
    "webhooks": (
        "one endpoint: the way there and back, one message after the other, with a transaction of three round trips between; many"
        " endpoints: the worker's one interpreter lock, which it shares with the projectors."
    ),
}
