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

LEAVES: Final = "errors folder_names replacing schema"
"""Import nothing of the house, and everyone else may import them."""

# A module obeys the longest entry that leads to it; leaves and the standard library are open to all.
# module or room: (what it may import of the house, the third parties it may import)
LAW: Final = {
    "__init__": ("_plugin", ""),
    "__main__": ("cli", ""),
    "errors": ("", ""),
    "folder_names": ("", ""),
    "replacing": ("", ""),
    "schema": ("", ""),
    "options": ("", ""),
    "recording": ("recording", ""),
    "recording.points": ("recording", "polars"),
    "recording.samplers.process": ("recording", "psutil"),
    "recording.samplers.host": ("recording", "psutil"),
    "recording.samplers.engine": ("recording", "docker"),
    "storage": ("storage", "polars"),
    "session": ("options recording storage session", ""),
    "session.drain": ("recording storage session", "polars"),
    "session.interrupts": ("", ""),
    "analysis": ("storage analysis", "polars"),
    "analysis.comparison_statistics": ("storage analysis", "polars scipy"),
    "reporting": ("analysis reporting", ""),
    "reporting.amounts": ("", ""),
    "reporting.printable": ("", ""),
    "reporting.digest": ("analysis reporting.amounts", "polars"),
    "reporting.console": ("reporting", "rich"),
    "charts": ("reporting.amounts analysis charts", "polars altair"),
    "charts.render": ("reporting.amounts analysis charts", "polars altair vl_convert"),
    "charts.drawing_process": ("", "vl_convert"),
    "charts.report": ("reporting.amounts reporting.printable storage analysis charts", "polars jinja2"),
    "_plugin": ("options session analysis reporting charts _plugin", "vedro"),
    "cli": ("options recording storage session analysis reporting charts cli", "polars rich typer"),
}

BY_NAME: Final = {"import_module", "__import__"}
"""The functions that import what they are told to."""

UNTOLD: Final = "what only a run can tell"


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
    """List the absolute names that one statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        source = ".".join([*base, *filter(None, [node.module])])
        return [f"{HOUSE}.{alias.name}" for alias in node.names] if source == HOUSE else [source]
    return []


def imported_by_name(nodes: list[ast.AST]) -> Iterator[tuple[ast.AST, str]]:
    """Find each mention of a function that imports by name, and the name it is called with.

    A mention that is no call lets it be called out of sight, under another name or by another function.
    """
    calls = {node.func: node for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        if mentioned(node) in BY_NAME:
            call = calls.get(node) if isinstance(node, ast.expr) else None
            yield node, UNTOLD if call is None else constant_name(call)


def mentioned(node: ast.AST) -> str | None:
    if isinstance(node, ast.alias):
        return node.name if node.asname else None
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def constant_name(call: ast.Call) -> str:
    given = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "name")]
    return str(given[0].value) if given and isinstance(given[0], ast.Constant) else UNTOLD


def is_allowed(name: str, house: str, third_parties: str) -> bool:
    top, _, rest = name.partition(".")
    return is_under(rest, house) if top == HOUSE else top in {*sys.stdlib_module_names, *third_parties.split()}


def breaches(module: str, source: str, *, is_room: bool = False) -> list[str]:
    """List what `module` imports against the law."""
    entry = max((entry for entry in LAW if is_under(module, entry)), key=len, default=None)
    if entry is None:
        return [f"{module} has no place in the law: give it one in LAW of {Path(__file__).name}"]
    package = f"{HOUSE}.{module}" if is_room else f"{HOUSE}.{module}".rpartition(".")[0]
    nodes = list(executed(ast.parse(source)))
    house, third_parties = LAW[entry]
    open_rooms = house if is_under(module, LEAVES) else f"{house} {LEAVES}"
    names = [*((node, name) for node in nodes for name in imported(node, package)), *imported_by_name(nodes)]
    return [
        f"{module}, line {getattr(node, 'lineno', 0)}, imports {name}"
        for node, name in names
        # The package's own `__getattr__` (PEP 562) imports the home of a public name.
        if not is_allowed(name, open_rooms, third_parties) and (module, name) != ("__init__", UNTOLD)
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


class TheLawIsAboutThePackage(vedro.Scenario):
    subject = "every entry of the law is a module or a room that exists"

    def when_modules_and_rooms_are_listed(self) -> None:
        self.existing = {dotted(path) for path in HOME.rglob("*.py")}

    def then_each_entry_is_one_of_them(self) -> None:
        assert set(LAW) - self.existing == set()

    def and_so_is_each_that_may_be_imported(self) -> None:
        assert {room for house, _ in LAW.values() for room in f"{house} {LEAVES}".split()} - self.existing == set()


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
    @params("session", "import vedro_profiling._plugin.plugin")
    @params("session", "from vedro_profiling import console")
    @params("markdown", "from vedro.core import Plugin")
    @params("console", "__import__('altair.vegalite')")
    @params("console", "import_module(name='polars')")
    @params("console", "import_module('.storage', 'vedro_profiling')")
    @params("console", "importlib.import_module(chosen)")
    @params("console", "import_module(f'{chosen}')")
    @params("console", "import_module(*chosen)")
    @params("console", "builtins.__import__(chosen)")
    @params("console", "from importlib import import_module as load; load('polars')")
    @params("console", "load = importlib.import_module; load('polars')")
    @params("console", "modules = map(__import__, chosen)")
    @params("__init__", "import_module('polars')")
    @params("errors", "from vedro_profiling import replacing")
    @params("replacing", "from vedro_profiling.errors import OptionError")
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
    @params("charts.render", "from vedro_profiling.replacing import replacing")
    @params("reporting.amounts", "from vedro_profiling import errors")
    @params("reporting.digest", "from importlib import import_module; import_module(name='polars')")
    @params("session", "importlib.import_module('concurrent.futures.thread')")
    @params("__init__", "import_module(f'{__name__}.{home}')")
    @params("_plugin.conclusion", "import vedro; from vedro_profiling.charts.render import save_chart")
    def __init__(self, module: str, source: str) -> None:
        self.module = module
        self.source = source

    def when_it_is_judged(self) -> None:
        self.breaches = breaches(self.module, self.source)

    def then_nothing_is_said(self) -> None:
        assert self.breaches == []
