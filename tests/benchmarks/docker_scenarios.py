"""Scenarios that let containers work and read on their own what these used: text of modules, as in `sample_scenarios`.

What a scenario does in a container it asks for by a signal, for `docker exec` would start a process there that counts.
"""

from collections.abc import Mapping
from typing import Final

from tests.benchmarks.sample_scenarios import working_scenario

__all__ = (
    "burning_scenario",
    "counting_scenario",
    "holding_scenario",
)

_BURN: Final = """
def counters():
    texts = {{name: Path(path).read_text().split() for name, path in {counters!r}.items()}}
    return {{name: int(text[0]) if len(text) == 1 else 1000 * int(text[1]) for name, text in texts.items()}}

before, began = counters(), time.monotonic()
import docker
burner = docker.from_env().containers.get({container!r})
told = len(burner.logs())
burner.kill("USR1")
while b"sys" not in burner.logs()[told:] or time.monotonic() < began + {seconds}:
    time.sleep(0.1)
said = burner.logs()[told:].decode()
Path(__file__).with_suffix(".counters").write_text(json.dumps([before, counters(), said]))
"""

_HOLD: Final = """
import docker
holder = docker.from_env().containers.get({container!r})
time.sleep(1.4)
told = len(holder.logs())
holder.kill("USR1")
while b"sys" not in holder.logs()[told:]:
    time.sleep(0.1)
time.sleep(1)
Path(__file__).with_suffix(".counters").write_text(json.dumps(holder.logs()[told:].decode()))
"""

_COUNT: Final = """
import docker
answers = docker.from_env().containers.get({container!r}).stats(stream=True, decode=True)
answers = [next(answers) for _ in range({answers})]
Path(__file__).with_suffix(".counters").write_text(json.dumps(answers))
"""


def burning_scenario(container: str, counters: Mapping[str, str], *, seconds: float) -> str:
    """Write a scenario that lets a container burn, and reads these files of CPU counters before and after."""
    return _written(_BURN.format(container=container, counters=dict(counters), seconds=seconds))


def holding_scenario(container: str) -> str:
    """Write a scenario that lets a container hold memory for a moment, far from any tick of a grid of seconds."""
    return _written(_HOLD.format(container=container))


def counting_scenario(container: str, *, answers: int) -> str:
    """Write a scenario that asks the engine for what `docker stats` shows, an answer a second."""
    return _written(_COUNT.format(container=container, answers=answers))


def _written(work: str) -> str:
    return working_scenario(work.strip().replace("\n", "\n        "))
