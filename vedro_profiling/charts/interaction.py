"""What moves under the mouse: zoom along time, the reading under the pointer, names picked in the legend.

Altair guesses the views of a parameter that several layers share, and binds one parameter twice to a view; so the
views are named here, and parameters are set on the whole chart.
"""

from collections.abc import Iterable
from typing import Any, Final

import altair as alt

from vedro_profiling.charts import theme

__all__ = ("BRUSH", "BRUSHED_VIEW", "NAMES_VIEW", "ZOOM", "hovered", "on_views", "picked")

BRUSHED_VIEW: Final = "overview"

BRUSH: Final = alt.selection_interval(
    name="brush",
    encodings=["x"],
    mark=alt.BrushConfig(fill=theme.INK, fillOpacity=0.15, stroke=theme.INK, strokeOpacity=0.8),
)
"""Dragging along the strip of the whole run chooses the stretch that all panels show."""

NAMES_VIEW: Final = "names"

# Whoever brushes anew is not to be held where the panels were moved to. The marks are named as an older and a newer
# Vega-Lite name those of the first panel; each hides what is behind it from the mouse.
_MARKS: Final = [f"{view}{number}_marks" for view in (BRUSHED_VIEW, NAMES_VIEW) for number in ("", "_0")]
_STRIP: Final = ("concat_0_group", *_MARKS, "brush_brush")
_BRUSHED: Final = [f"@{mark}:{event}" for mark in _STRIP for event in ("pointerdown", "wheel")]

ZOOM: Final = alt.selection_interval(
    name="zoom", bind="scales", encodings=["x"], clear=", ".join(["dblclick", *_BRUSHED])
)
"""Dragging and scrolling move all views along the time."""


def picked(field: str) -> alt.Parameter:
    """Make the selection by a click in the legend of a field; nothing picked is everything picked."""
    return alt.selection_point(name="picked", fields=[field], bind="legend")


def hovered(panel: str) -> alt.Parameter:
    """Make the selection of the reading nearest to the pointer in a panel."""
    return alt.selection_point(name=f"hovered_{panel}", nearest=True, on="pointerover", clear="pointerout", empty=False)


def on_views(selection: alt.Parameter, views: Iterable[str]) -> alt.TopLevelSelectionParameter:
    """Bind a selection to named views."""
    parameter: Any = selection.param
    return alt.TopLevelSelectionParameter(
        name=parameter.name, select=parameter.select, bind=parameter.bind, views=list(views)
    )
