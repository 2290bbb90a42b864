"""The clock is a port: business time is an argument, and the process's zone is never asked."""

from pathlib import Path

from tests.architecture.source_tree import PACKAGES, Module, modules

CLOCK = Path("adapters/system/clock.py")
# time.monotonic and time.perf_counter measure how long something takes and are free to use.
WALL_CLOCKS = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns")
PROCESS_ZONES = ("time.localtime", "time.tzset")


def clock_readings(module: Module) -> list[str]:
    return [
        f"{module.path}:{line} calls {name}"
        for name, line in module.calls()
        if name.endswith(WALL_CLOCKS + PROCESS_ZONES) and module.path != CLOCK
    ]


class TestTime:
    def test_only_the_clock_reads_the_time(self) -> None:
        assert [breach for module in modules(*PACKAGES) for breach in clock_readings(module)] == []

    def test_reports_a_breach(self) -> None:
        breaking = Module(Path("domain/x.py"), "from datetime import UTC, datetime\nnow = datetime.now(UTC)\n")

        assert clock_readings(breaking) == ["domain/x.py:2 calls datetime.now"]
