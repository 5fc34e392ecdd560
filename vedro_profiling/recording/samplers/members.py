"""A process that is followed, and the target that sums up all processes of a name."""

from typing import Final, Protocol

from vedro_profiling.recording.clock import monotonic_ns
from vedro_profiling.recording.samplers import MISSING, Append
from vedro_profiling.recording.samplers.procfs import ProcessStat, ProcessUsage

__all__ = (
    "Member",
    "Process",
    "Target",
)

_ENDING_NS: Final = 5_000_000
"""A process tidies up before it ends: a Python needs 2 ms."""


class Process(Protocol):
    """One process as it is read; once it has ended, reading raises OSError."""

    reader: str
    peak_resets: bool

    def usage(self) -> ProcessUsage:
        """Read CPU, memory and peak."""

    def disk(self) -> tuple[int, int]:
        """Read the bytes read and written, `MISSING` if not known."""

    def stat(self) -> ProcessStat:
        """Read name and parent, and what its reaped children used."""

    def full_name(self, short_name: str) -> str:
        """Complete a name that was cut off."""

    def is_waiting(self, cpu_ns: int) -> bool:
        """Whether this is a zombie, which used `cpu_ns` in its life; it may be closed."""

    def close(self) -> None:
        """Close what is open; a second call does nothing."""


class Member:
    """A process of a target: what was read of it last, and what is known of those it has waited for.

    Parameters
    ----------
    process
        Where it is read.
    reaped_ns
        What its reaped children had used before they concerned us.
    """

    def __init__(self, pid: int, process: Process, *, reaped_ns: int = 0) -> None:
        self.pid = pid
        self.process = process
        self.target: Target | None = None
        self.parent: Member | None = None
        self.born_at_ns: int | None = None
        """Since when its counters count, if that was during the run."""
        self.is_forked_only = False
        self.is_alive = True
        self.is_waiting = False
        """Whether it is a zombie: it has ended, and its parent has not waited for it."""
        self.cpu_ns = 0
        self.memory_bytes = 0
        self.peak_bytes = MISSING
        self.disk = (0, 0)
        self.threads = 0
        """0 while that is not known."""
        self.read_at_ns = self.ended_at_ns = monotonic_ns()
        self._cores = 0.0
        self.reaped_ns = reaped_ns
        """CPU of all it has waited for, as it was when last looked at."""
        self.counted_ns = reaped_ns
        """How much of that is in the counter of some target already."""
        self.left_now: list[Member] = []
        """Children that were found to have left since the last look, and those found so before it."""
        self.left_before: list[Member] = []

    def read(self, at_ns: int) -> int:
        """Read it, and return the CPU it used since the reading before."""
        before_ns = self.cpu_ns
        try:
            self._keep(self.process.usage(), at_ns)
            # Without memory it is a zombie, or about to be one and still using CPU.
            if self.memory_bytes == 0 and self.process.stat().is_zombie:
                self._keep(self.process.usage(), at_ns)
                self.is_waiting = True
                self.end(at_ns)
        except OSError:
            self.end(at_ns)
        return self.cpu_ns - before_ns

    def _keep(self, usage: ProcessUsage, at_ns: int) -> None:
        if at_ns > self.read_at_ns:
            self._cores = (usage.cpu_ns - self.cpu_ns) / (at_ns - self.read_at_ns)
        self.cpu_ns, self.memory_bytes, self.peak_bytes = usage
        self.read_at_ns = at_ns

    def read_disk(self) -> tuple[int, int] | None:
        """Return what it read and wrote since the reading before, None if that is not known."""
        try:
            now = self.process.disk()
        except OSError:
            self.end(monotonic_ns())
            return 0, 0
        if MISSING in now:
            return None
        before, self.disk = self.disk, (max(now[0], self.disk[0]), max(now[1], self.disk[1]))
        return self.disk[0] - before[0], self.disk[1] - before[1]

    def end(self, at_ns: int) -> None:
        """Keep what was read last, and close its files."""
        self.process.close()
        self.is_alive = False
        self.ended_at_ns = at_ns

    @property
    def likely_unread_ns(self) -> int:
        """How much CPU it may have used between its last reading and its end: twice its pace before, and its ending."""
        if self.is_waiting or self.ended_at_ns <= self.read_at_ns:
            return 0
        return _ENDING_NS + round(2 * self._cores * (self.ended_at_ns - self.read_at_ns))

    def inherit(self, child: "Member") -> None:
        """Take over what a child that has left had used, as the kernel did when it was waited for."""
        self.counted_ns += child.cpu_ns + child.counted_ns
        self.disk = self.disk[0] + child.disk[0], self.disk[1] + child.disk[1]
        self.left_now += [child, *child.left_now, *child.left_before]

    @property
    def is_settled(self) -> bool:
        """Whether all that it has waited for is in some counter, and no child left it in the last two looks."""
        return self.counted_ns == self.reaped_ns and not (self.left_now or self.left_before)

    @property
    def has_left(self) -> bool:
        """Whether it has ended and nothing of it is left, so that whoever waited for it has its CPU."""
        if self.is_waiting:
            self.is_waiting = self.process.is_waiting(self.cpu_ns)
        return not self.is_alive and not self.is_waiting


class Target:
    """All processes of one name, read as one: their sums, which only grow while one of them lives."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.source = MISSING
        self.members: list[Member] = []
        self.cpu_ns = 0
        self.disk = (0, 0)
        self._told_ns = 0
        self._at_ns = 0

    def add(self, member: Member) -> None:
        """Let a process count here; once all before it have ended, the counters start anew, as a new source."""
        if not self.members:
            self.source = MISSING
            self.cpu_ns, self._told_ns, self.disk = 0, 0, (0, 0)
        member.target = self
        self.members.append(member)

    @property
    def peak_resets(self) -> bool:
        """Whether its readings reset the high-water mark: peaks of several processes do not add up."""
        return len(self.members) == 1 and self.members[0].process.peak_resets

    def read(self) -> None:
        """Read all its processes; `tell` hands it over."""
        # The instant stands beside the first thing read, which is the CPU clock.
        self._at_ns = at_ns = monotonic_ns()
        for member in self.members:
            self.cpu_ns += member.read(at_ns)
        self._drop_ended()

    def _drop_ended(self) -> None:
        if not all(member.is_alive for member in self.members):
            self.members = [member for member in self.members if member.is_alive]

    def tell(self, append: Append) -> None:
        """Append the reading, unless all its processes have ended and there is no more to say."""
        if self.members or self._told_ns != self.cpu_ns:
            self._told_ns = self.cpu_ns
            memory_bytes = sum(member.memory_bytes for member in self.members) or MISSING
            peak_bytes = self.members[0].peak_bytes if len(self.members) == 1 else MISSING
            append(self.source, self.cpu_ns, memory_bytes, MISSING, peak_bytes, self._at_ns)

    def read_disk(self, append: Append) -> None:
        """Read and append disk counters; processes have no network counters of their own."""
        amounts = [member.read_disk() for member in self.members]
        self._drop_ended()
        if self.members:
            known = [amount for amount in amounts if amount is not None]
            self.disk = (
                self.disk[0] + sum(read for read, _ in known),
                self.disk[1] + sum(written for _, written in known),
            )
            told = self.disk if len(known) == len(amounts) else (MISSING, MISSING)
            append(self.source, MISSING, MISSING, *told, monotonic_ns())
