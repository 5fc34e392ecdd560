"""Looking into the Vega-Lite specification of a chart."""

from collections.abc import Iterator
from typing import Any

__all__ = ("layers_of", "rows_of", "text_of")


def layers_of(specification: dict[str, Any], mark: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the layers of all panels, or those with a mark."""
    panels = specification.get("vconcat") or specification["concat"]
    for panel in panels:
        for layer in panel["layer"]:
            if mark in (None, layer["mark"]["type"]):
                # Altair lifts data that all layers of a panel share.
                yield {"data": panel.get("data"), **layer}


def rows_of(specification: dict[str, Any], layer: dict[str, Any]) -> list[dict[str, Any]]:
    """Find the data of a layer."""
    return list(specification["datasets"][layer["data"]["name"]])


def text_of(specification: dict[str, Any]) -> str:
    """Join title and subtitle."""
    title = specification["title"]
    return "\n".join([title["text"], *title["subtitle"]])
