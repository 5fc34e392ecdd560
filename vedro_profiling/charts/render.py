"""Charts into files: PNG, SVG, HTML that works offline, and the specification as JSON."""

import json
import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import altair as alt
import vl_convert

from vedro_profiling.errors import OptionError
from vedro_profiling.replacing import replacing

__all__ = ("save_chart", "viewer_script")

_ESCAPE: Final = re.compile(r"\\(?:u....|.)|[\ufffe\uffff]")
_HARMLESS: Final = frozenset({r"\"", r"\\", r"\n", r"\r", r"\t"})
"""All that `json` escapes beside the control characters."""

_STAND_IN: Final = "\uffff"

_VL_VERSION: Final = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


def save_chart(chart: Any, path: str | os.PathLike[str], *, ppi: int = 300) -> Path:
    """Write an Altair chart to a file; the suffix decides how.

    `.png` is drawn with `ppi` pixels per inch, `.svg` has no pixels, `.html` carries all it needs and asks no
    network, `.json` is the Vega-Lite specification. The file is written beside and renamed into place: a reader sees
    the old one or the new one.

    Parameters
    ----------
    chart
        Any Altair chart, ours or not.
    path
        Where to; its folder is made when it is missing.
    ppi
        Pixels per inch of a PNG.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OptionError
        If the suffix is none of these.

    Examples
    --------
    >>> import altair as alt
    >>> chart = alt.Chart({"values": [{"x": 1}]}).mark_point().encode(x="x:Q")
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_chart(chart, f"{folder}/chart.svg").read_text()[:4]
    '<svg'
    """
    target = Path(path)
    writer = _WRITERS.get(target.suffix.lower())
    if writer is None:
        raise OptionError(
            f"path={str(path)!r} ends in {target.suffix!r}, which is no format for charts; "
            f"end it in one of {', '.join(_WRITERS)}"
        )
    content = writer(_specification(chart), ppi)
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as beside:
        beside.write_bytes(content)
    return target


@cache
def viewer_script() -> str:
    """Bundle what draws a specification in a browser: `vegaEmbed`, with all it needs, 0.9 MB; takes a second or two."""
    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=_VL_VERSION))


def _specification(chart: Any) -> str:
    """Write a chart as JSON without what XML forbids, at which vl-convert would end this process.

    A process may have control characters in its name.
    """
    return _ESCAPE.sub(
        lambda found: found[0] if found[0] in _HARMLESS else "\N{REPLACEMENT CHARACTER}",
        # Altair has judged each part when it was made; to judge the whole again takes as long as to write it.
        json.dumps(chart.to_dict(validate=False), ensure_ascii=False),
    )


def _png(specification: str, ppi: int) -> bytes:
    return bytes(vl_convert.vegalite_to_png(specification, vl_version=_VL_VERSION, ppi=ppi))


def _svg(specification: str, _: int) -> bytes:
    return str(vl_convert.vegalite_to_svg(specification, vl_version=_VL_VERSION)).encode()


def _html(specification: str, _: int) -> bytes:
    # vl-convert puts texts into a script as they are, and `</script>` would end it. No specification has a _STAND_IN.
    page = str(vl_convert.vegalite_to_html(specification.replace("<", _STAND_IN), vl_version=_VL_VERSION, bundle=True))
    return page.replace(_STAND_IN, r"\u003c").encode()


def _json(specification: str, _: int) -> bytes:
    return specification.encode()


_WRITERS: Final[dict[str, Callable[[str, int], bytes]]] = {
    ".png": _png,
    ".svg": _svg,
    ".html": _html,
    ".json": _json,
}
