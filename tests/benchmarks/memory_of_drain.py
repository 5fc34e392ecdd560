"""Drain a scripted run to both files: prints the process's peak of memory in MB, and the CPU seconds it took."""

import sys
import time
from pathlib import Path

from tests.benchmarks.memory_of_recording import PERIOD_NS, PERIOD_SECONDS, JumpingTime, Steady, resident_mb
from vedro_profiling.recording.facts import run_facts
from vedro_profiling.recording.journal_writer import Journal
from vedro_profiling.session.drain import FILE_STEM, READINGS_AT_ONCE, derived, write_points

TARGETS = 50
TICKS_A_SECOND = 10
TICKS_A_SCENARIO = 40


def main(folder: Path, count: int) -> None:
    """Fill a journal with a scenario each few seconds, write its files, and print what that cost."""
    facts = run_facts("night", process="vedro", tags={}, poll_time=PERIOD_SECONDS)
    journal = Journal(folder, facts)
    clock = JumpingTime(0)
    clock.now_ns = facts["anchor"]["monotonic_ns"]
    sampler = Steady(clock, TARGETS)
    sampler.open(journal)
    ticks, traffic = (journal.buffer("docker", table).append for table in ("ticks", "traffic"))
    tick = 0
    while sampler.readings < count:
        if tick % TICKS_A_SCENARIO == 0:
            journal.add_scenario_border({"at_ns": clock.now_ns, "scenario": f"s{tick}", "subject": "a scenario"})
        if tick % TICKS_A_SCENARIO == TICKS_A_SCENARIO // 2:
            journal.add_scenario_border({"at_ns": clock.now_ns, "status": "passed"})
        sampler.read(ticks)
        if tick % TICKS_A_SECOND == 0:
            sampler.read_traffic(traffic)
        tick += 1
        clock.now_ns += PERIOD_NS
    began = time.process_time()
    with derived(journal.readings(), journal.folder, at_once=READINGS_AT_ONCE) as run:
        for suffix in ("ndjson", "parquet"):
            write_points(run, folder / f"{FILE_STEM}.{suffix}", facts)
    sys.stdout.write(f"{resident_mb('VmHWM')} {time.process_time() - began}")
    journal.close(discard=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
