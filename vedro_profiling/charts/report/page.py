"""The page itself: template, style and scripts put together, and what the browser is told to forbid."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from vedro_profiling.charts.render import viewer_script
from vedro_profiling.charts.report.figures import DARK, variable
from vedro_profiling.reporting.printable import plain

__all__ = ("page",)

_TEMPLATES: Final = Path(__file__).parent / "templates"


def page(content: Mapping[str, Any], *, has_figures: bool) -> str:
    """Put the content into the template; the libraries that draw charts come along only where there are any."""
    scripts = [*([viewer_script()] if has_figures else []), _own_script()]
    return (
        _environment()
        .get_template("page.html")
        .render(
            **content,
            policy=_policy(scripts),
            scripts=scripts,
            colors=[(variable(light), light, dark) for light, dark in DARK.items()],
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Names are others' data: control characters, and what would turn the direction of writing, are shown as such.
        finalize=lambda value: plain(value, encoding="utf-8") if type(value) is str else value,
    )


def _own_script() -> str:
    return (_TEMPLATES / "page.js").read_text(encoding="utf-8")


def _policy(scripts: list[str]) -> str:
    """Forbid everything but the scripts of the page, by their hashes: nothing is fetched, no name can become a script.

    Vega sets styles on what it draws, so styles are not forbidden.
    """
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
