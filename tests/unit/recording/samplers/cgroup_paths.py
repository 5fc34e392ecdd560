import vedro
from vedro import catched, params

from tests.contexts.cgroup_trees import CONTAINERS, HYBRID_CONTAINER, lay_out, lay_out_hybrid, write_file
from vedro_profiling.errors import RecordingError
from vedro_profiling.recording.samplers.cgroup_paths import Directories, find_directories


class EveryRecordedContainer(vedro.Scenario):
    subject = (
        "on {machine_name} each container's own cgroup is found: nested, rootless, managing its own, without network"
    )

    @params("6.12-systemd")
    @params("6.12-cgroupfs")
    @params("6.1-systemd")
    @params("6.1-cgroupfs")
    @params("6.12-systemd-docker26")
    def __init__(self, machine_name: str) -> None:
        self.machine_name = machine_name

    def given_a_recorded_machine(self) -> None:
        self.machine = lay_out(self.machine_name, vedro.create_tmp_dir())

    def when_each_container_is_looked_for(self) -> None:
        self.found = {}
        for service in CONTAINERS:
            answer = self.machine.inspection(service)
            self.found[service] = find_directories(answer["State"]["Pid"], answer["Id"], root=self.machine.root)

    def then_each_directory_is_the_one_the_engine_made(self) -> None:
        for service, found in self.found.items():
            own = self.machine.directory(service)
            assert found == Directories(2, own, own, own, self.machine.process(service))


class HybridMachine(vedro.Scenario):
    subject = "where v1 holds the controllers, v1 is read, although a v2 hierarchy is mounted and named"

    def given_a_machine_with_both(self) -> None:
        self.root = lay_out_hybrid(vedro.create_tmp_dir())

    def when_a_container_is_looked_for(self) -> None:
        self.found = find_directories(8122, HYBRID_CONTAINER, root=self.root)

    def then_its_directories_are_those_of_v1(self) -> None:
        own = f"docker/{HYBRID_CONTAINER}"
        top = self.root / "sys/fs/cgroup"
        process = self.root / "proc/8122"
        assert self.found == Directories(1, top / "cpuacct" / own, top / "memory" / own, top / "blkio" / own, process)


class IdleDiskCounters(vedro.Scenario):
    subject = "on v1 the disk has a directory where the root's counters are {counters!r}: {counts}"

    @params("254:0 Read 4096\n254:0 Write 0\n254:0 Total 4096\nTotal 4096\n", counts=True)
    @params("Total 0\n", counts=False)
    def __init__(self, counters: str, *, counts: bool) -> None:
        self.counters = counters
        self.counts = counts

    def given_a_machine_with_v1(self) -> None:
        self.root = lay_out_hybrid(vedro.create_tmp_dir())
        write_file(self.root, "/sys/fs/cgroup/blkio/blkio.throttle.io_service_bytes", self.counters)

    def when_a_container_is_sought(self) -> None:
        self.found = find_directories(8122, HYBRID_CONTAINER, root=self.root)

    def then_zeros_of_a_kernel_that_does_not_count_are_not_read(self) -> None:
        assert (self.found.disk is not None) == self.counts


class UnmountedController(vedro.Scenario):
    subject = "a controller that is mounted nowhere has no directory, and the others are found"

    def given_a_machine_without_blkio(self) -> None:
        self.root = lay_out_hybrid(vedro.create_tmp_dir())
        mounts = self.root / "proc/self/mountinfo"
        lines = [line for line in mounts.read_text().splitlines(keepends=True) if "blkio" not in line]
        mounts.write_text("".join(lines))

    def and_its_process_is_in_no_cgroup_of_it(self) -> None:
        cgroup = self.root / "proc/8122/cgroup"
        lines = [line for line in cgroup.read_text().splitlines(keepends=True) if "cpuacct" not in line]
        cgroup.write_text("".join(lines))

    def when_a_container_is_looked_for(self) -> None:
        self.found = find_directories(8122, HYBRID_CONTAINER, root=self.root)

    def then_only_memory_is_found(self) -> None:
        assert self.found.cpu is None
        assert self.found.disk is None
        assert self.found.memory == self.root / "sys/fs/cgroup/memory/docker" / HYBRID_CONTAINER


class SomebodyElse(vedro.Scenario):
    subject = "a process whose cgroup does not bear the container's id is somebody else's"

    def given_a_machine_on_which_another_process_has_the_pid(self) -> None:
        self.machine = lay_out("6.12-systemd", vedro.create_tmp_dir())
        self.pid = self.machine.inspection("busy")["State"]["Pid"]

    def when_a_container_of_another_machine_is_looked_for(self) -> None:
        with catched(RecordingError) as self.caught:
            find_directories(self.pid, HYBRID_CONTAINER, root=self.machine.root)

    def then_the_error_says_so(self) -> None:
        assert "does not bear the container's id 6648c770ea28" in str(self.caught.value)


class NoProcess(vedro.Scenario):
    subject = "a pid that is not here is told as such: the container ended, or the engine is remote"

    def given_a_machine(self) -> None:
        self.root = lay_out_hybrid(vedro.create_tmp_dir())

    def when_an_unknown_pid_is_looked_for(self) -> None:
        with catched(ProcessLookupError) as self.caught:
            find_directories(99, HYBRID_CONTAINER, root=self.root)

    def then_the_error_says_so(self) -> None:
        assert "no process 99 here" in str(self.caught.value)


class InsideAnotherContainer(vedro.Scenario):
    subject = "from inside a container, a cgroup that no mount shows is told, not guessed: {cgroup} below {mount_root}"

    @params("/../docker-{}.scope", "/")
    @params("/../docker-{}.scope", "/../..")
    @params("/docker/{}", "/docker/the-job")
    def __init__(self, cgroup: str, mount_root: str) -> None:
        self.cgroup = cgroup
        self.mount_root = mount_root

    def given_what_a_job_container_sees(self) -> None:
        self.root = vedro.create_tmp_dir()
        mount = f"562 561 0:28 {self.mount_root} /sys/fs/cgroup ro - cgroup2 cgroup rw\n"
        write_file(self.root, "/proc/self/mountinfo", mount)
        write_file(self.root, "/proc/969/cgroup", f"0::{self.cgroup.format(HYBRID_CONTAINER)}\n")

    def when_another_container_is_looked_for(self) -> None:
        with catched(RecordingError) as self.caught:
            find_directories(969, HYBRID_CONTAINER, root=self.root)

    def then_the_error_says_what_is_missing(self) -> None:
        assert "is not mounted here" in str(self.caught.value)


class MountedElsewhere(vedro.Scenario):
    subject = "a hierarchy mounted elsewhere, under a name with a blank, below a root of its own, is found there"

    def given_such_a_mount(self) -> None:
        self.root = vedro.create_tmp_dir()
        self.own = self.root / "the host" / HYBRID_CONTAINER
        self.own.mkdir(parents=True)
        mount = "1 1 0:28 /docker /the\\040host ro shared:1 - cgroup2 cgroup rw\n"
        write_file(self.root, "/proc/self/mountinfo", mount)
        write_file(self.root, "/proc/969/cgroup", f"0::/docker/{HYBRID_CONTAINER}/init\n")

    def when_the_container_is_looked_for(self) -> None:
        self.found = find_directories(969, HYBRID_CONTAINER, root=self.root)

    def then_it_is_found_there(self) -> None:
        assert self.found.memory == self.own
