"""axe on every page in every state, in both languages, by day and by night; and no page is wider than its screen."""

import os
from functools import partial
from pathlib import Path

import pytest

from tests.browser import axe, gallery_lists
from tests.browser.conftest import HEIGHT, NewVisitor
from tests.browser.gallery import ROOMS, Gallery
from tests.browser.site import Site, serving
from tests.browser.visitor import Device, Visitor
from tests.served import ROOT

SHOTS = ROOT / "test-output" / "screenshots"
TAKE_SHOTS = bool(os.environ.get("SCREENSHOTS"))
"""SCREENSHOTS=1 keeps a picture of every state: on a phone and at a desk, by day and by night."""

ALL_ROOMS = ROOMS | gallery_lists.ROOMS

SEEN = ["color-contrast", "target-size", "link-in-text-block"]
"""The rules that another width or other colours can break."""


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("room", ALL_ROOMS)
def test_nothing_stands_in_anybodys_way(
    visitors: NewVisitor, site: Site, tmp_path: Path, room: str, language: str
) -> None:
    found: list[str] = []
    for name, visitor in ALL_ROOMS[room](Gallery(visitors, site, language, tmp_path)):
        found += examined(visitor, name)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", ["th", "en"])
def test_nor_where_nobody_can_receive_a_report(
    visitors: NewVisitor, tmp_path: Path, migrated_file: Path, language: str
) -> None:
    with serving(tmp_path, migrated_file, founded=False) as empty:
        visitor = visitors(Device(language, javascript=True, width=360), empty.origin)
        visitor.go(f"/{language}/form", 503)
        found = examined(visitor, "reporter-closed")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", ["th", "en"])
def test_nor_while_a_new_undertaking_waits(
    visitors: NewVisitor, tmp_path: Path, migrated_file: Path, language: str
) -> None:
    with serving(tmp_path, migrated_file) as own:
        gallery = Gallery(partial(visitors, origin=own.origin), own, language, tmp_path)
        found = [finding for name, visitor in gallery.undertaking() for finding in examined(visitor, name)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", ["th", "en"])
def test_nor_where_accounts_and_channels_change(
    visitors: NewVisitor, tmp_path: Path, migrated_file: Path, language: str
) -> None:
    with serving(tmp_path, migrated_file) as own:
        gallery = Gallery(partial(visitors, origin=own.origin), own, language, tmp_path)
        found = [finding for name, visitor in gallery_lists.people(gallery) for finding in examined(visitor, name)]
    assert not found, "\n".join(found)


def examined(visitor: Visitor, name: str) -> list[str]:
    """Everything on a phone by day; what can be seen, at a desk by night. Leaves the visitor with the phone, by day."""
    assert visitor.find("html").get_attribute("lang") == visitor.device.language
    visitor.look()
    fit(visitor, 360)
    found = axe.findings(visitor)
    shoot(visitor, name, "360-light")
    visitor.page.emulate_media(color_scheme="dark")
    shoot(visitor, name, "360-dark")
    fit(visitor, 1280)
    found += axe.findings(visitor, SEEN)
    shoot(visitor, name, "1280-dark")
    visitor.page.emulate_media(color_scheme="light")
    visitor.look()
    shoot(visitor, name, "1280-light")
    visitor.page.set_viewport_size({"width": 360, "height": HEIGHT})
    return [f"{name}: {finding}" for finding in found]


def fit(visitor: Visitor, width: int) -> None:
    """A screen so high that nothing has to be scrolled, and so that no bar that stays in sight covers anything."""
    visitor.page.set_viewport_size({"width": width, "height": HEIGHT})
    height = visitor.evaluate("() => document.documentElement.scrollHeight")
    visitor.page.set_viewport_size({"width": width, "height": max(height, HEIGHT)})


def shoot(visitor: Visitor, name: str, how: str) -> None:
    if TAKE_SHOTS:
        visitor.page.screenshot(path=SHOTS / visitor.device.language / f"{name}-{how}.png")
