"""Our own tests are Vedro scenarios: `uv run vedro run tests/unit` runs a part of them."""

from pathlib import Path
from typing import Final

import vedro
from vedro.core import Dispatcher, Plugin, PluginConfig
from vedro.core.scenario_finder.scenario_file_finder import (
    AnyFilter,
    DunderFilter,
    ExtFilter,
    FileFilter,
    HiddenFilter,
    ScenarioFileFinder,
)
from vedro.events import ConfigLoadedEvent

TESTS: Final = Path(__file__).resolve().parent / "tests"
WITHOUT_SCENARIOS: Final = {"benchmarks", "contexts", "data"}


class OutsideTheScenarios(FileFilter):
    """Passes over what the scenarios use: Vedro 1.13 refuses a module without a scenario."""

    def filter(self, path: Path) -> bool:
        """Tell whether `path` is in a folder that holds no scenarios."""
        return path.resolve().relative_to(TESTS).parts[0] in WITHOUT_SCENARIOS


class ScenarioFoldersPlugin(Plugin):
    """Looks for scenarios only where there are any."""

    def subscribe(self, dispatcher: Dispatcher) -> None:
        """Listen to the event at which a finder can be registered."""
        dispatcher.listen(ConfigLoadedEvent, self.on_config_loaded)

    def on_config_loaded(self, event: ConfigLoadedEvent) -> None:
        """Register a finder that filters folders by their files: when it drops one itself, it skips the next."""
        passed_over = AnyFilter([HiddenFilter(), DunderFilter(), ExtFilter(only=["py"]), OutsideTheScenarios()])
        hidden = AnyFilter([HiddenFilter(), DunderFilter()])
        event.config.Registry.ScenarioFinder.register(lambda: ScenarioFileFinder(passed_over, hidden), self)


class ScenarioFolders(PluginConfig):
    """Our one plugin, for our own tests."""

    plugin = ScenarioFoldersPlugin
    description = "Passes over the folders of tests/ that hold no scenarios"


class Config(vedro.Config):
    """Where our scenarios live."""

    default_scenarios_dir = "tests/"

    class Plugins(vedro.Config.Plugins):
        """What our own tests run with."""

        class ScenarioFolders(ScenarioFolders):
            """On."""

            enabled = True
