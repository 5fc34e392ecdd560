"""The CPU of children is counted once, whoever saw them and whoever waits for them."""

import random

import vedro
from vedro import params

from tests.contexts.recording import MILLISECOND
from tests.contexts.scripted_kernel import Kernel, Read


def start_reading(kernel: Kernel) -> Read:
    read = Read(kernel)
    read.enter()
    read.pass_by(MILLISECOND)
    return read


def live(kernel: Kernel, chance: random.Random) -> None:
    """Let one thing happen: somebody forks, works, ends or is waited for."""
    task = chance.choice([task for task in kernel.tasks.values() if not task.is_zombie])
    what = chance.random()
    if what < 0.35 and len(kernel.tasks) < 40:
        kernel.start(chance.choice(["sh", "pg_dump", "vedro"]), task)
    elif what < 0.7:
        task.cpu_ns += chance.randrange(100 * MILLISECOND)
    else:
        # Without orphans, whose last CPU is lost: that is told in scenarios of their own.
        parents = {task.parent for task in kernel.tasks.values()} | {kernel.me.pid}
        leaves = [task for task in kernel.tasks.values() if task.pid not in parents]
        if leaves:
            (kernel.end if chance.random() < 0.3 else kernel.wait_for)(chance.choice(leaves))


class AnyHistory(vedro.Scenario):
    subject = "in any history of {steps} steps what is told is what was reaped and what the living used (seed {seed})"

    @params(1, 3)
    @params(2, 10)
    @params(3, 40)
    @params(4, 40)
    @params(5, 40)
    @params(6, 400)
    @params(7, 400)
    @params(8, 2000)
    def __init__(self, seed: int, steps: int) -> None:
        self.seed = seed
        self.steps = steps

    def given_a_test_process_that_is_read(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)

    def when_its_family_lives_and_is_looked_at_now_and_then(self) -> None:
        chance = random.Random(self.seed)  # noqa: S311 - a script, no secret
        for _ in range(self.steps):
            live(self.kernel, chance)
            if chance.random() < 0.3:
                self.read.pass_by(chance.randrange(1, 60) * MILLISECOND, with_look=chance.random() < 0.6)
        self.read.pass_by(MILLISECOND, at_border=True)
        self.read.pass_by(MILLISECOND, at_border=True)

    def then_nothing_is_lost_and_nothing_counts_twice(self) -> None:
        others = [task for task in self.kernel.tasks.values() if task is not self.kernel.me]
        used_ns = self.kernel.me.reaped_ns + sum(task.cpu_ns + task.reaped_ns for task in others)
        assert abs(self.read.cpu_of_children_ns() - used_ns) < MILLISECOND


class NeverSeen(vedro.Scenario):
    subject = "a child that ended before anybody looked is told as `children` once it is waited for"

    def given_a_test_process_that_is_read(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)

    def when_a_child_comes_and_goes_between_two_looks(self) -> None:
        child = self.kernel.start("pg_dump", self.kernel.me)
        child.cpu_ns = 50 * MILLISECOND
        self.kernel.end(child)
        self.kernel.wait_for(child)
        self.read.pass_by(100 * MILLISECOND)

    def then_its_cpu_is_there(self) -> None:
        assert self.read.cpu_ns() == {"vedro": 0, "children": 50 * MILLISECOND}

    def and_counts_from_the_look_before(self) -> None:
        assert self.kernel.roster.sources[1].born_at_ns == 1_001_000_000


class DustOfClocks(vedro.Scenario):
    subject = "less than a millisecond makes no target"

    def given_a_test_process_that_is_read(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)

    def when_two_clocks_differ_by_a_little(self) -> None:
        self.kernel.me.reaped_ns += 999_999
        self.read.pass_by(100 * MILLISECOND)

    def then_nobody_is_told(self) -> None:
        assert self.read.cpu_ns() == {"vedro": 0}


class LastCpu(vedro.Scenario):
    subject = "a child that used {paced} ms between two looks and {last} ms after them gets {own} ms, `children` {rest}"

    @params(100, 50, 150, 0)
    @params(50, 50, 100, 0)
    @params(0, 4, 4, 0)
    @params(0, 50, 5, 45)
    def __init__(self, paced: int, last: int, own: int, rest: int) -> None:
        self.paced, self.last, self.own, self.rest = paced, last, own, rest

    def given_a_child_that_was_looked_at_twice(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)
        self.child = self.kernel.start("pg_dump", self.kernel.me)
        self.read.pass_by(100 * MILLISECOND)
        self.child.cpu_ns += self.paced * MILLISECOND
        self.read.pass_by(100 * MILLISECOND)

    def when_it_ends_and_is_waited_for(self) -> None:
        self.child.cpu_ns += self.last * MILLISECOND
        self.kernel.wait_for(self.child)
        self.read.pass_by(100 * MILLISECOND)

    def then_its_target_gets_what_was_likely_its(self) -> None:
        told = {"pg_dump": self.own * MILLISECOND, "children": self.rest * MILLISECOND}
        assert self.read.cpu_ns() == {"vedro": 0, **{name: cpu_ns for name, cpu_ns in told.items() if cpu_ns}}


