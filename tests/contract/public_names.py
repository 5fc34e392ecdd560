"""What `import vedro_profiling` gives, and what it leaves unloaded."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import vedro
from vedro import params
from vedro.core import PluginConfig

import vedro_profiling

HEAVY: Final = ("altair", "docker", "numpy", "polars", "psutil", "vl_convert")

# Run in a process of its own: this one has long imported everything.
NAME_THE_HEAVY: Final = f"print(sorted({{name.partition('.')[0] for name in sys.modules}} & {{*{HEAVY!r}}}))"
IMPORT: Final = f"import sys, vedro_profiling\n{NAME_THE_HEAVY}"
AS_VEDRO: Final = f"""
import runpy, sys
code = 0
try:
    runpy.run_module("vedro", run_name="__main__")
except SystemExit as exited:
    code = exited.code
# Vedro leaves a colour code on its last line
print("\\nexit code", code)
{NAME_THE_HEAVY}
"""

CONFIG: Final = """
import vedro
import vedro_profiling

class Config(vedro.Config):
    class Plugins(vedro.Config.Plugins):
        class VedroProfiling(vedro_profiling.VedroProfiling):
            enabled = True
"""
SCENARIO: Final = """
import vedro

class Scenario(vedro.Scenario):
    subject = "nothing much"

    def then_it_passes(self):
        pass
"""


def run_python(code: str, *arguments: str, folder: Path) -> list[str]:
    """Run `code` in a fresh interpreter and return the lines it printed."""
    finished = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert finished.stderr == ""
    return finished.stdout.splitlines()


class OnePluginConfig(vedro.Scenario):
    subject = "Vedro's plugin commands find exactly one plugin to enable"

    def when_the_module_is_searched_as_vedro_does_it(self) -> None:
        self.found = [
            name
            for name, value in vars(vedro_profiling).items()
            if isinstance(value, type) and issubclass(value, PluginConfig)
        ]

    def then_it_is_ours(self) -> None:
        assert self.found == ["VedroProfiling"]


class EveryNameResolves(vedro.Scenario):
    subject = "every public name resolves and is listed"

    def when_each_is_looked_up(self) -> None:
        self.missing = [name for name in vedro_profiling.__all__ if not hasattr(vedro_profiling, name)]

    def then_none_is_missing(self) -> None:
        assert self.missing == []

    def and_dir_lists_them(self) -> None:
        assert set(vedro_profiling.__all__) <= set(dir(vedro_profiling))

    def and_each_stands_once_in_order(self) -> None:
        assert list(vedro_profiling.__all__) == sorted(set(vedro_profiling.__all__))


class AMisspeltName(vedro.Scenario):
    subject = "a misspelt public name is refused with the names there are"

    def when_it_is_looked_up(self) -> None:
        try:
            vedro_profiling.lode  # noqa: B018 - looking it up is the point
        except AttributeError as error:
            self.said = str(error)

    def then_the_text_names_it_and_the_others(self) -> None:
        assert "'lode'" in self.said
        assert "VedroProfiling" in self.said


class ImportIsLight(vedro.Scenario):
    subject = "`import vedro_profiling` loads no heavy library"

    def when_it_is_imported_in_a_fresh_process(self) -> None:
        self.lines = run_python(IMPORT, folder=vedro.create_tmp_dir())

    def then_none_is_loaded(self) -> None:
        assert self.lines == ["[]"]


class OffIsLight(vedro.Scenario):
    subject = "`vedro {command}` with the plugin in the config and profiling off loads no heavy library"

    @params("version")
    @params("run")
    def __init__(self, command: str) -> None:
        self.command = command

    def given_a_project(self) -> None:
        self.folder = vedro.create_tmp_dir()
        (self.folder / "vedro.cfg.py").write_text(CONFIG, "utf-8")
        (self.folder / "scenarios").mkdir()
        (self.folder / "scenarios" / "nothing.py").write_text(SCENARIO, "utf-8")

    def when_vedro_runs_in_it(self) -> None:
        self.lines = run_python(AS_VEDRO, self.command, folder=self.folder)

    def then_it_ends_well(self) -> None:
        assert self.lines[-2] == "exit code 0"

    def and_none_is_loaded(self) -> None:
        assert self.lines[-1] == "[]"
