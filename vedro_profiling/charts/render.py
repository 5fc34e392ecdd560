"""Charts into files: PNG, SVG, HTML that works offline, and the specification as JSON."""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import vl_convert

from vedro_profiling.charts.specification import VL_VERSION, specification
from vedro_profiling.errors import OptionError
from vedro_profiling.replacing import replacing

__all__ = ("save_chart", "viewer_script")

_STAND_IN: Final = "\uffff"


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
    content = writer(specification(chart), ppi)
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as beside:
        beside.write_bytes(content)
    return target


@cache
def viewer_script() -> str:
    """Bundle what draws a specification in a browser: `vegaEmbed`, with all it needs, 0.9 MB; takes a second or two."""
    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=VL_VERSION))


def _png(text: str, ppi: int) -> bytes:
    return bytes(vl_convert.vegalite_to_png(text, vl_version=VL_VERSION, ppi=ppi))


def _svg(text: str, _: int) -> bytes:
    return str(vl_convert.vegalite_to_svg(text, vl_version=VL_VERSION)).encode()


def _html(text: str, _: int) -> bytes:
    # vl-convert puts texts into a script as they are, and `</script>` would end it. No specification has a _STAND_IN.
    page = str(vl_convert.vegalite_to_html(text.replace("<", _STAND_IN), vl_version=VL_VERSION, bundle=True))
    return page.replace(_STAND_IN, r"\u003c").encode()


def _json(text: str, _: int) -> bytes:
    return text.encode()


_WRITERS: Final[dict[str, Callable[[str, int], bytes]]] = {
    ".png": _png,
    ".svg": _svg,
    ".html": _html,
    ".json": _json,
}
