"""The processes that are followed: those chosen at the start, and all that descend from them."""

from collections.abc import Callable
from typing import Final

from vedro_profiling import schema
from vedro_profiling.recording.clock import monotonic_ns
from vedro_profiling.recording.samplers import MISSING, Append, Roster, Source
from vedro_profiling.recording.samplers.descent import Descent
from vedro_profiling.recording.samplers.ledger import settle
from vedro_profiling.recording.samplers.members import Member, Process, Target
from vedro_profiling.recording.samplers.procfs import ProcessStat

__all__ = (
    "CHILDREN",
    "MOST_DESCENDANTS",
    "Family",
)

CHILDREN: Final = "children"
"""The target of all descendants that ended before anybody saw them."""

MOST_DESCENDANTS: Final = 50
"""So many are read one by one at a time, with five descriptors each."""

_TOLD_FROM_NS: Final = 1_000_000
"""What nobody saw is told from 1 ms on: two clocks of different grain differ by less."""

_UNTIL_EXEC_NS: Final = 30_000_000
"""A process forked less than this ago may be about to run another program, under another name."""


class Family:
    """Processes and their descendants, each under the target of its name.

    What the processes of one name use is summed up in one target. The test process has its target to itself: a child
    of the same name, such as one it forked, counts as `<name> (child)`, and so does one called `system` or `children`.

    One thread at a time may call. A look costs about 12 us, and 10 us more for each descendant.

    Parameters
    ----------
    pid
        The test process: the one this runs in.
    name
        Its name.
    open_process
        Opens a process by its pid, or raises OSError.
    descent
        Finds the descendants.
    waited_for_ns
        The CPU of all children that the test process has waited for, and of all that these had waited for.
    own
        Whether the test process is a target itself.
    """

    def __init__(  # noqa: PLR0913 - a world in which no process need exist
        self,
        roster: Roster,
        pid: int,
        name: str,
        *,
        open_process: Callable[[int], Process],
        descent: Descent,
        waited_for_ns: Callable[[], int],
        own: bool = True,
    ) -> None:
        self._roster = roster
        self._open_process = open_process
        self._descent = descent
        self._waited_for_ns = waited_for_ns
        self._own = own
        self._names_taken = {schema.SYSTEM_TARGET, CHILDREN, *([name] if own else [])}
        self._rest = Target(CHILDREN)
        self._members: dict[int, Member] = {}
        self._left_out: set[int] = set()
        self._looked_ns = self._rest_told_ns = self._rest_untold_since_ns = 0
        self._alive = 1
        self._targets: dict[str, Target] = {}
        self._me = Member(pid, open_process(pid), reaped_ns=waited_for_ns())
        if own:
            self._admit(self._me, name)
        else:
            self._members[pid] = self._me

    def add(self, name: str, pid: int) -> None:
        """Follow a process that ran before, and all that descends from it; one that cannot be read is told."""
        if pid in self._members:
            return
        try:
            process, stat = self._open(pid)
        except OSError as error:
            self._roster.note(f"process {name!r} ({pid}) cannot be read: {error}")
            return
        member = Member(pid, process, reaped_ns=stat.reaped_ns)
        self._admit(member, f"{name} (other)" if name in self._names_taken else name)

    def _open(self, pid: int) -> tuple[Process, ProcessStat]:
        process = self._open_process(pid)
        try:
            return process, process.stat()
        except OSError:
            process.close()
            raise

    def _admit(self, member: Member, name: str) -> None:
        self._members[member.pid] = member
        self._targets.setdefault(name, Target(name)).add(member)

    def read(self, append: Append, *, with_look: bool, at_border: bool = False) -> bool:
        """Read all that live; with a look at who came and went, which also tells what those used that nobody saw.

        Returns
        -------
        bool
            Whether somebody was found to have ended whose last CPU the next look will tell.
        """
        with_look = with_look and not self._is_alone()
        if with_look:
            self._look()
        before = self._alive
        for target in self._targets.values():
            target.read()
        self._alive = sum(len(target.members) for target in self._targets.values())
        if with_look:
            self._rest.cpu_ns += settle(self._members)
            self._tell_rest(append, at_border=at_border)
        for target in self._targets.values():
            target.tell(append)
        return self._alive < before

    def _is_alone(self) -> bool:
        """Whether a look would find the test process without children, as the look before it: two system calls tell."""
        if len(self._members) > 1 or self._rest.source != MISSING or not self._me.is_settled:
            return False
        if self._waited_for_ns() != self._me.reaped_ns:
            return False
        at_ns = monotonic_ns()
        if len(self._descent.below((self._me.pid,))) > 1:
            return False
        self._looked_ns = self._rest_untold_since_ns = at_ns
        return True

    def read_disk(self, append: Append) -> None:
        """Read the disk counters of all that live."""
        for target in self._targets.values():
            target.read_disk(append)

    def enter(self) -> None:
        """Find the descendants that are there already, and make all targets known."""
        self._look()
        self._rest_untold_since_ns = self._looked_ns

    def _look(self) -> None:
        at_ns = monotonic_ns()
        self._look_at_me()
        for member in self._members.values():
            if member.is_alive and member is not self._me:
                self._look_at(member, at_ns)
        alive = {member.pid: member for member in self._members.values() if member.is_alive}
        single_threaded = {pid for pid, member in alive.items() if member.threads == 1}
        pids = self._descent.below(alive, single_threaded=single_threaded)
        self._left_out.intersection_update(pids)
        for pid in pids:
            if pid not in self._members and pid not in self._left_out:
                self._welcome(pid, at_ns)
        self._enter_sources()
        self._looked_ns = at_ns

    def _look_at_me(self) -> None:
        # What is known to have left is in it; if it is less, somebody was waited for by nobody and is lost to us.
        self._me.reaped_ns = self._waited_for_ns()
        self._me.counted_ns = min(self._me.counted_ns, self._me.reaped_ns)

    def _look_at(self, member: Member, at_ns: int) -> None:
        try:
            stat = member.process.stat()
        except OSError:
            member.end(at_ns)
            return
        member.reaped_ns, member.threads = stat.reaped_ns, stat.threads
        # An orphan has none: who waits for it is not one of us.
        member.parent = self._members.get(stat.parent)
        if member.is_forked_only and not stat.is_forked_only:
            self._rename(member, stat.name)

    def _rename(self, member: Member, short_name: str) -> None:
        """Let a process that runs a program of its own now count under its new name from the last reading on."""
        if member.target is not None:
            member.target.members.remove(member)
        member.is_forked_only = False
        member.born_at_ns = member.read_at_ns
        self._admit(member, self._name_of_child(member.process.full_name(short_name)))

    def _name_of_child(self, name: str) -> str:
        return f"{name} (child)" if name in self._names_taken else name

    def _welcome(self, pid: int, at_ns: int) -> None:
        """Follow a descendant that was not known."""
        try:
            process, stat = self._open(pid)
        except OSError:
            return
        # A recorder that is no target forks for no other reason than to run a program.
        is_recorders = not self._own and stat.parent == self._me.pid
        is_young = at_ns - stat.started_at_ns < _UNTIL_EXEC_NS
        if (stat.is_forked_only and (is_young or is_recorders)) or self._is_one_too_many(pid):
            process.close()
            return
        ran_before = self._looked_ns == 0
        member = Member(pid, process, reaped_ns=stat.reaped_ns if ran_before else 0)
        member.parent = self._members.get(stat.parent)
        member.is_forked_only = stat.is_forked_only
        # The birth is rounded down, and yet it was not there at the last look.
        if not ran_before:
            member.born_at_ns = member.read_at_ns = max(stat.started_at_ns, self._looked_ns)
        self._admit(member, self._name_of_child(process.full_name(stat.name)))

    def _is_one_too_many(self, pid: int) -> bool:
        if sum(len(target.members) for target in self._targets.values()) <= MOST_DESCENDANTS:
            return False
        self._left_out.add(pid)
        self._roster.note(
            f"more than {MOST_DESCENDANTS} processes ran at once: what the others used counts as {CHILDREN!r}, "
            "once they have ended"
        )
        return True

    def _enter_sources(self) -> None:
        for target in self._targets.values():
            if target.members and target.source == MISSING:
                first = target.members[0]
                target.source = self._add_source(target, first.process.reader, first.born_at_ns)

    def _add_source(self, target: Target, reader: str, born_at_ns: int | None) -> int:
        source = Source(
            schema.DEFAULT_METHOD, target.name, reader, born_at_ns=born_at_ns, peak_resets=target.peak_resets
        )
        return self._roster.add_source(source)

    def _tell_rest(self, append: Append, *, at_border: bool) -> None:
        """Append the CPU of those that nobody saw, as it was when the look began.

        It comes all at once when they are waited for: told too often, it would make percentages that nobody reached.
        """
        rest = self._rest
        if self._looked_ns - self._rest_told_ns < self._descent.period_ns and not at_border:
            return
        if not at_border:
            self._rest_told_ns = self._looked_ns
        if rest.source == MISSING and rest.cpu_ns >= _TOLD_FROM_NS:
            rest.source = self._add_source(rest, self._me.process.reader, self._rest_untold_since_ns)
        if rest.source != MISSING:
            append(rest.source, rest.cpu_ns, MISSING, MISSING, MISSING, self._looked_ns)
        self._rest_untold_since_ns = self._looked_ns

    def close(self) -> None:
        """Close all files; a second call does nothing."""
        for member in self._members.values():
            member.process.close()
