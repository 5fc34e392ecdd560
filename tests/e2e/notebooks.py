"""The notebooks run as shipped."""

from pathlib import Path
from typing import Any, Final

import nbformat
import vedro
from nbclient import NotebookClient
from vedro import params

NOTEBOOKS: Final = Path(__file__).parents[2] / "notebooks"


def pictures(notebook: Any) -> int:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return sum("image/png" in output.get("data", {}) for output in outputs)


class Notebook(vedro.Scenario):
    subject = "the notebook {name} runs from top to bottom, and is shipped with its pictures"

    @params("01-first-look.ipynb", 3)
    @params("02-scenarios-and-budgets.ipynb", 1)
    @params("03-compare-runs.ipynb", 1)
    @params("04-load-test-with-k6.ipynb", 1)
    def __init__(self, name: str, expected_pictures: int) -> None:
        self.name, self.expected_pictures = name, expected_pictures

    def given_the_notebook_as_shipped(self) -> None:
        self.notebook = nbformat.reads((NOTEBOOKS / self.name).read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-untyped-call]
        assert pictures(self.notebook) == self.expected_pictures

    def when_it_is_executed(self) -> None:
        resources = {"metadata": {"path": str(NOTEBOOKS)}}
        # A cell that fails raises.
        NotebookClient(self.notebook, timeout=120, kernel_name="python3", resources=resources).execute()

    def then_it_shows_its_pictures_again(self) -> None:
        assert pictures(self.notebook) == self.expected_pictures
