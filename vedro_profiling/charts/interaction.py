"""What moves under the mouse: zoom along time, the reading under the pointer, names picked in the legend.

Altair guesses the views of a parameter that several layers share, and binds one parameter twice to a view; so the
views are named here, and parameters are set on the whole chart.
"""

from collections.abc import Iterable
from typing import Any, Final

import altair as alt

__all__ = ("PICKED", "ZOOM", "hovered", "on_views")

ZOOM: Final = alt.selection_interval(name="zoom", bind="scales", encodings=["x"])
"""Dragging and scrolling move all views along the time."""

PICKED: Final = alt.selection_point(name="picked", fields=["name"], bind="legend")
"""A click in the legend; nothing picked is everything picked."""


def hovered(panel: str) -> alt.Parameter:
    """Make the selection of the reading nearest to the pointer in a panel."""
    return alt.selection_point(name=f"hovered_{panel}", nearest=True, on="pointerover", clear="pointerout", empty=False)


def on_views(selection: alt.Parameter, views: Iterable[str]) -> alt.TopLevelSelectionParameter:
    """Bind a selection to named views."""
    parameter: Any = selection.param
    return alt.TopLevelSelectionParameter(
        name=parameter.name, select=parameter.select, bind=parameter.bind, views=list(views)
    )
