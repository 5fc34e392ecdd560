"""A chart as the text that vl-convert draws from."""

import json
import re
from typing import Any, Final

import altair as alt

__all__ = ("VL_VERSION", "specification")

VL_VERSION: Final = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
"""The version of Vega-Lite that Altair writes."""

_ESCAPE: Final = re.compile(r"\\(?:u....|.)|[\ufffe\uffff]")
_HARMLESS: Final = frozenset({r"\"", r"\\", r"\n", r"\r", r"\t"})
"""All that `json` escapes beside the control characters."""


def specification(chart: Any) -> str:
    """Write a chart as one line of JSON without what XML forbids, at which vl-convert would end its process.

    A process may have control characters in its name.
    """
    return _ESCAPE.sub(
        lambda found: found[0] if found[0] in _HARMLESS else "\N{REPLACEMENT CHARACTER}",
        # Altair has judged each part when it was made; to judge the whole again takes as long as to write it.
        json.dumps(chart.to_dict(validate=False), ensure_ascii=False),
    )
