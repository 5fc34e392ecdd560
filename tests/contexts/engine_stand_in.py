"""An engine that does what a scenario says, over containers that are plain files."""

import errno
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import vedro

from tests.contexts.cgroup_trees import lay_out_hybrid, write_file
from vedro_profiling.recording.kernel_file import KernelFile

__all__ = ("StandInEngine", "StandInStream")


class StandInStream:
    """Objects as they are sent; `send` returns when the receiver has dealt with what it was sent."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[tuple[dict[str, Any] | Exception | None, threading.Event]] = queue.SimpleQueue()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        while True:
            event, dealt_with = self._events.get()
            try:
                if event is None:
                    return
                if isinstance(event, Exception):
                    raise event
                yield event
            finally:
                dealt_with.set()

    def put(self, event: dict[str, Any] | Exception | None) -> threading.Event:
        """Send without waiting; what is returned is set when the receiver has dealt with it."""
        dealt_with = threading.Event()
        self._events.put((event, dealt_with))
        return dealt_with

    def send(self, event: dict[str, Any] | Exception | None) -> None:
        dealt_with = self.put(event)
        assert dealt_with.wait(20), f"nobody takes the event {event!r}"

    def close(self) -> None:
        self.put(None)


class StandInEngine:
    """Starts and ends containers whose cgroup (v1) is made of plain files below `root`."""

    def __init__(self) -> None:
        self.root = vedro.create_tmp_dir()
        self.stream = StandInStream()
        self.connections = 0
        self.connected = threading.Event()
        self.answering = threading.Event()
        self.answering.set()
        self.failures: list[Exception] = []
        self.inspections: dict[str, dict[str, Any]] = {}
        self.refusals: list[Exception] = []
        self._first_statistics: dict[str, dict[str, Any]] = {}
        self._statistics: defaultdict[str, queue.SimpleQueue[StandInStream]] = defaultdict(queue.SimpleQueue)
        self._pid = 1000
        self._gone: set[Path] = set()
        self._end_reads_of_gone_containers()

    def _end_reads_of_gone_containers(self) -> None:
        """Let files of ended containers answer ENODEV, as the kernel's do."""
        read = KernelFile.read

        def read_if_there(file: KernelFile) -> bytes:
            if any(folder in Path(file.path).parents for folder in self._gone):
                raise OSError(errno.ENODEV, "No such device", str(file.path))
            return read(file)

        patched = patch.object(KernelFile, "read", read_if_there)
        patched.start()
        vedro.defer(patched.stop)

    # what the scenario says

    def start(self, container_id: str, *, name: str = "app", project: str = "shop", **more: Any) -> Path:
        """Start a container, without telling; return the folder of its cgroups, a `{}` standing for the controller.

        `more` may hold `age_ns`, how long it ran before, `started`, and keys of the engine's answer.
        """
        self._pid += 1
        path = f"/docker/{container_id}-{self._pid}"
        lay_out_hybrid(self.root, pid=self._pid, path=path)
        self.set_age(more.pop("age_ns", 3_600_000_000_000))
        labels = {"com.docker.compose.project": project, "com.docker.compose.service": name.partition("-")[0]}
        self.inspections[container_id] = {
            "Id": container_id,
            "Name": f"/{name}",
            "Config": {"Labels": labels},
            "HostConfig": {"NetworkMode": "default"},
            "State": {"Running": True, "Pid": self._pid, "StartedAt": more.pop("started", f"start {self._pid}")},
            **more,
        }
        return self.root / "sys/fs/cgroup/{}" / path.lstrip("/")

    def set_age(self, age_ns: int) -> None:
        """Let the process of the container started last have run for so long."""
        since_boot_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - age_ns
        ticks = since_boot_ns // 10_000_000
        write_file(self.root, f"/proc/{self._pid}/stat", f"{self._pid} (sh) S" + " 0" * 18 + f" {ticks} 0\n")

    def end(self, container_id: str) -> None:
        """End a container, without telling: what is open of it answers ENODEV, what is not is not there."""
        state = self.inspections[container_id]["State"]
        state["Running"] = False
        pid = state["Pid"]
        (self.root / f"proc/{pid}/cgroup").unlink()
        for controller in ("cpuacct", "memory", "blkio"):
            folder = self.root / f"sys/fs/cgroup/{controller}/docker/{container_id}-{pid}"
            self._gone.add(folder)
            for file in folder.iterdir():
                file.unlink()

    def remove(self, container_id: str) -> None:
        self.end(container_id)
        del self.inspections[container_id]

    def tell(self, action: str, container_id: str, **attributes: str) -> None:
        """Send an event, and wait until it was dealt with."""
        answer = self.inspections[container_id]
        names = {**answer["Config"]["Labels"], "name": answer["Name"].lstrip("/"), **attributes}
        self.stream.send({"Action": action, "Actor": {"ID": container_id, "Attributes": names}})

    def prepare(self, container_id: str, stats: dict[str, Any]) -> None:
        """Give the next stream of a container a first object."""
        self._first_statistics[container_id] = stats

    def statistics_of(self, container_id: str) -> StandInStream:
        """Wait until statistics are asked for, and return the stream to send them by."""
        return self._statistics[container_id].get(timeout=20)

    # what is asked of an engine

    def connect(self) -> "StandInEngine":
        self.connections += 1
        self.answering.wait()
        if self.failures:
            raise self.failures.pop(0)
        return self

    def events(self) -> StandInStream:
        self.stream = StandInStream()
        return self.stream

    def running(self) -> list[dict[str, Any]]:
        self.connected.set()
        return [
            {"Id": answer["Id"], "Names": ["/web/db", answer["Name"]], "Labels": answer["Config"]["Labels"]}
            for answer in self.inspections.values()
            if answer["State"]["Running"]
        ]

    def inspect(self, container_id: str) -> dict[str, Any] | None:
        return self.inspections.get(container_id)

    def stats(self, container_id: str) -> StandInStream:
        if self.refusals:
            raise self.refusals.pop(0)
        stream = StandInStream()
        if container_id in self._first_statistics:
            stream.put(self._first_statistics.pop(container_id))
        self._statistics[container_id].put(stream)
        return stream

    def close(self) -> None:
        """Nothing is held open."""
