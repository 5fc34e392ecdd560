"""Vedro events, options and flags; the only module that imports vedro."""

from vedro.core import Dispatcher, Plugin, PluginConfig

__all__ = (
    "VedroProfiling",
    "VedroProfilingPlugin",
)


class VedroProfilingPlugin(Plugin):
    """Record what a Vedro run costs."""

    def subscribe(self, dispatcher: Dispatcher) -> None:
        """Listen to the events of a run."""


class VedroProfiling(PluginConfig):
    """Options of the plugin."""

    plugin = VedroProfilingPlugin
