"""Who is followed, under which name, and what a target of several processes tells."""

from unittest.mock import patch

import vedro
from vedro import params

from tests.contexts.recording import MILLISECOND
from tests.contexts.scripted_kernel import Kernel, Read
from vedro_profiling.recording.samplers import MISSING, Source
from vedro_profiling.recording.samplers.family import MOST_DESCENDANTS

LOOK = 100 * MILLISECOND


def start_reading(kernel: Kernel) -> Read:
    read = Read(kernel)
    read.enter()
    return read


class GrandchildrenByName(vedro.Scenario):
    subject = "a child and its child are targets of their names, born when they started"

    def given_a_test_process_that_is_read(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)

    def when_a_child_starts_another(self) -> None:
        self.kernel.now_ns += 3 * MILLISECOND
        child = self.kernel.start("sh", self.kernel.me)
        self.kernel.start("sort", child).cpu_ns = 7 * MILLISECOND
        self.readings = self.read.pass_by(LOOK)

    def then_both_are_sources(self) -> None:
        assert self.kernel.roster.sources[1:] == [
            Source("default", "sh", "script", born_at_ns=1_003_000_000, peak_resets=True),
            Source("default", "sort", "script", born_at_ns=1_003_000_000, peak_resets=True),
        ]

    def and_both_are_read(self) -> None:
        at_ns = self.kernel.now_ns
        assert self.readings[1:] == [
            (1, 0, 1_000_000, MISSING, 1_000_000, at_ns),
            (2, 7 * MILLISECOND, 1_000_000, MISSING, 1_000_000, at_ns),
        ]


class RoundedBirth(vedro.Scenario):
    subject = "a birth that the kernel rounds down does not lie before the look that saw nobody"

    def given_a_look_that_saw_nobody(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)
        self.kernel.now_ns += 5 * MILLISECOND
        self.read.pass_by(0)

    def when_a_child_seems_older_than_that(self) -> None:
        self.kernel.start("sh", self.kernel.me).started_at_ns = 1_000_000_000
        self.read.pass_by(LOOK)

    def then_it_counts_from_the_look(self) -> None:
        assert self.kernel.roster.sources[1].born_at_ns == 1_005_000_000


class Alone(vedro.Scenario):
    subject = "while the test process has no children and has waited for none, a look is two questions to the kernel"

    def given_a_test_process_that_is_read(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)

    def when_it_is_looked_at_alone_and_then_with_a_child(self) -> None:
        with patch.object(self.read.family, "_look", wraps=self.read.family._look) as look:  # noqa: SLF001 - what is dear
            self.read.pass_by(LOOK)
            self.looks_alone = look.call_count
            child = self.kernel.start("sh", self.kernel.me)
            self.read.pass_by(LOOK)
            self.looks_with_child = look.call_count
            self.kernel.wait_for(child)
            for _ in range(3):
                self.read.pass_by(LOOK)
            self.looks_behind = look.call_count

    def then_nobody_was_looked_for_while_it_was_alone(self) -> None:
        assert (self.looks_alone, self.looks_with_child) == (0, 1)

    def and_it_was_looked_twice_for_what_a_child_leaves(self) -> None:
        assert self.looks_behind == 1 + 2


class OneName(vedro.Scenario):
    subject = "children of one name are one target: sums of CPU and memory, and no peak"

    def given_two_children_of_a_name(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)
        self.children = [self.kernel.start("worker", self.kernel.me) for _ in range(2)]
        self.read.pass_by(LOOK)

    def when_they_work(self) -> None:
        for child in self.children:
            child.cpu_ns += 5 * MILLISECOND
        self.together = self.read.pass_by(LOOK)[1]

    def and_when_one_ends(self) -> None:
        self.kernel.wait_for(self.children[0])
        self.alone = self.read.pass_by(LOOK)[1]

    def then_their_values_are_sums(self) -> None:
        assert self.together[1:5] == (10 * MILLISECOND, 2_000_000, MISSING, MISSING)

    def and_then_memory_and_peak_are_those_of_the_other(self) -> None:
        assert self.alone[1:5] == (10 * MILLISECOND, 1_000_000, MISSING, 1_000_000)
        assert len(self.kernel.roster.sources) == 2


