"""Names of folders made of run ids."""

from pathlib import Path

import vedro
from hypothesis import example, given
from hypothesis import strategies as st

from tests.contexts.properties import SETTINGS
from vedro_profiling.folder_names import folder_name


class AnyRun(vedro.Scenario):
    subject = "a run of any id makes one folder in the folder that is meant for it, and none elsewhere"

    def given_a_folder(self) -> None:
        self.parent = vedro.create_tmp_dir()

    def then_any_run_can_have_its_own_there(self) -> None:
        @SETTINGS
        @given(st.text())
        @example("../" * 100)
        @example("\U00020000" * 300)
        @example("a\0b")
        def holds(run: str) -> None:
            folder = self.parent / folder_name(run)
            folder.mkdir(exist_ok=True)
            assert [folder.parent, folder.resolve().parent] == [self.parent, self.parent.resolve()]
            assert folder.name == Path(folder.name).name

        holds()
