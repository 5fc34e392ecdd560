"""Every example in a docstring of the package is run, and shows what it says."""

import doctest
import os
import re
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any, Final

import vedro
from vedro import params

import vedro_profiling

HOME: Final = Path(vedro_profiling.__file__).parent
PROMPT: Final = re.compile(r"^\s*>>> ", re.MULTILINE)
OPTIONS: Final = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def modules_with_examples() -> list[str]:
    """Tell by their text, so that no module is imported before its own scenario."""
    paths = [path for path in sorted(HOME.rglob("*.py")) if PROMPT.search(path.read_text("utf-8"))]
    names = [".".join(path.relative_to(HOME.parent).with_suffix("").parts) for path in paths]
    return [name.removesuffix(".__init__") for name in names]


def each_module(init: Any) -> Any:
    for name in reversed(modules_with_examples()):
        init = params(name)(init)
    return init


class ExamplesShowWhatTheySay(vedro.Scenario):
    subject = "the docstring examples of {module} run and print what they show"

    @each_module
    def __init__(self, module: str) -> None:
        self.module = module

    def given_the_module_and_a_folder_to_write_in(self) -> None:
        self.imported = import_module(self.module)
        self.examples = len(PROMPT.findall(Path(str(self.imported.__file__)).read_text("utf-8")))
        vedro.defer(os.chdir, Path.cwd())
        os.chdir(vedro.create_tmp_dir())

    def when_its_examples_are_run(self) -> None:
        said = StringIO()
        runner = doctest.DocTestRunner(optionflags=OPTIONS)
        results = [
            runner.run(test, out=said.write) for test in doctest.DocTestFinder().find(self.imported, self.module)
        ]
        self.attempted = sum(result.attempted for result in results)
        self.differences = said.getvalue()

    def then_each_prints_what_its_docstring_shows(self) -> None:
        assert self.differences == "", self.differences

    def and_none_was_passed_over(self) -> None:
        assert self.attempted == self.examples
