"""python -m bench [NAME ...] [--quick] [--long] [--output FILE]"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench import (
    abuse,
    append,
    booking,
    costly,
    enrolment,
    gap_oracle,
    import_file,
    lag,
    neighbours,
    parts,
    past,
    practices,
    rebuild,
    series,
    slots,
    webhooks,
)
from bench.options import Options
from bench.report import write

MEASUREMENTS: Final[dict[str, Callable[[Options], dict[str, str]]]] = {
    "append": append.measure,
    "parts": parts.measure,
    "gap_oracle": gap_oracle.measure,
    "import_file": import_file.measure,
    "rebuild": rebuild.measure,
    "slots": slots.measure,
    "booking": booking.measure,
    "lag": lag.measure,
    "series": series.measure,
    "class": enrolment.measure,
    "webhooks": webhooks.measure,
    "practices": practices.measure,
    "neighbours": neighbours.measure,
    "abuse": abuse.measure,
    "costly": costly.measure,
    "past": past.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure, and write results.md.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASUREMENTS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="a few seconds each: shows that it works")
    parser.add_argument("--long", action="store_true", help="the longest runs: a million events")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("results.md"))
    query = parser.parse_args()
    if unknown := set(query.names) - MEASUREMENTS.keys():
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    options = Options(quick=query.quick, long=query.long)
    for name in query.names or MEASUREMENTS:
        print(f"{name} …", flush=True)
        sections = MEASUREMENTS[name](options)
        write(query.output, sections)
        print(*sections.values(), sep="\n\n", flush=True)


if __name__ == "__main__":
    main()
