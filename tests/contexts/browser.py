"""A real browser, headless: what it draws, what it complains of, and what it asks the network for.

Without Chromium (Debian's package chromium) or Chrome the scenarios are skipped, unless
VEDRO_PROFILING_REQUIRE_DOCKER=1 says that this machine must have everything: they fail then.
"""

import os
import shutil
from pathlib import Path
from typing import Any, Final, Literal

import vedro
from playwright.async_api import Page, async_playwright

__all__ = ("NO_BROWSER", "OpenPage", "Scheme", "no_browser", "open_page")

NO_BROWSER: Final = "no chromium on this machine: install Debian's package"

Scheme = Literal["light", "dark"]

_QUIET: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PATIENCE_MS: Final = 60_000
_ALL_DRAWN: Final = "() => [...document.querySelectorAll('figure')].every((figure) => figure.dataset.ready)"


def executable() -> str | None:
    """Find the browser: Debian and others call it chromium, GitHub's runners have Chrome."""
    return shutil.which("chromium") or shutil.which("google-chrome")


def no_browser() -> bool:
    """Tell whether scenarios in a browser are to be skipped."""
    return executable() is None and os.environ.get("VEDRO_PROFILING_REQUIRE_DOCKER") != "1"


class OpenPage:
    """A page that is being looked at."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        """What the console and the page itself said of errors and warnings."""
        self.requests: list[str] = []
        """What was asked for beside the file."""
        page.on("console", lambda said: self.complaints.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        address = path.as_uri()
        page.on("request", lambda request: None if request.url == address else self.requests.append(request.url))

    async def tell(self, script: str) -> Any:
        """Evaluate a function in the page."""
        return await self.page.evaluate(script)

    async def texts(self, selector: str) -> list[str]:
        """Read the texts of all elements that are shown."""
        found = await self.page.locator(selector).locator("visible=true").all_text_contents()
        return [text.strip() for text in found]

    async def shown_times(self) -> list[float]:
        """Tell what stretch of time the panels of the timeline show: where their scale begins and ends."""
        return [
            float(end)
            for end in await self.tell("() => document.getElementById('timeline').view.signal('shown_times')")
        ]


async def open_page(path: Path, *, scheme: Scheme = "light", width: int = 1280, scripts: bool = True) -> OpenPage:
    """Open a file in a browser of its own, and wait until its charts are drawn."""
    playwright = await async_playwright().start()
    vedro.defer(playwright.stop)
    browser = await playwright.chromium.launch(executable_path=executable(), args=list(_QUIET))
    vedro.defer(browser.close)
    context = await browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts
    )
    opened = OpenPage(await context.new_page(), path)
    await opened.page.goto(path.as_uri())
    if scripts:
        await opened.page.wait_for_function(_ALL_DRAWN, timeout=_PATIENCE_MS)
    return opened
