"""A block of code that is recorded without Vedro."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from inspect import signature
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import vedro
from vedro import catched, params

from tests.contexts.sessions import NEVER
from vedro_profiling.errors import OptionError
from vedro_profiling.options import Options
from vedro_profiling.session.block import record
from vedro_profiling.storage import load

if TYPE_CHECKING:
    from pathlib import Path


class RecordedBlock(vedro.Scenario):
    subject = "a recorded block has its points when it has ended, {how}"

    @params("in memory")
    @params("and its files")
    def __init__(self, how: str) -> None:
        self.how = how

    def given_a_folder_or_none(self) -> None:
        self.folder = vedro.create_tmp_dir() / ".profiling" if self.how == "and its files" else None

    def when_a_block_is_recorded(self) -> None:
        folder = str(self.folder) if self.folder else None
        with record(
            poll_time=NEVER, profiling_dir=folder, run_id="cell-3", additional_tags={"branch": "main"}
        ) as self.run:
            sum(range(300_000))

    def then_the_points_tell_of_process_and_host(self) -> None:
        points = self.run.points
        assert points["target"].n_unique() == 2
        assert set(points["run"]) == {"cell-3"}
        assert set(points["branch"]) == {"main"}
        assert "cpu_time" in points["metric"]

    def and_files_are_there_if_wanted(self) -> None:
        if self.folder is not None:
            assert load(self.folder).height == self.run.points.height


class OptionsOfABlock(vedro.Scenario):
    subject = "a block can be told every option of a run, and means what a run means when it is told nothing"

    def when_both_are_asked_for_their_options(self) -> None:
        self.of_a_block = {name: told.default for name, told in signature(record).parameters.items()}
        made = asdict(Options(profiling_run_id="run-1"))
        # A block is in its own process: there would be nothing left of it.
        del made["own_process"]
        self.of_a_run = {name.replace("profiling_run_id", "run_id"): value for name, value in made.items()}

    def then_the_names_are_the_same(self) -> None:
        assert set(self.of_a_block) == set(self.of_a_run)

    def and_the_defaults_but_for_what_suits_a_block_better(self) -> None:
        others = {name for name, default in self.of_a_block.items() if default != self.of_a_run[name]}
        assert others == {"poll_time", "profiling_methods", "run_id"}


class OptionsReachTheRun(vedro.Scenario):
    subject = "what a block is told reaches the run: {option} = {value}"

    @params("profiling_methods", ("docker",))
    @params("processes", ("postgres", 7))
    @params("docker_compose_project_name", ("shop", "bank"))
    @params("profiling_containers", ("db-*",))
    @params("docker_reader", "engine")
    @params("reset_peaks", False)  # noqa: FBT003 - the value of a named option
    @params("profiling_formats", ("ndjson.gz",))
    @params("additional_tags", {"branch": "main"})
    def __init__(self, option: str, value: Any) -> None:
        self.option = option
        self.value = value

    def when_a_block_is_recorded(self) -> None:
        with (
            patch("vedro_profiling.session.block.Session") as self.session,
            record(poll_time=NEVER, **{self.option: self.value}),
        ):
            pass

    def then_the_run_was_told_it(self) -> None:
        (options,) = self.session.call_args.args
        assert getattr(options, self.option) == self.value


class BlockThatRaises(vedro.Scenario):
    subject = "a block that raises is finished, and its error goes on"

    def when_a_block_raises(self) -> None:
        with catched(ZeroDivisionError) as self.caught, record(poll_time=NEVER) as self.run:
            raise ZeroDivisionError("the user's own")

    def then_the_error_went_on(self) -> None:
        assert str(self.caught.value) == "the user's own"

    def and_there_are_points(self) -> None:
        assert self.run.points.height > 0

    def and_the_run_was_named_after_its_start(self) -> None:
        (run,) = set(self.run.points["run"])
        assert len(run) == len("run-20261123-090507")


class WrongOption(vedro.Scenario):
    subject = "a block with a wrong option is not begun"

    def when_a_block_is_begun_with_a_wrong_option(self) -> None:
        self.begun = False
        with catched(OptionError) as self.caught, record(poll_time=-1):
            self.begun = True

    def then_the_option_is_named(self) -> None:
        assert "poll_time = -1" in str(self.caught.value)
        assert not self.begun


class WrongOptionOfAFunction(vedro.Scenario):
    subject = "a wrong option of a decorated function is told where it is decorated, and so is a generator"

    def when_both_are_decorated(self) -> None:
        with catched(OptionError) as self.option:
            record(poll_time=-1)

        with catched(OptionError) as self.generator:

            @record()
            def count() -> Iterator[int]:
                yield 1

    def then_each_is_named(self) -> None:
        assert "poll_time = -1" in str(self.option.value)
        assert "count is a generator" in str(self.generator.value)


class RecordedCoroutines(vedro.Scenario):
    subject = "a decorated coroutine function is recorded until it returns, two at once each on its own"

    def given_a_decorated_coroutine_function(self) -> None:
        self.folder = vedro.create_tmp_dir()
        self.seen: list[int] = []

        @record(poll_time=NEVER, profiling_dir=self.folder)
        async def double(number: int) -> int:
            await asyncio.sleep(0)
            self.seen.append(len([*(self.folder / ".journal").iterdir()]))
            return 2 * number

        self.double = double

    async def when_two_are_awaited_at_once(self) -> None:
        with patch("vedro_profiling.session.block.make_run_id", side_effect=["run-1", "run-2"]):
            self.answers = await asyncio.gather(self.double(1), self.double(2))

    def then_their_answers_are_their_own(self) -> None:
        assert [*self.answers] == [2, 4]

    def and_both_were_recorded_meanwhile(self) -> None:
        assert self.seen[0] == 2
        assert set(load(self.folder)["run"]) == {"run-2"}


class RecordedFunction(vedro.Scenario):
    subject = "a decorated function is recorded anew at each call, and its answer and its errors go on"

    def given_a_decorated_function(self) -> None:
        self.folder = vedro.create_tmp_dir()
        self.runs: list[Path] = []

        @record(poll_time=NEVER, profiling_dir=self.folder)
        def divide(number: int, *, by: int) -> float:
            self.runs += (self.folder / ".journal").iterdir()
            return number / by

        self.divide = divide

    def when_it_is_called_twice_and_then_fails(self) -> None:
        with patch("vedro_profiling.session.block.make_run_id", side_effect=["run-1", "run-2", "run-3"]):
            self.answers = [self.divide(6, by=3), self.divide(8, by=2)]
            with catched(ZeroDivisionError) as self.caught:
                self.divide(1, by=0)

    def then_its_answers_are_its_own(self) -> None:
        assert self.answers == [2, 4]
        assert self.divide.__name__ == "divide"
        assert self.caught.type is ZeroDivisionError

    def and_each_call_was_a_run(self) -> None:
        assert [run.name for run in self.runs] == ["run-1", "run-2", "run-3"]

    def and_the_last_is_in_the_files(self) -> None:
        assert set(load(self.folder)["run"]) == {"run-3"}