class NameOnceMore(vedro.Scenario):
    subject = "a name that comes again after all of it had ended is a new life of the same target"

    def given_a_child_that_came_and_went(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)
        first = self.kernel.start("pg_dump", self.kernel.me)
        first.cpu_ns = 8 * MILLISECOND
        self.read.pass_by(LOOK)
        self.kernel.wait_for(first)
        self.read.pass_by(LOOK)
        self.silent = self.read.pass_by(LOOK)

    def when_another_comes(self) -> None:
        self.kernel.start("pg_dump", self.kernel.me).cpu_ns = 2 * MILLISECOND
        self.again = self.read.pass_by(LOOK)

    def then_between_them_nothing_was_told(self) -> None:
        assert [source for source, *_ in self.silent] == [0]

    def and_its_counters_start_anew(self) -> None:
        assert [source for source, *_ in self.again] == [0, 2]
        assert self.again[1][1] == 2 * MILLISECOND

    def and_both_lives_add_up(self) -> None:
        assert self.read.cpu_ns() == {"vedro": 0, "pg_dump": 10 * MILLISECOND}


class NamesThatAreTaken(vedro.Scenario):
    subject = "a child called {name} counts as {name} (child)"

    @params("vedro")
    @params("system")
    @params("children")
    def __init__(self, name: str) -> None:
        self.name = name

    def given_a_test_process_that_is_read(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)

    def when_such_a_child_works(self) -> None:
        self.kernel.start(self.name, self.kernel.me).cpu_ns = 5 * MILLISECOND
        self.read.pass_by(LOOK)

    def then_it_has_a_target_beside_that(self) -> None:
        assert self.read.cpu_ns() == {"vedro": 0, f"{self.name} (child)": 5 * MILLISECOND}


class AboutToExec(vedro.Scenario):
    subject = "a child that was forked just now is named once it runs its program"

    def given_a_child_that_still_is_what_its_parent_is(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)
        self.kernel.now_ns += LOOK
        self.child = self.kernel.start("vedro", self.kernel.me, is_forked_only=True)
        self.first = self.read.pass_by(MILLISECOND)

    def when_it_runs_its_program(self) -> None:
        self.child.name, self.child.is_forked_only = "pg_dump", False
        self.read.pass_by(LOOK)

    def then_it_was_left_alone_before(self) -> None:
        assert [source for source, *_ in self.first] == [0]

    def and_is_known_by_that_name_only(self) -> None:
        assert [source.target for source in self.kernel.roster.sources] == ["vedro", "pg_dump"]


class LateExec(vedro.Scenario):
    subject = "a forked child that runs a program late counts under its new name from then on"

    def given_a_forked_child_that_worked(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)
        self.child = self.kernel.start("vedro", self.kernel.me, is_forked_only=True)
        self.child.cpu_ns = 5 * MILLISECOND
        self.read.pass_by(LOOK)

    def when_it_runs_a_program_and_works(self) -> None:
        self.child.name, self.child.is_forked_only = "pg_dump", False
        self.child.cpu_ns += 3 * MILLISECOND
        self.read.pass_by(LOOK)

    def then_each_name_has_its_part(self) -> None:
        assert self.read.cpu_ns() == {"vedro": 0, "vedro (child)": 5 * MILLISECOND, "pg_dump": 3 * MILLISECOND}


class Zombie(vedro.Scenario):
    subject = "a zombie is told no more, and holds no file open, however long nobody waits for it"

    def given_a_child_that_was_read(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)
        self.child = self.kernel.start("server", self.kernel.me)
        self.child.cpu_ns = 5 * MILLISECOND
        self.read.pass_by(LOOK)

    def when_it_ends_and_nobody_waits(self) -> None:
        self.kernel.end(self.child)
        self.readings = [self.read.pass_by(LOOK) for _ in range(3)]

    def then_it_is_silent(self) -> None:
        assert [[source for source, *_ in readings] for readings in self.readings] == [[0], [0], [0]]

    def and_its_files_are_closed(self) -> None:
        assert self.child.opened == 0