class ReapedByAnother(vedro.Scenario):
    subject = "what a living child has waited for is told before the child itself ends, and not again then"

    def given_a_shell_whose_command_nobody_saw(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)
        self.shell = self.kernel.start("sh", self.kernel.me)
        self.read.pass_by(100 * MILLISECOND)
        command = self.kernel.start("sort", self.shell)
        command.cpu_ns = 70 * MILLISECOND
        self.kernel.wait_for(command)

    def when_both_are_looked_at(self) -> None:
        self.read.pass_by(100 * MILLISECOND)
        self.while_alive = self.read.cpu_ns()
        self.kernel.wait_for(self.shell)
        self.read.pass_by(100 * MILLISECOND)

    def then_it_was_told_early(self) -> None:
        assert self.while_alive == {"vedro": 0, "sh": 0, "children": 70 * MILLISECOND}

    def and_once(self) -> None:
        assert self.read.cpu_ns() == self.while_alive


class Orphan(vedro.Scenario):
    subject = "an orphan is read as long as it lives, and what others use later is told in full"

    def given_a_daemon_whose_parent_is_gone(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)
        shell = self.kernel.start("sh", self.kernel.me)
        self.daemon = self.kernel.start("daemon", shell)
        self.read.pass_by(100 * MILLISECOND)
        self.kernel.wait_for(shell)
        self.read.pass_by(100 * MILLISECOND)

    def when_it_works_and_ends_and_so_does_another_child(self) -> None:
        self.daemon.cpu_ns += 30 * MILLISECOND
        self.read.pass_by(100 * MILLISECOND)
        self.kernel.wait_for(self.daemon)
        another = self.kernel.start("pg_dump", self.kernel.me)
        another.cpu_ns = 20 * MILLISECOND
        self.kernel.wait_for(another)
        self.read.pass_by(100 * MILLISECOND)

    def then_both_are_told(self) -> None:
        assert self.read.cpu_ns() == {
            "vedro": 0,
            "sh": 0,
            "daemon": 30 * MILLISECOND,
            "children": 20 * MILLISECOND,
        }


class NobodyWaits(vedro.Scenario):
    subject = "where a child is waited for by nobody, what others use later is told in full"

    def given_a_child_that_was_read_and_vanished(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)
        child = self.kernel.start("cgi", self.kernel.me)
        child.cpu_ns = 30 * MILLISECOND
        self.read.pass_by(100 * MILLISECOND)
        self.kernel.forget(child)
        self.read.pass_by(100 * MILLISECOND)
        self.read.pass_by(100 * MILLISECOND)

    def when_another_ends_that_nobody_saw(self) -> None:
        self.kernel.me.reaped_ns += 20 * MILLISECOND
        self.read.pass_by(100 * MILLISECOND)

    def then_both_are_told(self) -> None:
        assert self.read.cpu_ns() == {"vedro": 0, "cgi": 30 * MILLISECOND, "children": 20 * MILLISECOND}


class BeforeTheRun(vedro.Scenario):
    subject = "what children had used before the run is not told when they are waited for"

    def given_a_child_and_its_reaped_child_from_before(self) -> None:
        self.kernel = Kernel()
        self.child = self.kernel.start("server", self.kernel.me)
        self.child.cpu_ns, self.child.reaped_ns = 500 * MILLISECOND, 300 * MILLISECOND
        self.kernel.me.reaped_ns = 900 * MILLISECOND
        self.read = start_reading(self.kernel)

    def when_it_works_and_is_waited_for(self) -> None:
        self.child.cpu_ns += 10 * MILLISECOND
        self.read.pass_by(100 * MILLISECOND)
        self.kernel.wait_for(self.child)
        self.read.pass_by(100 * MILLISECOND)

    def then_only_what_it_did_since_is_told(self) -> None:
        assert self.read.cpu_ns() == {"vedro": 0, "server": 10 * MILLISECOND}


class SlowlyEnding(vedro.Scenario):
    subject = "a process that has no memory any more and is no zombie yet is read on"

    def given_a_child_in_the_midst_of_its_end(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)
        self.child = self.kernel.start("server", self.kernel.me)
        self.child.cpu_ns, self.child.memory_bytes = 10 * MILLISECOND, 0
        self.read.pass_by(100 * MILLISECOND)

    def when_it_uses_more_and_becomes_a_zombie(self) -> None:
        self.child.cpu_ns += 10 * MILLISECOND
        self.kernel.end(self.child)
        self.read.pass_by(100 * MILLISECOND)
        self.as_zombie = self.read.cpu_ns()
        self.left_open = self.child.opened
        self.kernel.wait_for(self.child)
        self.read.pass_by(100 * MILLISECOND)

    def then_all_is_told_while_it_is_one(self) -> None:
        assert self.as_zombie == {"vedro": 0, "server": 20 * MILLISECOND}
        assert self.left_open == 0

    def and_nothing_more_when_it_is_waited_for(self) -> None:
        assert self.read.cpu_ns() == self.as_zombie
