import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@dataclass
class Opened:
    """A page in a real browser, and what it did."""

    page: Any
    url: str
    noise: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def check_quiet(self) -> None:
        """Nothing was printed, asked or thrown, no dialog came, nothing but the file was fetched, no trap went off."""
        assert self.noise == []
        assert self.requests == [self.url]
        assert self.page.evaluate("window.trapped") is None

    def texts(self, selector: str) -> list[str]:
        return self.page.locator(selector).all_inner_texts()


@pytest.fixture(scope="module")  # no longer: while it is open, `asyncio.run` fails in this process
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: the page is not tried")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no chromium (apt-get install chromium): the page is not tried in a browser")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[..., Opened]]:
    contexts = []

    def open_(path: Path, *, width: int = 1200, height: int = 900, scheme: str = "light", **options: Any) -> Opened:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **options)
        contexts.append(context)
        opened = Opened(context.new_page(), path.as_uri())
        opened.page.on("console", lambda message: opened.noise.append(f"{message.type}: {message.text}"))
        opened.page.on("pageerror", lambda error: opened.noise.append(str(error)))
        opened.page.on("dialog", lambda dialog: (opened.noise.append(f"dialog {dialog.message}"), dialog.dismiss()))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.goto(opened.url)
        return opened

    yield open_
    for context in contexts:
        context.close()