class TooMany(vedro.Scenario):
    subject = "of more children than can be read each, the others count as `children` in the end, and that is told"

    def given_one_child_too_many(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)
        self.children = [self.kernel.start("worker", self.kernel.me) for _ in range(MOST_DESCENDANTS + 1)]
        for child in self.children:
            child.cpu_ns = 5 * MILLISECOND
        self.read.pass_by(LOOK)
        self.opened = sum(child.opened for child in self.children)

    def when_all_end(self) -> None:
        for child in self.children:
            self.kernel.wait_for(child)
        self.read.pass_by(LOOK)

    def then_no_more_were_opened(self) -> None:
        assert self.opened == MOST_DESCENDANTS

    def and_the_cpu_of_all_is_there(self) -> None:
        assert self.read.cpu_of_children_ns() == 5 * MILLISECOND * len(self.children)

    def and_the_summary_will_say_so(self) -> None:
        (note,) = self.kernel.roster.notes
        assert note.startswith(f"more than {MOST_DESCENDANTS} processes ran at once")


class InheritedDisk(vedro.Scenario):
    subject = "bytes of a child that was read do not count again when its parent has waited for it"

    def given_a_child_that_wrote(self) -> None:
        self.kernel = Kernel()
        self.kernel.me.disk = (10, 20)
        self.read = start_reading(self.kernel)
        self.child = self.kernel.start("pg_dump", self.kernel.me)
        self.child.disk = (1_000, 2_000)
        self.read.pass_by(LOOK)
        self.before = self.read.read_disk()

    def when_it_is_waited_for(self) -> None:
        self.child.disk = (1_100, 2_000)
        self.kernel.wait_for(self.child)
        self.read.pass_by(LOOK)
        self.after = self.read.read_disk()

    def then_its_own_target_had_them(self) -> None:
        assert self.before == {"vedro": (10, 20), "pg_dump": (1_000, 2_000)}

    def and_the_parent_gets_only_what_nobody_had_read(self) -> None:
        assert self.after == {"vedro": (110, 20)}


class MissingDisk(vedro.Scenario):
    subject = "where the bytes of one process are not known, those of its target are not"

    def given_two_children_of_which_one_keeps_it_secret(self) -> None:
        self.kernel = Kernel()
        for disk in ((5, 5), (MISSING, MISSING)):
            self.kernel.start("worker", self.kernel.me).disk = disk
        self.read = start_reading(self.kernel)

    def when_disk_is_read(self) -> None:
        self.disk = self.read.read_disk()

    def then_it_is_missing(self) -> None:
        assert self.disk == {"vedro": (0, 0), "worker": (MISSING, MISSING)}


class OthersByName(vedro.Scenario):
    subject = "a process named in `processes` has its descendants followed too, and is called {target} if named {name}"

    @params("postgres", "postgres")
    @params("vedro", "vedro (other)")
    def __init__(self, name: str, target: str) -> None:
        self.name = name
        self.target = target

    def given_a_server_with_a_worker(self) -> None:
        self.kernel = Kernel()
        server = self.kernel.start(self.name, self.kernel.init)
        self.worker = self.kernel.start("worker", server)
        self.read = Read(self.kernel)
        for _ in range(2):
            self.read.family.add(self.name, server.pid)
        self.read.enter()

    def when_the_worker_works(self) -> None:
        self.read.pass_by(LOOK)
        self.worker.cpu_ns += 5 * MILLISECOND
        self.read.pass_by(LOOK)

    def then_both_are_there_once(self) -> None:
        assert self.read.cpu_ns() == {"vedro": 0, self.target: 0, "worker": 5 * MILLISECOND}


