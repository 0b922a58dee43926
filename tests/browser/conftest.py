"""Chromium, and the real servers it talks to: one for each file of tests. Every visitor gets a browser of their own."""

import os
import random
from base64 import encodebytes
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, expect, sync_playwright

from tests.browser.backstage import Backstage, backstage_of
from tests.browser.site import Site, serving
from tests.browser.visitor import Device, Visitor

HERE = Path(__file__).parent
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HEIGHT = 740
NewVisitor = Callable[..., Visitor]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


# With the back/forward cache of real browsers, which Playwright switches off unless told otherwise.
LAUNCH: dict[str, Any] = {
    "executable_path": os.environ.get("CHROMIUM", "/usr/bin/chromium"),
    "args": list(FLAGS),
    "ignore_default_args": ["--disable-back-forward-cache"],
}


PATIENCE = 60_000
"""Milliseconds. A page shown as high as all that is on it is drawn late now and then, beside another browser on two cores."""

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(**LAUNCH)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Site]:
    """New for each file: what a page shows never depends on which other files' tests came before on the same worker."""
    with serving(tmp_path_factory.mktemp("site"), migrated_file) as site:
        yield site


@pytest.fixture(scope="module")
def backstage(site: Site) -> Iterator[Backstage]:
    with backstage_of(site) as backstage:
        yield backstage


@pytest.fixture(autouse=True)
def _quiet_server(site: Site) -> Iterator[None]:
    """Whatever a test does, the server has nothing to complain of."""
    before = len(site.log())
    yield
    assert not site.log()[before:]


@pytest.fixture(params=list(product(("th", "en"), (True, False), (360, 1280))), ids=lambda p: str(Device(*p)))
def device(request: pytest.FixtureRequest) -> Device:
    """Each language, with JavaScript and without, on a phone and at a desk."""
    return Device(*request.param)


def new_visitor(chromium: Browser, device: Device, origin: str) -> Visitor:
    context = chromium.new_context(
        java_script_enabled=device.javascript,
        viewport={"width": device.width, "height": HEIGHT},
        locale="th-TH" if device.language == "th" else "en-GB",
        timezone_id="Asia/Bangkok",
    )
    context.set_default_timeout(PATIENCE)
    return Visitor(context, origin, device)


@pytest.fixture
def visitors(chromium: Browser, site: Site) -> Iterator[NewVisitor]:
    """Makes visitors, each with a browser of their own. Nobody leaves with something wrong unsaid."""
    made: list[Visitor] = []

    def make(device: Device, origin: str = site.origin) -> Visitor:
        made.append(new_visitor(chromium, device, origin))
        return made[-1]

    yield make
    wrong = [what for visitor in made for what in visitor.wrong]
    for visitor in made:
        visitor.context.close()
    assert not wrong


@pytest.fixture
def refusing_cookies(playwright: Playwright, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser whose owner has it refuse every cookie."""
    profile = tmp_path / "profile" / "Default"
    profile.mkdir(parents=True)
    (profile / "Preferences").write_text('{"profile": {"default_content_setting_values": {"cookies": 2}}}', "ascii")
    context = playwright.chromium.launch_persistent_context(profile.parent, **LAUNCH)
    yield context
    context.close()


@pytest.fixture
def visitor(visitors: NewVisitor, device: Device) -> Visitor:
    return visitors(device)


@pytest.fixture(scope="session")
def large_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 MB of text under a Thai name: what hides nothing leaves as it came."""
    path = tmp_path_factory.mktemp("evidence") / "หลักฐาน คลังสินค้า.txt"
    path.write_bytes(encodebytes(random.Random(20).randbytes(15_000_000)))
    return path
