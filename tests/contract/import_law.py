"""Who may import whom, as data, and the scenarios that hold the package to it."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import vedro
from vedro import params

import vedro_profiling

HOUSE: Final = "vedro_profiling"
HOME: Final = Path(vedro_profiling.__file__).parent

# A module obeys the longest entry that leads to it; the standard library is open to all.
# module or room: (what it may import of the house, the third parties it may import)
LAW: Final = {
    "__init__": ("_config _plugin", ""),
    "__main__": ("cli", ""),
    "_budget": ("errors schema analysis", "vedro"),
    "_config": ("_plugin", "vedro"),
    "_flags": ("errors schema options", ""),
    "_plugin": (
        "errors schema options amounts _budget _flags recording storage session analysis charts console markdown",
        "vedro",
    ),
    "amounts": ("", ""),
    "cli": (
        "errors schema options amounts recording storage session analysis charts console digest markdown",
        "",
    ),
    "errors": ("", ""),
    "schema": ("errors", ""),
    "options": ("errors schema", ""),
    "recording": ("errors schema recording", ""),
    "recording.points": ("errors schema recording", "polars"),
    "recording.samplers.process": ("errors schema recording", "psutil"),
    "recording.samplers.host": ("errors schema recording", "psutil"),
    "recording.samplers.docker": ("errors schema recording", "docker"),
    "recording.samplers.engine": ("errors schema recording", "docker"),
    "storage": ("errors schema storage", "polars"),
    "session": ("errors schema options recording storage", ""),
    "analysis": ("errors schema storage analysis", "polars narwhals"),
    "charts": ("errors schema amounts analysis charts", "polars altair"),
    "charts.render": ("errors schema amounts analysis charts", "polars altair vl_convert"),
    "console": ("errors schema digest", "polars rich"),
    "digest": ("errors schema amounts analysis", "polars"),
    "markdown": ("errors schema storage digest console", "polars"),
}


def dotted(path: Path) -> str:
    """`recording/samplers/host.py` as `recording.samplers.host`, a room's `__init__.py` as the room."""
    parts = path.relative_to(HOME).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def is_under(module: str, rooms: str) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms.split())


def is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
    return name == "TYPE_CHECKING"


def executed(node: ast.AST) -> Iterator[ast.AST]:
    """Walk everything that can run, functions too; what only a type checker reads is exempt."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and is_type_checking(child.test):
            for statement in child.orelse:
                yield statement
                yield from executed(statement)
        else:
            yield child
            yield from executed(child)


def imported(node: ast.AST, package: str) -> list[str]:
    """List the absolute names that one statement or one call imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        source = ".".join([*base, *filter(None, [node.module])])
        return [f"{HOUSE}.{alias.name}" for alias in node.names] if source == HOUSE else [source]
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        return [str(node.args[0].value)] if called in {"import_module", "__import__"} else []
    return []


def is_allowed(name: str, house: str, third_parties: str) -> bool:
    top, _, rest = name.partition(".")
    return is_under(rest, house) if top == HOUSE else top in {*sys.stdlib_module_names, *third_parties.split()}


def breaches(module: str, source: str, *, is_room: bool = False) -> list[str]:
    """List what `module` imports against the law."""
    entry = max((entry for entry in LAW if is_under(module, entry)), key=len, default=None)
    if entry is None:
        return [f"{module} has no place in the law: give it one in LAW of {Path(__file__).name}"]
    package = f"{HOUSE}.{module}" if is_room else f"{HOUSE}.{module}".rpartition(".")[0]
    return [
        f"{module}, line {getattr(node, 'lineno', 0)}, imports {name}"
        for node in executed(ast.parse(source))
        for name in imported(node, package)
        if not is_allowed(name, *LAW[entry])
    ]


class ThePackageKeepsTheLaw(vedro.Scenario):
    subject = "every module of the package imports only what the law allows it"

    def given_the_modules(self) -> None:
        self.paths = sorted(HOME.rglob("*.py"))
        assert self.paths

    def when_each_is_judged(self) -> None:
        self.breaches = [
            breach
            for path in self.paths
            for breach in breaches(
                dotted(path), path.read_text("utf-8"), is_room=path.name == "__init__.py" and path.parent != HOME
            )
        ]

    def then_none_breaks_the_law(self) -> None:
        assert self.breaches == []


class TheLawBites(vedro.Scenario):
    subject = "refused: `{source}` in {module}"

    @params("recording.recorder", "import polars as pl")
    @params("recording.recorder", "from vedro_profiling.storage.ndjson import write_ndjson")
    @params("recording.recorder", "def start(self): import psutil")
    @params("recording.recorder", "from ..storage import parquet")
    @params("recording.recorder", "if TYPE_CHECKING: import polars\nelse: import numpy")
    @params("recording.samplers.process", "import docker")
    @params("recording.samplers.host", "from ...charts.theme import COLOURS")
    @params("recording.samplers.docker", "from psutil import Process")
    @params("storage.sources", "from vedro_profiling import recording")
    @params("storage.sources", "from vedro_profiling.recording.journal import read")
    @params("analysis.summary", "import altair")
    @params("analysis.summary", "from vedro_profiling import VedroProfiling")
    @params("charts.timeline", "from importlib import import_module; import_module('vl_convert')")
    @params("session", "import vedro_profiling._plugin")
    @params("session", "from vedro_profiling import cli")
    @params("cli", "from vedro.core import Plugin")
    @params("console", "__import__('altair.vegalite')")
    @params("schema", "import vedro_profiling")
    @params("helpers", "import os")
    def __init__(self, module: str, source: str) -> None:
        self.module = module
        self.source = source

    def when_it_is_judged(self) -> None:
        self.breaches = breaches(self.module, self.source)

    def then_one_breach_is_named(self) -> None:
        assert len(self.breaches) == 1
        assert self.module in self.breaches[0]


class TheLawAllows(vedro.Scenario):
    subject = "allowed: `{source}` in {module}"

    @params("recording.recorder", "import time; from collections.abc import Callable")
    @params("recording.recorder", "if TYPE_CHECKING: import polars")
    @params("recording.recorder", "if typing.TYPE_CHECKING: from vedro_profiling import session")
    @params("recording.recorder", "from . import buffer; from .clock import Clock; from .. import schema")
    @params("recording.points", "import polars as pl")
    @params("recording.samplers.process", "from vedro_profiling.recording import kernel_file; import psutil")
    @params("session", "def drain(): from vedro_profiling.recording.points import derive")
    @params("charts.render", "import vl_convert as vlc")
    @params("_plugin", "import vedro; from vedro_profiling.charts.render import save_chart")
    def __init__(self, module: str, source: str) -> None:
        self.module = module
        self.source = source

    def when_it_is_judged(self) -> None:
        self.breaches = breaches(self.module, self.source)

    def then_nothing_is_said(self) -> None:
        assert self.breaches == []