class EndsBetween(vedro.Scenario):
    subject = "a child that ends while it is opened is left to its parent's account, and its files are closed"

    def given_a_child_that_vanishes_when_asked_for_its_name(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)
        self.child = self.kernel.start("true", self.kernel.me)
        self.gone = self.kernel.start("true", self.kernel.me)
        self.child.is_gone = True

    def when_it_is_looked_for(self) -> None:
        del self.kernel.tasks[self.gone.pid]
        self.readings = self.read.pass_by(LOOK)

    def then_nobody_is_told(self) -> None:
        assert [source for source, *_ in self.readings] == [0]
        assert self.child.opened == 0


class SomeoneEnded(vedro.Scenario):
    subject = "a reading without a look tells that somebody ended"

    def given_a_child(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)
        self.child = self.kernel.start("server", self.kernel.me)
        self.read.pass_by(LOOK)

    def when_it_ends_between_looks(self) -> None:
        self.read.pass_by(MILLISECOND, with_look=False)
        self.before = self.read.someone_ended
        self.kernel.wait_for(self.child)
        self.read.pass_by(MILLISECOND, with_look=False)

    def then_the_reading_says_so(self) -> None:
        assert not self.before
        assert self.read.someone_ended


class RestAtItsPace(vedro.Scenario):
    subject = "what nobody saw is told at most every 45 ms, so that it makes no percentage that nobody reached"

    def given_children_that_nobody_saw(self) -> None:
        self.kernel = Kernel()
        self.read = start_reading(self.kernel)
        self.kernel.me.reaped_ns += 5 * MILLISECOND
        self.read.pass_by(LOOK)

    def when_looks_follow_each_other_closely(self) -> None:
        self.told = []
        for at_border in (False, False, True, False, False):
            readings = self.read.pass_by(20 * MILLISECOND, at_border=at_border)
            self.told.append(1 in [source for source, *_ in readings])

    def then_it_is_told_in_time_and_at_borders(self) -> None:
        assert self.told == [False, False, True, True, False]


class Threads(vedro.Scenario):
    subject = "processes known to have one thread are named to who looks for children"

    def given_a_child_of_each_kind(self) -> None:
        self.kernel = Kernel()
        self.single = self.kernel.start("sh", self.kernel.me)
        self.kernel.start("java", self.kernel.me).threads = 20
        self.read = start_reading(self.kernel)

    def when_they_are_looked_at_again(self) -> None:
        self.read.pass_by(LOOK)

    def then_only_that_one_is_named(self) -> None:
        assert self.kernel.asked_single_threaded == {self.single.pid}


class Closed(vedro.Scenario):
    subject = "closing twice closes the files of all, and of nobody twice"

    def given_a_family(self) -> None:
        self.kernel = Kernel()
        self.kernel.start("sh", self.kernel.me)
        self.read = start_reading(self.kernel)

    def when_it_is_closed_twice(self) -> None:
        self.read.family.close()
        self.read.family.close()

    def then_nothing_is_open(self) -> None:
        assert [task.opened for task in self.kernel.tasks.values()] == [0, 0]


class NoTargetItself(vedro.Scenario):
    subject = "a recorder that is no target leaves its name to a child, which is read once it runs its program"

    def given_a_recorder_that_is_read_through_but_not_itself(self) -> None:
        self.kernel = Kernel("python", own=False)
        self.read = start_reading(self.kernel)

    def when_it_forks_and_the_program_starts_late(self) -> None:
        self.child = self.kernel.start("python", self.kernel.me, is_forked_only=True)
        self.before = self.read.pass_by(LOOK)
        self.child.is_forked_only, self.child.cpu_ns = False, 7 * MILLISECOND
        self.after = self.read.pass_by(LOOK)

    def and_when_it_has_ended(self) -> None:
        self.child.cpu_ns += 5 * MILLISECOND
        self.kernel.wait_for(self.child)
        self.read.pass_by(LOOK)
        self.read.pass_by(LOOK)

    def then_nothing_was_read_before(self) -> None:
        assert self.before == []

    def and_the_child_alone_after(self) -> None:
        assert [source.target for source in self.kernel.roster.sources] == ["python"]
        assert [reading[1] for reading in self.after] == [7 * MILLISECOND]

    def and_all_that_it_used_is_told(self) -> None:
        assert self.read.cpu_ns() == {"python": 12 * MILLISECOND}
